"""A bounded queue between one task that brings and one that takes: whoever brings waits for room, and learns when the taker failed."""

import asyncio
from typing import Any, TypeVar

T = TypeVar("T")


async def put_unless_failed(item: T, waiting: "asyncio.Queue[T]", taker: "asyncio.Task[Any]") -> None:
    """Waits for room. Raises what the taker raised: a full queue that nobody empties would be waited for for ever."""
    if waiting.full() and not taker.done():
        room = asyncio.create_task(waiting.put(item))
        try:
            await asyncio.wait({room, taker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            room.cancel()
    elif not taker.done():
        waiting.put_nowait(item)
    if taker.done():
        await taker
