"""The files by which the processes of a home and the keeper of its PostgreSQL know of each other.

    keeper/users   locked by every process that uses the server (shared), and by a keeper that ends it because nobody does (exclusive)
    keeper/lock    locked by the keeper, as long as it lives
    keeper/ready   where the server is reached, written by the keeper; it names the folder it belongs to
    keeper/log     what the keeper and the server say

Locks of the kernel, not numbers in files: they end with whoever holds them, kill -9 included, and a copy of the folder does not have them.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

SOCKET_BYTES_MAX: Final = 100  # the kernel takes 107, with the name of the socket
LOG_BYTES_MAX: Final = 10 * 1024 * 1024


@dataclass(frozen=True)
class Home:
    folder: Path  # absolute

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def keeper(self) -> Path:
        return self.folder / "keeper"

    @property
    def users(self) -> Path:
        return self.keeper / "users"

    @property
    def lock(self) -> Path:
        return self.keeper / "lock"

    @property
    def ready(self) -> Path:
        return self.keeper / "ready"

    @property
    def log(self) -> Path:
        return self.keeper / "log"

    @property
    def identity(self) -> str:
        """Of the folder as the kernel knows it: no copy has the same."""
        status = self.folder.stat()
        return f"{status.st_dev:x}-{status.st_ino:x}"

    @property
    def mark(self) -> str:
        return f"rowmill-{self.identity}"

    @property
    def socket(self) -> Path:
        """The folder of the server's socket: that of its data, or, where this is too long a path for a socket, one of its own."""
        if len(os.fsencode(self.data / ".s.PGSQL.5432.lock")) <= SOCKET_BYTES_MAX:
            return self.data
        return Path(tempfile.gettempdir()) / f"rowmill-{hashlib.sha256(self.mark.encode()).hexdigest()[:16]}"

    @property
    def url(self) -> str:
        return f"postgresql://postgres:@/postgres?host={quote(str(self.socket))}"

    def make(self) -> None:
        """Raises `OSError`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keeper.mkdir(mode=0o700, exist_ok=True)

    def tell_ready(self, server: int) -> None:
        self._write({"identity": self.identity, "keeper": os.getpid(), "server": server})

    def tell_failed(self, sentence: str) -> None:
        self._write({"identity": self.identity, "keeper": os.getpid(), "failed": sentence})

    def _write(self, state: dict[str, object]) -> None:
        aside = self.keeper / "ready.new"
        aside.write_text(json.dumps(state))
        aside.replace(self.ready)

    def state(self) -> dict[str, object]:
        """What the keeper wrote; nothing where it has not, and where the file came with a copied folder."""
        try:
            state = json.loads(self.ready.read_text())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) and state.get("identity") == self.identity else {}

    def open_log(self) -> IO[bytes]:
        log = self.log.open("ab", buffering=0)
        self.log.chmod(0o600)
        return log

    def cut_log(self) -> None:
        """Bounded, by beginning anew."""
        if self.log.stat().st_size > LOG_BYTES_MAX:
            os.truncate(self.log, 0)


def open_lock(path: Path) -> int:
    """A descriptor to be locked. Raises `OSError`."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Without waiting."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock alone."""
    if not path.exists():
        return True
    descriptor = open_lock(path)
    try:
        return try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)
