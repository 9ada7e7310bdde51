"""Turns what `COPY … TO STDOUT` sends into the blocks that a bulk request takes. Bytes in, bytes out: no Python object per row.

COPY's text format doubles backslashes and escapes control characters. JSON text has no raw control characters, so one of them can be the
delimiter, and undoing the format is two replacements over a whole block.
"""

import re
from typing import Final, Protocol

DELIMITER_SQL: Final = "\x01"
BLOCK_BYTES: Final = 1024 * 1024


class Blocks(Protocol):
    """Collects what PostgreSQL sends, some bytes at a time, and hands out blocks."""

    def add(self, data: bytes) -> bytes | None: ...

    def rest(self) -> bytes: ...


class ByteBlocks:
    """The bytes as they are, in blocks of about `BLOCK_BYTES`."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def add(self, data: bytes) -> bytes | None:
        self._parts.append(data)
        self._size_bytes += len(data)
        return self.rest() if self._size_bytes >= BLOCK_BYTES else None

    def rest(self) -> bytes:
        block = b"".join(self._parts)
        self._parts, self._size_bytes = [], 0
        return block


class LineBlocks(ByteBlocks):
    """Hands out blocks of whole lines, about `BLOCK_BYTES` each (one long line may be more), with COPY's escapes undone."""

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
        return _unescape(super().rest())


def _unescape(lines: bytes) -> bytes:
    return lines.replace(b"\x01", b"\n").replace(b"\\\\", b"\\")


class TextBlocks(ByteBlocks):
    """Lines of one text column in COPY's text format, given back as the text itself: the line ends within a value too.

    PostgreSQL sends whole lines, so no escape is ever torn apart between two blocks.
    """

    def rest(self) -> bytes:
        return _ESCAPE.sub(lambda match: _ESCAPED[match.group()], super().rest())


_ESCAPED: Final = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\b": b"\b", b"\\f": b"\f", b"\\v": b"\v"}
_ESCAPE: Final = re.compile(rb"\\[\\nrtbfv]")
