"""How an upload ends other than well: its state, the event that has its traces removed, and the removal itself."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import Action, note_upload
from backbone.catalog.datasets import read_table
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import uploads, versions
from backbone.catalog.states import UploadState
from backbone.catalog.uploads import UploadRecord, step
from backbone.errors import Conflict, NotFound
from backbone.eventlog import events
from backbone.model import Table, row_number
from backbone.postgres.named_update import NOW

NOTED: Final[Mapping[UploadState, Action]] = {
    "CANCELLED": "upload.cancelled",
    "DISCARDED": "upload.discarded",
    "UNDONE": "upload.undone",
}


class UploadError(Struct, frozen=True, kw_only=True):
    """Why an upload failed, as its readers see it."""

    type: str  # a stable code
    detail: str  # what happened, where, and what to do


def internal_error(doing: str) -> UploadError:
    """For whatever nobody foresaw: its own text belongs into the log, it may hold values, statements and addresses."""
    return UploadError(
        type="internal-error",
        detail=f"Rowmill itself failed while it {doing}. It was logged; the versions before stand as they were.",
    )


async def end_upload(connection: AsyncConnection, upload_id: str, state: UploadState, error: UploadError | None = None) -> bool:
    """Ends an upload as FAILED, CANCELLED, DISCARDED or UNDONE. False when it had ended already, or is gone."""
    try:
        await step(connection, upload_id, state, error=msgspec.to_builtins(error), completed_at=NOW, stage=None)
    except (Conflict, NotFound):
        return False
    await emit(connection, new_event(events.UPLOAD_ENDED, upload_id, upload_id=upload_id))
    if state in NOTED:
        await note_upload(connection, NOTED[state], upload_id)
    return True


def row_range(upload: UploadRecord) -> tuple[int, int]:
    """The `_row` numbers that belong to a started upload: first, and one behind the last."""
    assert upload.first_chunk is not None
    return row_number(upload.first_chunk, 0), row_number(upload.first_chunk + upload.chunks_total, 0)


async def table_of_its_own(connection: AsyncConnection, upload: UploadRecord) -> Table | None:
    """The upload's table if no other version lives in it, so that it can go as a whole."""
    # "Distinct", for a version that a removal made is of no upload.
    others = versions.c.upload_id.is_distinct_from(upload.id)
    shared = select(versions.c.number).where(versions.c.table_id == upload.table_id, others).limit(1)
    if upload.table_id is None or (await connection.execute(shared)).first() is not None:
        return None
    return await read_table(connection, upload.table_id)


def is_unclean() -> ColumnElement[bool]:
    """Of uploads that have ended, or were undone, and left traces that are still to be removed."""
    ended = uploads.c.state.in_(("FAILED", "CANCELLED", "DISCARDED", "UNDONE"))
    return ended & uploads.c.version.is_not(None) & uploads.c.cleaned_at.is_(None)


async def mark_cleaned(connection: AsyncConnection, upload_id: str) -> None:
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(cleaned_at=func.now()))
