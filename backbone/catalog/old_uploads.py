"""Uploads that are so old that nobody asks for them any more, and of which no row is left in any version: they are forgotten some at a time, with their
chunks and rejects. One that rows are still of stays as long as those: it says where they came from, and its file can be read again."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import uploads
from backbone.catalog.states import FINAL

AT_ONCE: Final = 50  # each may have thousands of chunks, and a hundred thousand rejects
# As `uploads_without_rows_index` has it, so that those which are still in a dataset are not walked over each time.
_WITHOUT_ROWS: Final = text("(uploads.state <> 'COMPLETE' OR uploads.file_removed_at IS NOT NULL)")


async def forget_old_uploads(connection: AsyncConnection, kept_days: int) -> Sequence[str]:
    """The ids of those that were forgotten, the oldest first; what somebody works on is not waited for. Their files may still be there."""
    columns = uploads.c
    is_old = columns.created_at < func.now() - func.make_interval(0, 0, 0, kept_days)
    is_over = (columns.state.in_(sorted(FINAL)), columns.removing_at.is_(None))
    is_cleaned = or_(columns.version.is_(None), columns.cleaned_at.is_not(None), columns.state == "COMPLETE")
    some = select(columns.id).where(is_old, _WITHOUT_ROWS, *is_over, is_cleaned).order_by(columns.created_at).limit(AT_ONCE)
    gone = delete(uploads).where(columns.id.in_(some.with_for_update(skip_locked=True))).returning(columns.id)
    return (await connection.execute(gone)).scalars().all()
