"""Publishes a version: checks the balance, then lets every reader see it by one update of one row."""

import msgspec
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone import events
from backbone.adapters.database import transaction
from backbone.books.chunks import list_chunks
from backbone.books.datasets import read_table
from backbone.books.ending import UploadError, end_upload
from backbone.books.outbox import emit, new_event
from backbone.books.queue import start_next
from backbone.books.tables import datasets, versions
from backbone.books.uploads import UploadRecord, processing_upload, read_upload, step
from backbone.events import Event
from backbone.model import Balance, View
from backbone.wiring import Backbone
from services.indexer.balance import ChunkBalance, differences


async def publish(backbone: Backbone, event: Event) -> None:
    """Handles `upload.indexed`. An upload that is no longer PROCESSING is left alone."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as connection:
        upload = await processing_upload(connection, upload_id)
        if upload is None or upload.merged_at is None or upload.chunks_indexed < upload.chunks_total:  # late, of a try before this one
            return
        view = await _view(connection, upload)
        expected = await _rows_before(connection, upload) + upload.rows
        chunks = [_chunk_balance(row) for row in await list_chunks(connection, upload_id)]
    balance = await _take(backbone, upload, view)
    wrong = differences(balance, chunks, expected)
    async with transaction(backbone.engine) as connection:
        if wrong:
            detail = f"The balance does not hold, so the version was not published: {'; '.join(wrong)}. Upload the file again."
            await end_upload(connection, upload_id, "FAILED", UploadError(type="out-of-balance", detail=detail))
        else:
            await _publish(backbone, connection, upload, balance)
    backbone.relay.wake()


async def _view(connection: AsyncConnection, upload: UploadRecord) -> View:
    assert upload.table_id is not None and upload.version is not None
    return View(dataset=upload.dataset, table=await read_table(connection, upload.table_id), version=upload.version)


async def _rows_before(connection: AsyncConnection, upload: UploadRecord) -> int:
    """Rows that the published version shows in the same table; none when the upload made a table of its own."""
    query = (
        select(versions.c.rows)
        .join(datasets, (datasets.c.id == versions.c.dataset_id) & (datasets.c.version == versions.c.number))
        .where(versions.c.dataset_id == upload.dataset_id, versions.c.table_id == upload.table_id)
    )
    return int((await connection.execute(query)).scalar() or 0)


def _chunk_balance(row: RowMapping) -> ChunkBalance:
    return ChunkBalance(row["number"], row["records"], row["rows"] or 0, row["rejects"] or 0, row["indexed"] or 0)


async def _take(backbone: Backbone, upload: UploadRecord, view: View) -> Balance:
    await backbone.index.refresh(view.table)
    return Balance(
        records=upload.records or 0,
        rows=upload.rows,
        rejects=upload.rejects,
        documents=upload.indexed,
        visible_rows=await backbone.rows.count_visible(view),
        visible_documents=await backbone.index.count(view),
    )


async def _publish(backbone: Backbone, connection: AsyncConnection, balanced: UploadRecord, balance: Balance) -> None:
    upload = await read_upload(connection, balanced.id, lock=True)
    if upload.state != "PROCESSING" or upload.version != balanced.version or upload.dataset_id is None:
        return
    await step(connection, upload.id, "COMPLETE", stage=None, completed_at=func.clock_timestamp(), balance=msgspec.to_builtins(balance))
    is_it = (versions.c.dataset_id == upload.dataset_id, versions.c.number == upload.version)
    await connection.execute(update(versions).where(*is_it).values(rows=balance.visible_rows, published_at=func.clock_timestamp()))
    await connection.execute(update(datasets).where(datasets.c.id == upload.dataset_id).values(version=upload.version))
    await emit(connection, new_event(events.VERSION_PUBLISHED, upload.id, upload_id=upload.id))
    await start_next(connection, backbone.rows, upload.dataset_id)
