"""Puts a stream of documents into a table's index, several bulk requests in flight."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from backbone.errors import Rejected
from backbone.model import Table
from backbone.search.port import SearchIndex

IN_FLIGHT_MAX: Final = 2
REFUSALS_SHOWN_MAX: Final = 3


async def put_documents(index: SearchIndex, table: Table, blocks: AsyncIterator[bytes]) -> None:
    """Raises `Rejected` when one is refused, `Unavailable`. Repeatable: documents are overwritten with themselves."""
    in_flight = asyncio.Semaphore(IN_FLIGHT_MAX)

    async def put(block: bytes) -> None:
        try:
            await put_block(index, table, block)
        finally:
            in_flight.release()

    async with asyncio.TaskGroup() as putting:
        async for block in blocks:
            await in_flight.acquire()
            putting.create_task(put(block))


async def put_block(index: SearchIndex, table: Table, block: bytes) -> None:
    """Raises `Rejected` when a document is refused."""
    if refused := await index.put(table, block):
        reasons = "; ".join(f"row {row}: {reason}" for row, reason in list(refused.items())[:REFUSALS_SHOWN_MAX])
        raise Rejected("documents-refused", f"The search index refused {len(refused)} documents of {table.name}: {reasons}.")
