"""PostgreSQL's programs, as whom they run, and how: what the keeper of a home calls.

PostgreSQL does not run as root. As root it gets another user that is there already, and that user needs nobody to open a folder for it:
the data is reached through an open descriptor, so the folders above it stay as closed as they are.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

USERS: Final = ("rowmill", "postgres", "pgserver", "nobody")  # as root: the first of them that this machine has
PASSED_ON: Final = ("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
SUPERUSER: Final = "postgres"
_PR_SET_PDEATHSIG: Final = 1
INITDB_TIMEOUT_S: Final = 120


class CannotRun(Exception):  # noqa: N818 -- not the program's error
    """PostgreSQL cannot run here. The text is a sentence for a person."""


@dataclass(frozen=True)
class Account:
    """Another user than ours. None in its place: ours."""

    uid: int
    gid: int
    name: str


def other_account(data: Path) -> Account | None:
    """Whose processes PostgreSQL's are to be. A folder of data stays with whom it belongs to. Raises `CannotRun`."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    for entry in (_entry(owner), *map(_entry, USERS)):
        if entry is not None and entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise CannotRun(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(USERS)}. Run Rowmill as another user."
    )


def _entry(user: str | int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
    except KeyError:
        return None


@dataclass(frozen=True)
class Programs:
    """`folder` holds `initdb` and `postgres`; `data` is open as `descriptor`."""

    folder: Path
    account: Account | None
    data: Path
    descriptor: int

    @property
    def data_as_seen(self) -> str:
        """By PostgreSQL itself."""
        return str(self.data) if self.account is None else f"/proc/self/fd/{self.descriptor}"

    def initialise(self, log: IO[bytes]) -> None:
        """Raises `CannotRun`."""
        options = ("--auth=trust", "--encoding=utf8", "-U", SUPERUSER, "-D", self.data_as_seen)
        try:
            done = self._start("initdb", options, log).wait(INITDB_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotRun(f"PostgreSQL's initdb did not make {self.data}: {error}.") from None
        if done != 0:
            raise CannotRun(f"PostgreSQL's initdb did not make {self.data}; the last lines of the log say why.")

    def serve(self, socket: Path, mark: str, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """PostgreSQL in front, without a network; it ends with its keeper. `mark` stands in its command line. Raises `CannotRun`."""
        socket_as_seen = self.data_as_seen if socket == self.data else str(socket)
        settings = (f"cluster_name={mark}", "listen_addresses=", "unix_socket_permissions=0700", "logging_collector=off")
        options = ["-D", self.data_as_seen, "-k", socket_as_seen]
        for setting in settings:
            options += ["-c", setting]
        try:
            return self._start("postgres", options, log)
        except OSError as error:
            raise CannotRun(f"PostgreSQL's program {self.folder / 'postgres'} cannot be run: {error.strerror}.") from None

    def _start(self, program: str, options: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [self.folder / program, *options],
            cwd="/",
            env={name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("LC_")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(self.descriptor,),
            preexec_fn=_end_with_parent(),
            **as_account(self.account),
        )


def as_account(account: Account | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _end_with_parent() -> Callable[[], None] | None:
    """Where the kernel can: a keeper that is killed takes PostgreSQL along, which then shuts down in good order."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@contextmanager
def reachable_programs(folder: Path, account: Account | None) -> Iterator[Path]:
    """The folder itself, or, where the other user may not go there, a copy that lasts as long as the keeper. Raises `CannotRun`."""
    if account is None or _runs(folder, account):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="rowmill-postgres-") as copy:
        Path(copy).chmod(0o755)
        copied = Path(shutil.copytree(folder.parent, Path(copy, "postgres"), symlinks=True)) / folder.name
        _open_to_readers(copied.parent)
        if not _runs(copied, account):
            raise CannotRun(
                f"PostgreSQL does not run as root, and the user {account.name} may run its programs neither in {folder} nor in {copy}. "
                "Run Rowmill as another user, or install it where others can read."
            )
        yield copied


def _open_to_readers(folder: Path) -> None:
    """Our own copy of what everybody can download."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)


def _runs(folder: Path, account: Account) -> bool:
    try:
        asked = subprocess.run(
            [folder / "postgres", "--version"], cwd="/", capture_output=True, check=False, timeout=30, **as_account(account)
        )
    except OSError:
        return False
    return asked.returncode == 0
