"""Removes what a dataset leaves behind, after it has vanished for its readers: documents, tables, files, and its lines in the catalog."""

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import tables_of
from backbone.catalog.stored_files import keys_of_dataset
from backbone.eventlog.events import Event
from backbone.files.port import FileStore
from backbone.lifecycle.locks import lock_tables, lock_upload
from backbone.lifecycle.remove import forget_dataset, is_removed, unclean_uploads
from backbone.postgres.engine import transaction
from services.indexer.stores import Stores


async def remove_dataset(event: Event, *, stores: Stores, files: FileStore) -> None:
    """Handles `dataset.removed`. Repeatable; the catalog goes last, for it says what else there is."""
    dataset_id = int(event.data["dataset_id"])
    async with transaction(stores.engine) as lock:
        await lock_tables(lock, dataset_id)
        async with transaction(stores.engine) as connection:
            if not await is_removed(connection, dataset_id):
                return
            under_way = await unclean_uploads(connection, dataset_id)
            tables = await tables_of(connection, dataset_id)
        # Until nobody writes documents any more. Only these: a lock for each of thousands of uploads is more than PostgreSQL has room for.
        for upload_id in under_way:
            await lock_upload(lock, upload_id, alone=True)
        for table in tables:
            await stores.index.drop(table)
        await _remove_files(stores.engine, files, dataset_id)
        async with transaction(stores.engine) as connection:
            for table in tables:
                await stores.rows.drop_table(connection, table)
            await forget_dataset(connection, dataset_id)


async def _remove_files(engine: AsyncEngine, files: FileStore, dataset_id: int) -> None:
    async with transaction(engine) as connection:
        keys = await keys_of_dataset(connection, dataset_id)
    for key in keys:
        await files.delete(key)
