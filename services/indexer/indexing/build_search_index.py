"""After publish: whatever makes searches fast and may take its time while readers are served already."""

from sqlalchemy import select

from backbone.catalog.datasets import read_table
from backbone.catalog.schema import datasets, versions
from backbone.eventlog.events import Event
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone


async def build_search_index(backbone: Backbone, event: Event) -> None:
    """Handles `version.published`. Repeatable. Whichever version it speaks of, the one that counts is what readers see now."""
    async with transaction(backbone.engine) as connection:
        is_it = (datasets.c.id == versions.c.dataset_id) & (datasets.c.version == versions.c.number)
        query = select(versions.c.table_id).join(datasets, is_it).where(datasets.c.id == int(event.data["dataset_id"]))
        table_id = (await connection.execute(query)).scalar()
        if table_id is None:
            return
        table = await read_table(connection, table_id)
    await backbone.index.optimize(table)
