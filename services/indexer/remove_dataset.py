"""Removes what a dataset leaves behind, after it has vanished for its readers: documents, tables, files, and its lines in the books."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.adapters.database import transaction
from backbone.books.datasets import to_table
from backbone.books.ending import hold_dataset, hold_upload
from backbone.books.tables import datasets, row_tables, uploads
from backbone.events import Event
from backbone.wiring import Backbone


async def remove_dataset(backbone: Backbone, event: Event) -> None:
    """Handles `dataset.removed`. Repeatable; the books go last, for they say what else there is."""
    dataset_id = int(event.data["dataset_id"])
    async with transaction(backbone.engine) as connection:
        await hold_dataset(connection, dataset_id)
        removed = select(datasets.c.id).where(datasets.c.id == dataset_id, datasets.c.removed_at.is_not(None))
        if (await connection.execute(removed)).first() is None:
            return
        await _remove_files(backbone, connection, dataset_id)
        for row in (await connection.execute(select(row_tables).where(row_tables.c.dataset_id == dataset_id))).mappings():
            await backbone.index.drop(to_table(row))
            await backbone.rows.drop_table(connection, to_table(row))
        await connection.execute(delete(uploads).where(uploads.c.dataset_id == dataset_id))
        await connection.execute(delete(datasets).where(datasets.c.id == dataset_id))


async def _remove_files(backbone: Backbone, connection: AsyncConnection, dataset_id: int) -> None:
    query = select(uploads.c.id, uploads.c.file_key, uploads.c.reading_key).where(uploads.c.dataset_id == dataset_id)
    for row in (await connection.execute(query)).mappings().all():
        await hold_upload(connection, row["id"], alone=True)  # nobody writes documents of it any more
        for key in filter(None, (row["file_key"], row["reading_key"])):
            await backbone.files.delete(key)
