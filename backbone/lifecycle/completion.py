"""The moment when an upload is both merged and indexed: whichever comes last, under the lock of the upload's row, tells of it."""

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.outbox import emit, new_event
from backbone.catalog.uploads import set_values
from backbone.eventlog import events
from backbone.postgres.named_update import CLOCK


async def emit_when_indexed(connection: AsyncConnection, row: RowMapping) -> None:
    """`row` is the upload's row as the caller's own update, still locked, has just returned it."""
    if await mark_when_indexed(connection, row):
        await emit(connection, new_event(events.UPLOAD_INDEXED, row["id"], upload_id=row["id"]))


async def mark_when_indexed(connection: AsyncConnection, row: RowMapping) -> bool:
    """As `emit_when_indexed`, for a caller that goes on with publishing itself where it is True."""
    if row["merged_at"] is None or row["chunks_indexed"] < row["chunks_total"]:
        return False
    await set_values(connection, row["id"], indexed_at=CLOCK)
    return True
