"""What is held while tables are rebuilt must not keep others from their work."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.lifecycle.locks import lock_tables, lock_upload
from backbone.postgres.engine import transaction

SNAPSHOTS = "SELECT count(backend_xmin) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_who_only_holds_has_no_snapshot(engine: AsyncEngine) -> None:
    """CREATE INDEX CONCURRENTLY waits for old snapshots: a removal that waited for its index, and held one, never ended."""
    async with transaction(engine) as holding:
        await lock_tables(holding, 1)
        await lock_upload(holding, "u", alone=True)
        async with transaction(engine) as looking:
            assert (await looking.execute(text(SNAPSHOTS))).scalar() == 0
