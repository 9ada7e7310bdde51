"""Removes the traces of an upload that did not end well: documents, rows, and the table when it was its own. Then the next may start.

The next upload of the dataset waits for this: a row that version N left behind would show up in version N+1.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.adapters.database import transaction
from backbone.books.datasets import read_table
from backbone.books.ending import hold_upload, mark_cleaned, row_range, table_of_its_own
from backbone.books.queue import start_next
from backbone.books.uploads import UploadRecord, read_upload
from backbone.errors import NotFound
from backbone.events import Event
from backbone.lifecycle import FINAL
from backbone.wiring import Backbone


async def clean_up(backbone: Backbone, event: Event) -> None:
    """Handles `upload.ended`. Repeatable; documents go before rows, because the rows say which documents there are."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as connection:
        await hold_upload(connection, upload_id, alone=True)
        try:
            upload = await read_upload(connection, upload_id)
        except NotFound:
            return
        if upload.state not in FINAL or upload.state == "COMPLETE":
            return
        if upload.table_id is not None:
            await _remove(backbone, connection, upload)
        await mark_cleaned(connection, upload_id)
        if upload.dataset_id is not None:
            await start_next(connection, backbone.rows, upload.dataset_id)
    backbone.relay.wake()


async def _remove(backbone: Backbone, connection: AsyncConnection, upload: UploadRecord) -> None:
    assert upload.table_id is not None
    own = await table_of_its_own(connection, upload)
    if own is not None:
        await backbone.index.drop(own)
        await backbone.rows.drop_table(connection, own)
        return
    table = await read_table(connection, upload.table_id)
    first, last = row_range(upload)
    if backbone.index.keeps_documents:
        async for deletions in backbone.rows.deletions(table, first, last):
            await backbone.index.put(table, deletions)
        await backbone.index.refresh(table)
    await backbone.rows.delete_rows(connection, table, first, last)
