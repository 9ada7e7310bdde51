"""Turns what `COPY … TO STDOUT` sends into blocks of whole lines or texts. Bytes in, bytes out: no Python object per row.

JSON text has no raw control characters. So with control characters for its delimiter and its quote, COPY's CSV format has nothing to quote, and
sends the text as it is (its text format would double every backslash, for us to undo).
"""

import re
from typing import Final, Protocol

JSON_LINES: Final = {"format": "csv", "delimiter": "\x01", "quote": "\x02", "escape": "\x02"}  # how to copy what `LineBlocks` collects
BLOCK_BYTES: Final = 1024 * 1024


class Blocks(Protocol):
    """Collects what PostgreSQL sends, some bytes at a time, and hands out blocks."""

    def add(self, data: bytes) -> bytes | None: ...

    def rest(self) -> bytes: ...


class ByteBlocks:
    """The bytes as they are, in blocks of about `block_bytes`."""

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def add(self, data: bytes) -> bytes | None:
        self._parts.append(data)
        self._size_bytes += len(data)
        return self.rest() if self._size_bytes >= self._block_bytes else None

    def rest(self) -> bytes:
        block = b"".join(self._parts)
        self._parts, self._size_bytes = [], 0
        return block


class LineBlocks(ByteBlocks):
    """Hands out blocks of whole lines, about `block_bytes` each (one long line may be more)."""

    def add(self, data: bytes) -> bytes | None:
        self._parts.append(data)
        self._size_bytes += len(data)
        if self._size_bytes < self._block_bytes or b"\n" not in data:
            return None
        whole, _, rest = b"".join(self._parts).rpartition(b"\n")
        self._parts = [rest]
        self._size_bytes = len(rest)
        return whole + b"\n"


class TextBlocks(ByteBlocks):
    """Lines of one text column in COPY's text format, given back as the text itself: the line ends within a value too.

    PostgreSQL sends whole lines, so no escape is ever torn apart between two blocks.
    """

    def rest(self) -> bytes:
        return _ESCAPE.sub(lambda match: _ESCAPED[match.group()], super().rest())


_ESCAPED: Final = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\b": b"\b", b"\\f": b"\f", b"\\v": b"\v"}
_ESCAPE: Final = re.compile(rb"\\[\\nrtbfv]")
