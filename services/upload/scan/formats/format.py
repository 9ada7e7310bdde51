"""What a format of files is to the scan: how it is recognised, and a stream that makes the bytes of a CSV file of it."""

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

PIECE_BYTES = 1024 * 1024  # that a stream lets out at once


class InputStream(Protocol):
    """One file, while its bytes flow by. What it keeps is bounded, and it lets out pieces of at most PIECE_BYTES, whatever a block unpacks
    to; how much in all is not its concern (`Unpacker`)."""

    @property
    def is_whole(self) -> bool:
        """Whether the file may end here."""
        ...

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Raises Rejected for what cannot be read."""
        ...


class InputFormat(Struct, frozen=True, kw_only=True):
    name: str  # as users know it
    magic: bytes  # a file's first bytes
    open: Callable[[], InputStream]
    next_bytes: tuple[bytes, ...] = ()  # one of them follows at `next_at`, if the magic alone may be text
    next_at: int = 0

    def recognises(self, beginning: bytes) -> bool:
        """`beginning`: at least MAGIC_BYTES of the file, if it has so many."""
        return beginning.startswith(self.magic) and (not self.next_bytes or beginning.startswith(self.next_bytes, self.next_at))
