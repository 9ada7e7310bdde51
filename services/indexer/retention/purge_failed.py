"""Removes the traces of an upload that did not end well, or was undone: documents, rows, its marks on older rows, and the table when it
was its own. Then the next may start.

The next upload of the dataset waits for this: a row that version N left behind would show up in version N+1.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import read_table
from backbone.catalog.outbox import Relay
from backbone.catalog.states import FINAL
from backbone.catalog.uploads import UploadRecord, read_upload
from backbone.errors import NotFound
from backbone.eventlog.events import Event
from backbone.lifecycle.end_upload import mark_cleaned, row_range, table_of_its_own
from backbone.lifecycle.locks import lock_tables, lock_upload
from backbone.lifecycle.upload_queue import start_next
from backbone.model import MERGING, Table
from backbone.postgres.engine import transaction
from services.indexer.indexing.put_documents import put_documents
from services.indexer.stores import Stores


async def purge_failed(event: Event, *, stores: Stores, relay: Relay) -> None:
    """Handles `upload.ended`. Repeatable; documents go before rows, because the rows say which documents there are."""
    upload_id = str(event.data["upload_id"])
    async with transaction(stores.engine) as connection:
        try:
            ended = await read_upload(connection, upload_id)
        except NotFound:
            return
    if ended.version is None:  # it never began, so it left nothing: many of them must not occupy all hands waiting for the dataset's lock
        return
    dataset_id = ended.dataset_id
    async with transaction(stores.engine) as lock:
        # One at a time: after two undos in a row one cleaning would bring back documents of rows that the other removes.
        if dataset_id is not None:
            await lock_tables(lock, dataset_id)
        await lock_upload(lock, upload_id, alone=True)
        await _purge(stores, upload_id)
    relay.wake()


async def _purge(stores: Stores, upload_id: str) -> None:
    async with transaction(stores.engine) as connection:
        try:
            upload = await read_upload(connection, upload_id)
        except NotFound:
            return
        if upload.state not in FINAL or upload.state == "COMPLETE":
            return
        own = await table_of_its_own(connection, upload)
        table = own if upload.table_id is None or own is not None else await read_table(connection, upload.table_id)
    if own is not None:
        await stores.index.drop(own)
    elif table is not None and stores.keeps_documents(table):
        await _remove_documents(stores, upload, table)
    async with transaction(stores.engine) as connection:
        if own is not None:
            await stores.rows.drop_table(connection, own)
        elif table is not None:
            await _remove_rows(stores, connection, upload, table)
        await mark_cleaned(connection, upload_id)
        if upload.dataset_id is not None:
            await start_next(connection, stores.rows, upload.dataset_id)


async def _remove_rows(stores: Stores, connection: AsyncConnection, upload: UploadRecord, table: Table) -> None:
    await stores.rows.delete_rows(connection, table, *row_range(upload))
    if upload.mode in MERGING and upload.version is not None:
        await stores.history.unmerge(connection, table, upload.version)


async def _remove_documents(stores: Stores, upload: UploadRecord, table: Table) -> None:
    """Also brings back those of the rows that an upsert had superseded. Their `_until` speaks of a version that nobody reads any more,
    so whoever reads meanwhile does not notice."""
    await stores.index.create(table)  # of one that was to become large with this upload nothing may have been indexed yet
    async for ids in stores.rows.document_ids(table, *row_range(upload)):
        await stores.index.delete(table, ids)
    if upload.mode in MERGING and upload.version is not None:
        brought_back = stores.history.superseded_documents(table, upload.version, as_visible=True)
        await put_documents(stores.index, table, brought_back)
    await stores.index.refresh(table)
