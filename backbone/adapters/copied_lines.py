"""Turns what `COPY … TO STDOUT` sends into the blocks that a bulk request takes. Bytes in, bytes out: no Python object per row.

COPY's text format doubles backslashes and escapes control characters. JSON text has no raw control characters, so one of them can be the
delimiter, and undoing the format is two replacements over a whole block.
"""

from typing import Final

DELIMITER_SQL: Final = "\x01"
BLOCK_BYTES: Final = 1024 * 1024


class LineBlocks:
    """Collects bytes and hands out blocks of whole lines, about `BLOCK_BYTES` each (one long line may be more)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def add(self, data: bytes) -> bytes | None:
        self._parts.append(data)
        self._size_bytes += len(data)
        if self._size_bytes < BLOCK_BYTES or b"\n" not in data:
            return None
        whole, _, rest = b"".join(self._parts).rpartition(b"\n")
        self._parts = [rest]
        self._size_bytes = len(rest)
        return _unescape(whole + b"\n")

    def rest(self) -> bytes:
        return _unescape(b"".join(self._parts))


def _unescape(lines: bytes) -> bytes:
    return lines.replace(b"\x01", b"\n").replace(b"\\\\", b"\\")
