"""Streams of bytes in blocks of another size. Pure."""

from collections.abc import AsyncIterator


async def blocks_of(pieces: AsyncIterator[bytes], block_bytes: int) -> AsyncIterator[bytes]:
    """The same bytes in blocks of at least `block_bytes` (but the last): HTTP brings a few KiB at a time, too little for whoever works on
    arrays, or writes to a disk."""
    waiting: list[bytes] = []
    size = 0
    async for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= block_bytes:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)
