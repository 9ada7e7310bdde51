"""gzip, zstd and bzip2: compressed streams, of which one may follow another: `cat a.gz b.gz` is a legal file."""

import bz2
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from backbone.errors import Rejected
from services.upload.scan.formats.format import PIECE_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEMBERS_MAX: Final = 1_000  # streams one behind the other, and more where they hold something
MEMBER_BYTES_MIN: Final = 1024  # on average, unpacked, beyond so many: programs that pack in blocks make one of every 64 KiB


class Decompressor(Protocol):
    """What `bz2` and `zstd` have: one stream, unpacked by and by."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class GzipDecompressor:
    """zlib's own with the same face."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.eof and not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


class MemberStream:
    def __init__(self, name: str, new_member: Callable[[], Decompressor]) -> None:
        self._name = name
        self._new_member = new_member
        self._member: Decompressor | None = new_member()
        self._members = 0
        self._in = 0
        self._out = 0

    @property
    def is_whole(self) -> bool:
        return self._member is None or self._member.eof

    def feed(self, block: bytes) -> Iterator[bytes]:
        self._in += len(block)
        try:
            yield from self._unpack(block)
        except (zlib.error, OSError, zstd.ZstdError, EOFError, ValueError) as error:
            detail = f"The {self._name} data is damaged near byte {self._in} ({error}). Pack it again."
            raise Rejected("archive-damaged", detail) from None

    def _unpack(self, block: bytes) -> Iterator[bytes]:
        while True:
            if self._member is None:
                if not block.strip(b"\0"):  # padding, as tape archives have it
                    return
                self._count_member()
                self._member = self._new_member()
            piece = self._member.decompress(block, PIECE_BYTES)
            if piece:
                self._out += len(piece)
                yield piece
            block = b""
            if self._member.eof:
                block, self._member = self._member.unused_data, None
                if not block:
                    return
            elif self._member.needs_input:
                return

    def _count_member(self) -> None:
        self._members += 1
        if self._members > MEMBERS_MAX + self._out // MEMBER_BYTES_MIN:
            detail = f"The {self._name} data is of {self._members} pieces with next to nothing in them. Pack the file as one."
            raise Rejected("archive-too-many-members", detail)


def gzip_stream() -> MemberStream:
    return MemberStream("gzip", GzipDecompressor)


def zstd_stream() -> MemberStream:
    return MemberStream("zstd", zstd.ZstdDecompressor)


def bzip2_stream() -> MemberStream:
    return MemberStream("bzip2", bz2.BZ2Decompressor)
