"""`Range: bytes=…` (RFC 9110 §14), of one range. Pure."""

import re
from collections.abc import AsyncIterator

from msgspec import Struct

_ONE_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})")  # no file has more bytes than that


class ByteRange(Struct, frozen=True):
    """From `first` to `last`, both included, 0-based. `first` beyond the end: nothing can be given."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def read_range(header: str | None, size: int) -> ByteRange | None:
    """The part asked for of `size` bytes. None where no part is asked for, or in a way that need not be understood (several ranges)."""
    match = _ONE_RANGE.fullmatch(header.strip().lower()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return ByteRange(max(0, size - int(last)), size - 1) if int(last) else ByteRange(size, size - 1)
    if last and int(last) < int(first):
        return None
    return ByteRange(int(first), min(int(last), size - 1) if last else size - 1)


async def cut(blocks: AsyncIterator[bytes], wanted: ByteRange) -> AsyncIterator[bytes]:
    """The bytes of the range; what lies before it is made and thrown away."""
    to_skip, left = wanted.first, wanted.length
    async for block in blocks:
        part = block[to_skip : to_skip + left]
        to_skip = max(0, to_skip - len(block))
        left -= len(part)
        if part:
            yield part
        if left <= 0:
            return
