"""Which stored files belong to which upload, and which are still needed."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ScalarSelect, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import uploads, versions
from backbone.catalog.uploads import SELECT_RECORD, UploadRecord, to_record

UPLOADS_FOLDER: Final = "uploads/"


def folder_of(upload_id: str) -> str:
    return f"{UPLOADS_FOLDER}{upload_id}/"


def file_key(upload_id: str) -> str:
    """Of the file as it came."""
    return f"{folder_of(upload_id)}original"


def reading_key(upload_id: str) -> str:
    """Of the copy in UTF-8 that is parsed where the original cannot be (`docs/decisions/0003`)."""
    return f"{folder_of(upload_id)}reading-copy"


async def keys_in_use(connection: AsyncConnection, upload_ids: Collection[str]) -> set[str]:
    """The keys under which these uploads have, or will have, something. One that brought nothing new needs none of its own."""
    kept = uploads.c.state != "UNCHANGED"
    names = select(uploads.c.id, uploads.c.state, uploads.c.sha256, uploads.c.file_key, uploads.c.reading_key)
    needed: set[str] = set()
    for row in await connection.execute(names.where(uploads.c.id.in_(upload_ids), kept)):
        if row.state == "RECEIVING":
            needed |= {file_key(row.id), reading_key(row.id)}
        elif row.sha256 is not None:
            needed |= {row.file_key, row.reading_key}
    return needed


async def keys_of_dataset(connection: AsyncConnection, dataset_id: int) -> list[str]:
    """Of all its uploads, whatever became of them."""
    query = select(uploads.c.file_key, uploads.c.reading_key).where(uploads.c.dataset_id == dataset_id)
    return [key for row in (await connection.execute(query)).all() for key in row if key is not None]


async def uploads_without_versions(connection: AsyncConnection, dataset_id: int) -> Sequence[UploadRecord]:
    """Those that may have no row in any version that is kept, and whose file is still there. Whether they have, their rows tell."""
    gone = or_(uploads.c.state.in_(("UNDONE", "DISCARDED")), uploads.c.table_id.is_(None), uploads.c.version < _oldest_kept(dataset_id))
    query = SELECT_RECORD.where(
        uploads.c.dataset_id == dataset_id,
        uploads.c.state.in_(("COMPLETE", "UNDONE", "DISCARDED")),
        uploads.c.file_removed_at.is_(None),
        gone,
    )
    return [to_record(row) for row in (await connection.execute(query)).mappings()]


async def mark_file_removed(connection: AsyncConnection, upload_id: str) -> None:
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(file_removed_at=func.now()))


def _oldest_kept(dataset_id: int) -> ScalarSelect[int]:
    kept = (versions.c.dataset_id == dataset_id, versions.c.published_at.is_not(None), versions.c.removed_at.is_(None))
    return select(func.coalesce(func.min(versions.c.number), 0)).where(*kept).scalar_subquery()
