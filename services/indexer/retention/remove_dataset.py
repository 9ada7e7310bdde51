"""Removes what a dataset leaves behind, after it has vanished for its readers: documents, tables, files, and its lines in the books."""

from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import to_table
from backbone.catalog.schema import datasets, row_tables, uploads
from backbone.eventlog.events import Event
from backbone.lifecycle.end_upload import is_unclean, lock_tables, lock_upload
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone


async def remove_dataset(backbone: Backbone, event: Event) -> None:
    """Handles `dataset.removed`. Repeatable; the books go last, for they say what else there is."""
    dataset_id = int(event.data["dataset_id"])
    async with transaction(backbone.engine) as holding:
        await lock_tables(holding, dataset_id)
        async with transaction(backbone.engine) as connection:
            if not await _is_removed(connection, dataset_id):
                return
            under_way = (
                (await connection.execute(select(uploads.c.id).where(uploads.c.dataset_id == dataset_id, is_unclean()))).scalars().all()
            )
            tables = [to_table(row) for row in (await connection.execute(_tables_of(dataset_id))).mappings()]
        # Until nobody writes documents any more. Only these: a lock for each of thousands of uploads is more than PostgreSQL has room for.
        for upload_id in under_way:
            await lock_upload(holding, upload_id, alone=True)
        for table in tables:
            await backbone.index.drop(table)
        await _remove_files(backbone, dataset_id)
        async with transaction(backbone.engine) as connection:
            for table in tables:
                await backbone.rows.drop_table(connection, table)
            await connection.execute(delete(uploads).where(uploads.c.dataset_id == dataset_id))
            await connection.execute(delete(datasets).where(datasets.c.id == dataset_id))


async def _is_removed(connection: AsyncConnection, dataset_id: int) -> bool:
    removed = select(datasets.c.id).where(datasets.c.id == dataset_id, datasets.c.removed_at.is_not(None))
    return (await connection.execute(removed)).first() is not None


def _tables_of(dataset_id: int) -> Select[Any]:
    return select(row_tables).where(row_tables.c.dataset_id == dataset_id)


async def _remove_files(backbone: Backbone, dataset_id: int) -> None:
    async with transaction(backbone.engine) as connection:
        query = select(uploads.c.file_key, uploads.c.reading_key).where(uploads.c.dataset_id == dataset_id)
        keys = [key for row in (await connection.execute(query)).all() for key in row if key is not None]
    for key in keys:
        await backbone.files.delete(key)
