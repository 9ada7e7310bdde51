"""The moment when an upload is both merged and indexed: whichever comes last, under the lock of the upload's row, tells of it."""

from sqlalchemy import RowMapping, func
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.outbox import emit, new_event
from backbone.catalog.uploads import set_values
from backbone.eventlog import events


async def emit_when_indexed(connection: AsyncConnection, row: RowMapping) -> None:
    """`row` is the upload's row as the caller's own update, still locked, has just returned it."""
    if row["merged_at"] is None or row["chunks_indexed"] < row["chunks_total"]:
        return
    await set_values(connection, row["id"], indexed_at=func.clock_timestamp())
    await emit(connection, new_event(events.UPLOAD_INDEXED, row["id"], upload_id=row["id"]))
