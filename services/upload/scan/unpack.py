"""Unpacks gzip, zstd, bzip2, or a zip with one file in it, while its bytes flow by. What comes out is bounded twice: by pieces, so that
a block which unpacks to gigabytes costs no memory, and by the expansion limit, so that it does not cost the disk either."""

import bz2
import sys
import zlib
from collections.abc import Iterator
from typing import Final, Literal, Protocol

from backbone.errors import Rejected, TooLarge
from services.upload.scan.zip_entry import ZipEntry

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compression = Literal["gzip", "zstd", "bzip2", "zip"]

PIECE_BYTES: Final = 1024 * 1024
EXPANSION_MAX: Final = 200  # times what came in
EXPANSION_FREE_BYTES: Final = 64 * 1024 * 1024  # never too much, however small the file
UNPACKED_BYTES_MAX: Final = 100 * 1024**3
MEMBERS_MAX: Final = 1_000  # streams one behind the other, as `cat a.gz b.gz` makes them, and more where they hold something
MEMBER_BYTES_MIN: Final = 1024  # on average, unpacked, beyond so many: programs that pack in blocks make one of every 64 KiB
_MAGIC: Final[dict[bytes, Compression]] = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
_BZIP2_BLOCKS: Final = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")  # "BZh9,…" may be an honest CSV file


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


def sniff_compression(beginning: bytes) -> Compression | None:
    """By the first bytes, at best ten of them."""
    for magic, compression in _MAGIC.items():
        if beginning.startswith(magic):
            is_text = compression == "bzip2" and beginning[4:10] not in _BZIP2_BLOCKS
            return None if is_text else compression
    return None


class Unpacker:
    """`feed` and `finish` raise Rejected for what cannot be unpacked, TooLarge beyond the expansion limit."""

    def __init__(self, compression: Compression, bytes_max: int = UNPACKED_BYTES_MAX) -> None:
        self._compression = compression
        self._bytes_max = bytes_max
        self._members = 0
        self._in = 0
        self._out = 0
        self._zip = ZipEntry() if compression == "zip" else None
        self._stream: Decompressor | None = None if self._zip else self._new_stream()

    def feed(self, block: bytes) -> Iterator[bytes]:
        self._in += len(block)
        if self._zip is not None:
            yield from self._counted(self._zip.feed(block, PIECE_BYTES))
            return
        try:
            yield from self._counted(self._unpack(block))
        except (zlib.error, OSError, zstd.ZstdError, EOFError, ValueError) as error:
            raise Rejected(
                "archive-damaged", f"The {self._compression} data is damaged near byte {self._in} ({error}). Pack it again."
            ) from None

    def finish(self) -> None:
        is_whole = self._zip.is_whole if self._zip is not None else self._stream is None or self._stream.eof
        if not is_whole:
            detail = f"The {self._compression} data ends after {self._in} bytes, before its own end. Was the file cut off? Send it again."
            raise Rejected("archive-cut-off", detail)

    def _unpack(self, block: bytes) -> Iterator[bytes]:
        """One stream may follow another: `cat a.gz b.gz` is a legal file."""
        while True:
            if self._stream is None:
                if not block.strip(b"\0"):  # padding, as tape archives have it
                    return
                self._count_member()
                self._stream = self._new_stream()
            piece = self._stream.decompress(block, PIECE_BYTES)
            if piece:
                yield piece
            block = b""
            if self._stream.eof:
                block, self._stream = self._stream.unused_data, None
                if not block:
                    return
            elif self._stream.needs_input:
                return

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._out += len(piece)
            if self._out > self._bytes_max:
                detail = (
                    f"The {self._compression} data unpacks to more than {self._bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."
                )
                raise TooLarge("file-too-large", detail)
            if self._out > max(EXPANSION_FREE_BYTES, EXPANSION_MAX * self._in):
                detail = f"The {self._compression} data unpacks to more than {EXPANSION_MAX} times its size. Unpack it and upload the CSV itself."
                raise TooLarge("expands-too-much", detail)
            yield piece

    def _count_member(self) -> None:
        self._members += 1
        if self._members > MEMBERS_MAX + self._out // MEMBER_BYTES_MIN:
            detail = f"The {self._compression} data is of {self._members} pieces with next to nothing in them. Pack the file as one."
            raise Rejected("archive-too-many-members", detail)

    def _new_stream(self) -> Decompressor:
        match self._compression:
            case "gzip":
                return GzipDecompressor()
            case "bzip2":
                return bz2.BZ2Decompressor()
        return zstd.ZstdDecompressor()
