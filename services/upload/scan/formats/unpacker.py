"""Makes the bytes of a CSV file out of a file of another format while it flows by, and bounds what comes out by the expansion limit, so
that a small file costs neither the disk nor the day."""

from collections.abc import Iterator
from typing import Final

from backbone.errors import Rejected, TooLarge
from services.upload.scan.formats.format import InputFormat

EXPANSION_MAX: Final = 200  # times what came in
EXPANSION_FREE_BYTES: Final = 64 * 1024 * 1024  # never too much, however small the file
UNPACKED_BYTES_MAX: Final = 100 * 1024**3


class Unpacker:
    """`feed` and `finish` raise Rejected for what cannot be unpacked, TooLarge beyond the expansion limit."""

    def __init__(self, format: InputFormat, bytes_max: int = UNPACKED_BYTES_MAX) -> None:
        self._name = format.name
        self._stream = format.open()
        self._bytes_max = bytes_max
        self._in = 0
        self._out = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        self._in += len(block)
        for piece in self._stream.feed(block):
            self._out += len(piece)
            self._check_size()
            yield piece

    def finish(self) -> None:
        if not self._stream.is_whole:
            detail = f"The {self._name} data ends after {self._in} bytes, before its own end. Was the file cut off? Send it again."
            raise Rejected("archive-cut-off", detail)

    def _check_size(self) -> None:
        if self._out > self._bytes_max:
            detail = f"The {self._name} data unpacks to more than {self._bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."
            raise TooLarge("file-too-large", detail)
        if self._out > max(EXPANSION_FREE_BYTES, EXPANSION_MAX * self._in):
            detail = f"The {self._name} data unpacks to more than {EXPANSION_MAX} times its size. Unpack it and upload the CSV itself."
            raise TooLarge("expands-too-much", detail)
