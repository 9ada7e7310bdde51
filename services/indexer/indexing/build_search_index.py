"""After publish: whatever makes searches fast and may take its time while readers are served already."""

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.versions import current_table, is_followed
from backbone.eventlog.events import Event
from backbone.postgres.engine import autocommit
from backbone.search.port import SearchIndex


async def build_search_index(event: Event, *, engine: AsyncEngine, index: SearchIndex) -> None:
    """Handles `version.published`. Repeatable. Whichever version it speaks of, the one that counts is what readers see now."""
    dataset_id = int(event.data["dataset_id"])
    async with autocommit(engine) as connection:
        if await is_followed(connection, dataset_id, str(event.data["upload_id"])):
            return
        current = await current_table(connection, dataset_id)
    if current is not None:
        await index.optimize(*current, in_background=True)
