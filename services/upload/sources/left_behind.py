"""What became of the uploads of a run, and of runs before it: a process may die behind any step, and the next one goes on by what is written down."""

import asyncio
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.source_fetches import Fetch, fetches_of, open_fetches, settle_fetch
from backbone.postgres.engine import transaction
from services.upload.sources.place import THE_ONE

LOOK_AGAIN_S: Final = 1.0


async def settle_left_behind(engine: AsyncEngine, source_id: int, run_id: str) -> None:
    """Says of each open fetch what became of it; waits for uploads that somebody receives still, or is taken for dead over."""
    while True:
        async with transaction(engine) as connection:
            open_ = await open_fetches(connection, source_id)
            for fetch in open_:
                await _settle(connection, source_id, run_id, fetch)
        if not any(fetch.state == "RECEIVING" for fetch in open_):
            return
        await asyncio.sleep(LOOK_AGAIN_S)


async def _settle(connection: AsyncConnection, source_id: int, run_id: str, fetch: Fetch) -> None:
    settle = partial(settle_fetch, connection, source_id, fetch)
    if fetch.is_delivered:
        await settle(keep_mark=True)
    elif fetch.is_refused:
        await settle(keep_mark=fetch.item != THE_ONE)  # of a place with one file only, each run tries again
    elif fetch.run_id != run_id and fetch.state != "RECEIVING":
        await settle(keep_mark=False)


async def done_before(engine: AsyncEngine, run_id: str) -> frozenset[str]:
    """What this very run had brought to an end before its process was gone."""
    async with transaction(engine) as connection:
        fetches = await fetches_of(connection, run_id)
    return frozenset(fetch.item for fetch in fetches if fetch.is_delivered or fetch.is_refused)
