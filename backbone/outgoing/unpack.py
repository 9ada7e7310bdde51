"""Bodies as they are meant, unpacked in small pieces: a bomb is noticed by whoever counts, before it fills memory. Pure."""

import zlib
from collections.abc import Iterator
from typing import Final

from backbone.outgoing.addresses import Refused

PIECE_BYTES_MAX: Final = 256 * 1024
_GZIP: Final = 31  # zlib's word for a gzip header and 32 KiB of window
CODINGS: Final = ("gzip", "x-gzip")


class Unpacker:
    """gzip, of any number of members one behind the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._has_begun = False

    def take(self, packed: bytes) -> Iterator[bytes]:
        """Raises `Refused`."""
        while packed:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                piece = self._member.decompress(packed, PIECE_BYTES_MAX)
            except zlib.error:
                raise Refused("bad-content-encoding", "The answer says that it is gzip, and is not.") from None
            self._has_begun = True
            packed = self._member.unconsumed_tail or self._member.unused_data
            yield piece

    def finish(self) -> Iterator[bytes]:
        """Raises `Refused` where the end is missing."""
        while self._has_begun and not self._member.eof:
            try:
                piece = self._member.decompress(self._member.unconsumed_tail, PIECE_BYTES_MAX)
            except zlib.error:
                piece = b""
            if not piece:
                raise Refused("answer-cut-off", "The answer ended in the middle of its gzip.")
            yield piece
