"""Removes the traces of an upload that did not end well, or was undone: documents, rows, its marks on older rows, and the table when it
was its own. Then the next may start.

The next upload of the dataset waits for this: a row that version N left behind would show up in version N+1.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import read_table
from backbone.catalog.states import FINAL
from backbone.catalog.uploads import UploadRecord, read_upload
from backbone.errors import NotFound
from backbone.eventlog.events import Event
from backbone.lifecycle.end_upload import lock_tables, lock_upload, mark_cleaned, row_range, table_of_its_own
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Table
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone
from services.indexer.indexing.put_documents import put_documents


async def clean_up(backbone: Backbone, event: Event) -> None:
    """Handles `upload.ended`. Repeatable; documents go before rows, because the rows say which documents there are."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as connection:
        try:
            dataset_id = (await read_upload(connection, upload_id)).dataset_id
        except NotFound:
            return
    async with transaction(backbone.engine) as holding:
        # One at a time: after two undos in a row one cleaning would bring back documents of rows that the other removes.
        if dataset_id is not None:
            await lock_tables(holding, dataset_id)
        await lock_upload(holding, upload_id, alone=True)
        await _clean_up(backbone, upload_id)
    backbone.relay.wake()


async def _clean_up(backbone: Backbone, upload_id: str) -> None:
    async with transaction(backbone.engine) as connection:
        try:
            upload = await read_upload(connection, upload_id)
        except NotFound:
            return
        if upload.state not in FINAL or upload.state == "COMPLETE":
            return
        own = await table_of_its_own(connection, upload)
        table = own if upload.table_id is None or own is not None else await read_table(connection, upload.table_id)
    if own is not None:
        await backbone.index.drop(own)
    elif table is not None and backbone.index.keeps_documents:
        await _remove_documents(backbone, upload, table)
    async with transaction(backbone.engine) as connection:
        if own is not None:
            await backbone.rows.drop_table(connection, own)
        elif table is not None:
            await _remove_rows(backbone, connection, upload, table)
        await mark_cleaned(connection, upload_id)
        if upload.dataset_id is not None:
            await start_next(connection, backbone.rows, upload.dataset_id)


async def _remove_rows(backbone: Backbone, connection: AsyncConnection, upload: UploadRecord, table: Table) -> None:
    await backbone.rows.delete_rows(connection, table, *row_range(upload))
    if upload.mode == "upsert" and upload.version is not None:
        await backbone.history.unmerge(connection, table, upload.version)


async def _remove_documents(backbone: Backbone, upload: UploadRecord, table: Table) -> None:
    """Also brings back those of the rows that an upsert had superseded. Their `_until` speaks of a version that nobody reads any more,
    so whoever reads meanwhile does not notice."""
    async for ids in backbone.rows.document_ids(table, *row_range(upload)):
        await backbone.index.delete(table, ids)
    if upload.mode == "upsert" and upload.version is not None:
        brought_back = backbone.history.superseded_documents(table, upload.version, as_visible=True)
        await put_documents(backbone.index, table, brought_back)
    await backbone.index.refresh(table)
