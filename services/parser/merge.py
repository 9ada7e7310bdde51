"""What follows when all chunks of an upload are loaded: the table gets its indexes. For append and replace there is nothing to merge."""

from sqlalchemy import func

from backbone.adapters.database import transaction
from backbone.books.datasets import read_table
from backbone.books.indexed import emit_when_indexed
from backbone.books.uploads import read_upload, set_values
from backbone.errors import NotFound
from backbone.events import Event
from backbone.wiring import Backbone


async def merge(backbone: Backbone, event: Event) -> None:
    """Handles `upload.loaded`. Repeatable: an index that is there stays, and the mark is set once."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as connection:
        try:
            upload = await read_upload(connection, upload_id)
        except NotFound:
            return
        if upload.state != "PROCESSING" or upload.merged_at is not None or upload.table_id is None:
            return
        table = await read_table(connection, upload.table_id)
    await backbone.rows.index_rows(table)
    async with transaction(backbone.engine) as connection:
        row = await set_values(connection, upload_id, merged_at=func.clock_timestamp(), stage="indexing")
        if row is not None:
            await emit_when_indexed(connection, row)
    backbone.relay.wake()
