"""After publish: whatever makes searches fast and may take its time while readers are served already."""

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.versions import current_table
from backbone.eventlog.events import Event
from backbone.postgres.engine import transaction
from backbone.search.port import SearchIndex


async def build_search_index(event: Event, *, engine: AsyncEngine, index: SearchIndex) -> None:
    """Handles `version.published`. Repeatable. Whichever version it speaks of, the one that counts is what readers see now."""
    async with transaction(engine) as connection:
        current = await current_table(connection, int(event.data["dataset_id"]))
    if current is not None:
        await index.optimize(*current)
