"""Reads the one file out of a zip archive as it streams in. The table of contents stands at a zip's end, so it is read by its local
headers; a second file is refused, but for the `__MACOSX/` companions that macOS puts in."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from backbone.errors import NotCsv, Rejected
from services.upload.scan.formats.format import PIECE_BYTES

_LOCAL: Final = struct.Struct("<4s5H3I2H")  # signature, version, flags, method, time, date, crc, packed, unpacked, name, extra
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
_CONTENTS_SIGNATURES: Final = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06")
_ENCRYPTED: Final = 1
_HAS_DESCRIPTOR: Final = 8
_STORED: Final = 0
_DEFLATED: Final = 8
_ZIP64_SIZE: Final = 0xFFFFFFFF
_OFFICE_NAMES: Final = ("[Content_Types].xml", "_rels/", "docProps/", "xl/", "mimetype")
ENTRIES_MAX: Final = 1_000  # folders and companions included


class ZipEntry:
    def __init__(self) -> None:
        self._entries = 0
        self.is_whole = False
        self._buffer = b""
        self._found = False
        self._skipping = False  # the entry in hand is a folder or a companion
        self._left = 0  # stored bytes to come
        self._inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        self._crc = 0
        self._expected_crc: int | None = None
        self._zip64 = False
        self._step = self._read_header

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Raises Rejected."""
        self._buffer += block
        while not self.is_whole:
            before = self._step, len(self._buffer)
            piece = self._step()
            if piece and not self._skipping:
                self._crc = zlib.crc32(piece, self._crc)
                yield piece
            if not piece and before == (self._step, len(self._buffer)):
                return

    def _read_header(self) -> bytes:
        buffer = self._buffer
        if self._found and buffer[:4] in _CONTENTS_SIGNATURES:
            self.is_whole, self._buffer = True, b""
            return b""
        if len(buffer) < _LOCAL.size:
            return b""
        signature, _, flags, method, _, _, crc, packed, _, name_size, extra_size = _LOCAL.unpack_from(buffer)
        if signature != _LOCAL_SIGNATURE:
            raise Rejected("archive-damaged", "The zip archive has no file in it, or is damaged. Pack it again.")
        size = _LOCAL.size + name_size + extra_size
        if len(buffer) < size:
            return b""
        name = buffer[_LOCAL.size : _LOCAL.size + name_size].decode("utf-8", "backslashreplace")
        extra = buffer[_LOCAL.size + name_size : size]
        self._buffer = buffer[size:]
        self._begin_entry(name, flags, method, crc, _true_size(packed, extra))
        return b""

    def _begin_entry(self, name: str, flags: int, method: int, crc: int, packed: int) -> None:
        self._entries += 1
        if self._entries > ENTRIES_MAX:
            raise Rejected(
                "archive-too-many-members", f"The zip archive has more than {ENTRIES_MAX} entries. Send the one CSV file that is meant."
            )
        self._skipping = name.endswith("/") or name.startswith("__MACOSX/")
        if name.startswith(_OFFICE_NAMES) and not self._found:
            raise NotCsv(
                "binary-file", "This is a workbook or another Office document inside of an archive with other things. Send it by itself."
            )
        if not self._skipping and self._found:
            raise Rejected(
                "zip-with-many-files",
                f"The zip archive has more than one file in it ({name!r} is the second). Send them one by one, or say format=xlsx of a workbook.",
            )
        self._found |= not self._skipping
        if flags & _ENCRYPTED:
            raise Rejected("archive-encrypted", "The zip archive needs a password. Pack it without one.")
        has_descriptor = bool(flags & _HAS_DESCRIPTOR)
        is_readable = method == _DEFLATED or (method == _STORED and not has_descriptor)
        if not is_readable:
            raise Rejected("archive-method-unknown", f"The zip archive is packed by method {method}. Pack it with the usual one (deflate).")
        self._crc, self._expected_crc = 0, None if has_descriptor else crc
        self._left = packed
        self._inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        self._step = self._read_deflated if method == _DEFLATED else self._read_stored

    def _read_stored(self) -> bytes:
        piece = self._buffer[: min(self._left, PIECE_BYTES)]
        self._buffer = self._buffer[len(piece) :]
        self._left -= len(piece)
        if not self._left:
            self._step = self._end_entry
        return piece

    def _read_deflated(self) -> bytes:
        try:
            piece = self._inflate.decompress(self._buffer, PIECE_BYTES)
        except zlib.error as error:
            raise Rejected("archive-damaged", f"The zip archive is damaged ({error}). Pack it again.") from None
        self._buffer = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        if self._inflate.eof:
            self._step = self._end_entry
        return piece

    def _end_entry(self) -> bytes:
        """Behind the data: at once the next header, or first a descriptor with what the header left open."""
        if self._expected_crc is None:
            if len(self._buffer) < 28:  # a descriptor with zip64 sizes, and the signature behind it; the contents are longer
                return b""
            signed = 4 if self._buffer[:4] == _DESCRIPTOR_SIGNATURE else 0
            (self._expected_crc,) = struct.unpack_from("<I", self._buffer, signed)
            ends = [signed + size for size in (12, 20)]
            known = (_LOCAL_SIGNATURE, *_CONTENTS_SIGNATURES)
            end = next((end for end in ends if self._buffer[end : end + 4] in known), ends[0])
            self._buffer = self._buffer[end:]
        if not self._skipping and self._crc != self._expected_crc:
            raise Rejected("archive-damaged", "The zip archive is damaged: its checksum does not fit. Pack it again.")
        self._step = self._read_header
        return b""


def _true_size(packed: int, extra: bytes) -> int:
    """From the zip64 field where the header has no room for it; there the unpacked size stands first."""
    if packed != _ZIP64_SIZE:
        return packed
    place = 0
    while place + 4 <= len(extra):
        field, size = struct.unpack_from("<2H", extra, place)
        if field == 1 and size >= 16:
            return int(struct.unpack_from("<2Q", extra, place + 4)[1])
        place += 4 + size
    return packed
