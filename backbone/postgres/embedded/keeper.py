"""The keeper of a home's PostgreSQL: a process that starts it, starts it again when it dies, and ends it when no process uses it any more.

PostgreSQL is its child, and ends with it. It is started by whichever process of Rowmill needs the server first (`server.py`), and outlives
that one as long as there are others.

    python -m backbone.postgres.embedded.keeper HOME PROGRAMS
"""

import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from backbone.postgres.embedded.home import Home, open_lock, try_lock
from backbone.postgres.embedded.leftovers import remove_leftovers
from backbone.postgres.embedded.programs import Account, CannotRun, Programs, other_account, reachable_programs

POLL_S: Final = 0.5  # a child that ends, and a last user that leaves in good order, wake it at once
STARTING_POLL_S: Final = 0.02
STOP_S: Final = 60.0
PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 10.0
STARTS_MAX: Final = 3  # of a server that was never ready; what an end has left in the kernel may need a moment to go
FOR_EVER: Final = -1
VERSION: Final = "18"


def main(folder: str, programs: str) -> int:
    os.umask(0o077)
    home = Home(Path(folder))
    lock = open_lock(home.lock)
    if not try_lock(lock):
        return 0  # another one was faster
    home.ready.unlink(missing_ok=True)
    home.cut_log()
    with home.open_log() as log:
        try:
            account = other_account(home.data)
            with reachable_programs(Path(programs), account) as reachable:
                return Keeper(home, prepare(home, reachable, account, log), log).run()
        except (CannotRun, OSError) as error:
            home.tell_failed(str(error))
            return 1


def prepare(home: Home, folder: Path, account: Account | None, log: IO[bytes]) -> Programs:
    """The folder of data, made where there is none, and what serves it. Raises `CannotRun`, `OSError`."""
    remove_leftovers(home.data, home.socket, home.mark)
    if not (home.data / "PG_VERSION").exists():
        _initialise(home, folder, account, log)
    version = (home.data / "PG_VERSION").read_text().strip()
    if version != VERSION:
        raise CannotRun(
            f"{home.data} is of PostgreSQL {version}, and this Rowmill brings {VERSION}. Load it with the Rowmill that made it."
        )
    home.data.chmod(0o700)
    if home.socket != home.data:
        _make_socket_folder(home.socket, account)
    return Programs(folder, account, home.data, _open_folder(home.data))


def _initialise(home: Home, folder: Path, account: Account | None, log: IO[bytes]) -> None:
    """Aside, then renamed: what was begun only is begun anew."""
    aside = home.data.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    if account is not None:
        os.chown(aside, account.uid, account.gid)
    descriptor = _open_folder(aside)
    try:
        Programs(folder, account, aside, descriptor).initialise(log)
    finally:
        os.close(descriptor)
    try:
        aside.rename(home.data)  # in the place of an empty folder, if there is one
    except OSError as error:
        raise CannotRun(f"{home.data} holds something else than PostgreSQL's data ({error.strerror}). Move it away.") from None


def _open_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _make_socket_folder(folder: Path, account: Account | None) -> None:
    """In a place where anybody may make folders, so it must be ours alone. Raises `CannotRun`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    ours = {os.geteuid(), os.geteuid() if account is None else account.uid}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in ours:
        raise CannotRun(f"{folder}, where the socket of PostgreSQL is to be, belongs to somebody else. Set ROWMILL_HOME to a shorter path.")
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


class Keeper:
    def __init__(self, home: Home, programs: Programs, log: IO[bytes]) -> None:
        self._home = home
        self._programs = programs
        self._log = log
        self._users = open_lock(home.users)
        self._woken = _wakeup()

    def run(self) -> int:
        """Raises `CannotRun` for a server that never gets ready. One that was, is started again however often it ends."""
        pause_s = PAUSE_FIRST_S
        failures_left = STARTS_MAX
        while self._is_used():
            server = self._programs.serve(self._home.socket, self._home.mark, self._log)
            try:
                was_ready = self._watch(server)
            finally:
                _stop(server)
            if not self._is_used():
                break
            failures_left = FOR_EVER if was_ready else failures_left - 1
            if failures_left == 0:
                raise CannotRun(f"PostgreSQL does not start in {self._home.data}: it ended with {server.returncode}.")
            pause_s = PAUSE_FIRST_S if was_ready else min(2 * pause_s, PAUSE_MAX_S)
            self._say(f"PostgreSQL has ended with {server.returncode}; it is started again in {pause_s} s.")
            self._sleep(pause_s)
            remove_leftovers(self._home.data, self._home.socket, self._home.mark)
        self._home.ready.unlink(missing_ok=True)
        return 0

    def _watch(self, server: "subprocess.Popen[bytes]") -> bool:
        """Returns when the server has ended, or when nobody uses it any more: whether it was ready."""
        is_told = False
        while server.poll() is None and self._is_used():
            if not is_told and _is_ready(self._home.data, server.pid):
                self._home.tell_ready(server.pid)
                is_told = True
            self._home.cut_log()
            self._sleep(POLL_S if is_told else STARTING_POLL_S)
        return is_told

    def _is_used(self) -> bool:
        """Once nobody does, nobody may: whoever comes waits until this keeper has ended, and starts its own."""
        return not try_lock(self._users)

    def _sleep(self, seconds: float) -> None:
        """Or until a signal."""
        if select.select([self._woken], [], [], seconds)[0]:
            self._woken.recv(4096)

    def _say(self, sentence: str) -> None:
        self._log.write(f"{sentence}\n".encode())


def _wakeup() -> socket.socket:
    """What is to be read of whenever a signal came. None of them ends the keeper: it goes when it is used no more."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reading


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """In good order; where that takes too long, so that it recovers at the next start."""
    steps: tuple[Callable[[], None], ...] = (
        lambda: server.send_signal(signal.SIGINT),
        lambda: server.send_signal(signal.SIGQUIT),
        server.kill,
    )
    for step in steps:
        if server.poll() is not None:
            return
        step()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
