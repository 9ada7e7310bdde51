"""COPY out of PostgreSQL as a stream of blocks, with PostgreSQL waiting for its reader."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.copied_lines import Blocks
from backbone.postgres.raw import raw_connection

BLOCKS_IN_FLIGHT_MAX: Final = 2


async def copy_out(engine: AsyncEngine, query: str, collected: Blocks, **options: str) -> AsyncIterator[bytes]:
    """COPYs in a task of its own; PostgreSQL waits while the reader has `BLOCKS_IN_FLIGHT_MAX` blocks to work on."""
    blocks: asyncio.Queue[bytes | None] = asyncio.Queue()  # bounded by `room`: its end must always fit, also after a cancel
    room = asyncio.Semaphore(BLOCKS_IN_FLIGHT_MAX)
    copying = asyncio.create_task(_copy_to_queue(engine, query, blocks, room, collected, options))
    try:
        while (block := await blocks.get()) is not None:
            yield block
            room.release()
        await copying  # raises what it raised
    finally:
        copying.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await copying


async def _copy_to_queue(
    engine: AsyncEngine,
    query: str,
    blocks: "asyncio.Queue[bytes | None]",
    room: asyncio.Semaphore,
    collected: Blocks,
    options: Mapping[str, str],
) -> None:
    async def take(data: bytes) -> None:
        if (block := collected.add(bytes(data))) is not None:
            await room.acquire()
            blocks.put_nowait(block)

    try:
        async with raw_connection(engine) as raw:
            await raw.copy_from_query(query, output=take, **{"format": "text", **options})
        if rest := collected.rest():
            blocks.put_nowait(rest)
    finally:
        blocks.put_nowait(None)
