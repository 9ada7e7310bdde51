"""Putting a stream of blocks into an obstore store, in bounded memory, so that nothing stays behind when the stream breaks off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import obstore

from backbone.errors import NotFound
from backbone.files.obstore_base import Store, store_errors, unavailable
from backbone.runtime.blocks import blocks_of
from backbone.runtime.bounded_queue import put_unless_failed

PIECE_BYTES: Final = 1024 * 1024  # handed over at once: the way into Rust costs the same for a byte and for a MiB
PART_BYTES: Final = 12 * 1024 * 1024  # of a multipart upload; S3 takes 10,000 of them, so files up to 117 GiB
PARTS_IN_FLIGHT_MAX: Final = 2
PIECES_WAITING_MAX: Final = 2
ABANDON_TIMEOUT_S: Final = 30.0


class _Abandoned(Exception):  # noqa: N818 -- not an error: obstore aborts what it began when its source raises, and only then
    pass


_Waiting = asyncio.Queue[bytes | None | _Abandoned]  # None: the end


async def put_blocks(store: Store, key: str, blocks: AsyncIterator[bytes]) -> int:
    """Stores the blocks under `key` and returns their length. The errors of `blocks` go through as they are. Raises `Unavailable`."""
    pieces = blocks_of(blocks, PIECE_BYTES)
    head: list[bytes] = []
    length = 0
    async for piece in pieces:
        head.append(piece)
        length += len(piece)
        if length >= PART_BYTES:
            return await _put_parts(store, key, head, pieces)
    try:
        with store_errors(key):
            await obstore.put_async(store, key, b"".join(head), use_multipart=False)
    except NotFound as error:  # the bucket or the folder itself has gone
        raise unavailable(error) from error
    return length


async def _put_parts(store: Store, key: str, head: list[bytes], pieces: AsyncIterator[bytes]) -> int:
    """A multipart upload in a task of its own.

    Were obstore given the stream itself, a cancelled request would leave the upload's parts in the bucket and the stream's task
    running. So the caller's own task reads the stream, and whatever ends it early is told to obstore as an error of its source.
    """
    waiting: _Waiting = asyncio.Queue(maxsize=PIECES_WAITING_MAX)
    storing = asyncio.create_task(_store_parts(store, key, waiting))
    length = 0
    try:
        while head:
            length += len(head[0])
            await put_unless_failed(head.pop(0), waiting, storing)
        async for piece in pieces:
            length += len(piece)
            await put_unless_failed(piece, waiting, storing)
        await put_unless_failed(None, waiting, storing)
        await asyncio.shield(storing)
    except BaseException:
        await asyncio.shield(asyncio.create_task(_abandon(waiting, storing)))
        raise
    return length


async def _store_parts(store: Store, key: str, waiting: _Waiting) -> None:
    async def source() -> AsyncIterator[bytes]:
        while (piece := await waiting.get()) is not None:
            if isinstance(piece, _Abandoned):
                raise piece
            yield piece

    try:
        with store_errors(key):
            await obstore.put_async(store, key, source(), chunk_size=PART_BYTES, max_concurrency=PARTS_IN_FLIGHT_MAX)
    except NotFound as error:
        raise unavailable(error) from error


async def _abandon(waiting: _Waiting, storing: asyncio.Task[None]) -> None:
    while not waiting.empty():
        waiting.get_nowait()
    waiting.put_nowait(_Abandoned())
    with suppress(Exception):
        async with asyncio.timeout(ABANDON_TIMEOUT_S):
            await storing
