"""What the current version is made of: the complete uploads, in order, since the last one that replaced all; and what it takes to have
it without one of them."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.books.datasets import read_table
from backbone.books.tables import row_tables, uploads, versions
from backbone.books.uploads import UploadRecord, to_record
from backbone.errors import Conflict
from backbone.model import Column, Table
from backbone.retype import common_columns


class Removal(Struct, frozen=True, kw_only=True):
    """How to take one upload out. Without `columns` the current version does not change: versions from the upload's own to `withdrawn`
    are no more, that is all. Else a new table of those columns gets the rows of `base` from before the upload, then those of each upload
    in `replayed`, from `current`."""

    withdrawn: int
    columns: tuple[Column, ...] = ()
    base: Table | None = None
    current: Table | None = None
    replayed: tuple[UploadRecord, ...] = ()


async def plan_removal(connection: AsyncConnection, upload: UploadRecord, version: int) -> Removal:
    """`version` is the dataset's current one. Raises `Conflict` when what is needed for it is no longer kept."""
    complete = await _complete_uploads(connection, upload.dataset_id)
    assert upload.version is not None
    later_replace = next((u.version for u in complete if u.mode == "replace" and (u.version or 0) > upload.version), None)
    if later_replace is not None:
        return Removal(withdrawn=later_replace - 1)
    if all(one.id == upload.id for one in complete):
        return Removal(withdrawn=version)
    current = await _table_of(connection, upload.dataset_id, version)
    assert current is not None
    replayed = tuple(one for one in complete if (one.version or 0) > upload.version)
    if upload.mode == "replace":
        base = await _table_before(connection, upload)
        if base is None and any((one.version or 0) < upload.version for one in complete):
            raise _no_longer_kept(upload)
    else:
        await _refuse_if_swept(connection, upload, current, complete)
        base = current
    columns = _columns(upload, base, current, complete)
    return Removal(withdrawn=version, columns=columns, base=base, current=current, replayed=replayed)


async def _complete_uploads(connection: AsyncConnection, dataset_id: int | None) -> list[UploadRecord]:
    query = select(uploads).where(uploads.c.dataset_id == dataset_id, uploads.c.state == "COMPLETE")
    return [to_record(row) for row in (await connection.execute(query.order_by(uploads.c.version))).mappings()]


async def _table_of(connection: AsyncConnection, dataset_id: int | None, version: int) -> Table | None:
    query = select(versions.c.table_id).where(versions.c.dataset_id == dataset_id, versions.c.number == version)
    table_id = (await connection.execute(query)).scalar()
    return None if table_id is None else await read_table(connection, table_id)


async def _table_before(connection: AsyncConnection, upload: UploadRecord) -> Table | None:
    query = select(versions.c.number).where(
        versions.c.dataset_id == upload.dataset_id,
        versions.c.number < upload.version,
        versions.c.published_at.is_not(None),
        versions.c.removed_at.is_(None),
    )
    number = (await connection.execute(query.order_by(versions.c.number.desc()).limit(1))).scalar()
    return None if number is None else await _table_of(connection, upload.dataset_id, number)


async def _refuse_if_swept(connection: AsyncConnection, upload: UploadRecord, table: Table, complete: Sequence[UploadRecord]) -> None:
    """Rows that an upsert replaced are swept up with the last version that showed them; then it cannot be known what was there before."""
    query = select(row_tables.c.swept_version).where(row_tables.c.id == table.id)
    swept = int((await connection.execute(query)).scalar_one())
    if any(one.mode == "upsert" and (upload.version or 0) <= (one.version or 0) <= swept for one in complete):
        raise _no_longer_kept(upload)


def _no_longer_kept(upload: UploadRecord) -> Conflict:
    return Conflict(
        "not-kept",
        f"Upload {upload.id} cannot be taken out any more: the rows that it replaced are no longer kept (ROWMILL_VERSIONS_KEPT). "
        "Upload what is right with mode=upsert or mode=replace instead.",
    )


def _columns(upload: UploadRecord, base: Table | None, current: Table, complete: Sequence[UploadRecord]) -> tuple[Column, ...]:
    """Without those that only the removed upload has brought."""
    if upload.mode == "replace":
        later = {column.name for one in complete if (one.version or 0) > (upload.version or 0) for column in one.columns}
        brought = tuple(column for column in current.columns if column.name in later)
        if base is None:
            return brought
        return common_columns(base.columns, brought) or (*base.columns, *_new_in(brought, base.columns))
    start = max((one.version or 0 for one in complete if one.mode == "replace"), default=0)
    lineage = [one for one in complete if (one.version or 0) >= start and one.id != upload.id]
    names = {column.name for one in lineage for column in one.columns}
    return tuple(column for column in current.columns if column.name in names)


def _new_in(brought: Sequence[Column], known: Sequence[Column]) -> list[Column]:
    names = {column.name for column in known}
    return [column for column in brought if column.name not in names]
