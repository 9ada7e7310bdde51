"""What follows when all chunks of an upload are loaded: are the rejects too many, then the table's indexes.

For append and replace there is nothing to merge.
"""

from sqlalchemy import func

from backbone.adapters.database import transaction
from backbone.books.datasets import read_table
from backbone.books.ending import UploadError, end_upload
from backbone.books.indexed import emit_when_indexed
from backbone.books.uploads import UploadRecord, processing_upload, read_upload, set_values
from backbone.events import Event
from backbone.reject_limit import rejects_allowed
from backbone.wiring import Backbone


def too_many_rejects(upload: UploadRecord) -> UploadError | None:
    allowed = rejects_allowed(str(upload.options.get("max_rejects", "")), upload.records or 0)
    if allowed is None or upload.rejects <= allowed:
        return None
    detail = (
        f"{upload.rejects} of {upload.records} records were rejected; max_rejects={upload.options['max_rejects']} allows {allowed}. "
        f"Nothing was published. /api/uploads/{upload.id}/rejects.csv has them, ready to be mended."
    )
    return UploadError(type="too-many-rejects", detail=detail)


async def merge(backbone: Backbone, event: Event) -> None:
    """Handles `upload.loaded`. Repeatable: an index that is there stays, and the mark is set once."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as connection:
        upload = await processing_upload(connection, upload_id)
        if upload is None or upload.merged_at is not None or upload.table_id is None:
            return
        if upload.chunks_loaded < upload.chunks_total:  # a late event of a try before this one
            return
        if (error := too_many_rejects(upload)) is not None:
            await end_upload(connection, upload_id, "FAILED", error)
            return
        table = await read_table(connection, upload.table_id)
    await backbone.rows.index_rows(table)
    async with transaction(backbone.engine) as connection:
        if (await read_upload(connection, upload_id, lock=True)).version != upload.version:
            return
        row = await set_values(connection, upload_id, merged_at=func.clock_timestamp(), stage="indexing")
        if row is not None:
            await emit_when_indexed(connection, row)
    backbone.relay.wake()
