"""What the current version is made of: the complete uploads, in order, since the last one that replaced all; and what it takes to have
it without one of them."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.column_types import common_columns
from backbone.catalog.datasets import read_table
from backbone.catalog.schema import row_tables, uploads, versions
from backbone.catalog.uploads import SELECT_RECORD, UploadRecord, changes_columns, to_record
from backbone.catalog.versions import version_before
from backbone.errors import Conflict
from backbone.model import MERGING, Column, Table


class RemovalPlan(Struct, frozen=True, kw_only=True):
    """How to take one upload out. Versions from its own to `withdrawn` are no more. With `columns`, a new table of those gets the rows of
    `base` from before the upload, then those of each upload in `replayed`, from `current`; it is the version in front of `replaced_by`,
    or where no later upload replaced everything, the one that readers see."""

    withdrawn: int
    replaced_by: int | None = None
    columns: tuple[Column, ...] = ()
    base: Table | None = None
    current: Table | None = None
    replayed: tuple[UploadRecord, ...] = ()


async def plan_removal(connection: AsyncConnection, upload: UploadRecord, version: int) -> RemovalPlan:
    """`version` is the dataset's current one. Raises `Conflict` when what is needed for it is no longer kept."""
    assert upload.version is not None and upload.dataset_id is not None
    if changes_columns(upload):
        raise Conflict(
            "no-file", f"Upload {upload.id} brought other types and no rows. Undo it while it is the newest, or change the types back."
        )
    complete = await _complete_uploads(connection, upload.dataset_id)
    replaced_by = next((one.version for one in complete if one.mode == "replace" and (one.version or 0) > upload.version), None)
    if replaced_by is None:
        return await _rebuild(connection, upload, version, complete, RemovalPlan(withdrawn=version))
    hidden = RemovalPlan(withdrawn=replaced_by - 1, replaced_by=replaced_by)
    last = await version_before(connection, upload.dataset_id, replaced_by)
    if last is None or last["removed_why"] is not None:
        return hidden  # nobody can go back to where it still counts
    return await _rebuild(connection, upload, last["number"], [one for one in complete if (one.version or 0) < replaced_by], hidden)


async def _rebuild(
    connection: AsyncConnection, upload: UploadRecord, version: int, complete: Sequence[UploadRecord], removal: RemovalPlan
) -> RemovalPlan:
    """`complete` are the uploads of which `version` is made."""
    assert upload.version is not None and upload.dataset_id is not None
    if all(one.id == upload.id for one in complete):
        return removal
    current = await _table_of(connection, upload.dataset_id, version)
    assert current is not None
    if upload.mode == "replace":
        base = await _table_before(connection, upload, complete)
    else:
        await _refuse_if_swept(connection, upload, current, complete)
        base = current
    return msgspec.structs.replace(
        removal,
        columns=_columns(upload, base, current, complete),
        base=base,
        current=current,
        replayed=tuple(one for one in complete if (one.version or 0) > upload.version),
    )


async def lineage_of(connection: AsyncConnection, dataset_id: int, version: int) -> list[UploadRecord]:
    """The complete uploads of which a version is made, in order: since the last one that replaced all."""
    complete = [one for one in await _complete_uploads(connection, dataset_id) if (one.version or 0) <= version]
    start = max((one.version or 0 for one in complete if one.mode == "replace"), default=0)
    return [one for one in complete if (one.version or 0) >= start]


async def _complete_uploads(connection: AsyncConnection, dataset_id: int | None) -> list[UploadRecord]:
    """Those that brought rows."""
    query = SELECT_RECORD.where(uploads.c.dataset_id == dataset_id, uploads.c.state == "COMPLETE")
    records = [to_record(row) for row in (await connection.execute(query.order_by(uploads.c.version))).mappings()]
    return [record for record in records if not changes_columns(record)]


async def _table_of(connection: AsyncConnection, dataset_id: int | None, version: int) -> Table | None:
    query = select(versions.c.table_id).where(versions.c.dataset_id == dataset_id, versions.c.number == version)
    table_id = (await connection.execute(query)).scalar()
    return None if table_id is None else await read_table(connection, table_id)


async def _table_before(connection: AsyncConnection, upload: UploadRecord, complete: Sequence[UploadRecord]) -> Table | None:
    assert upload.version is not None and upload.dataset_id is not None
    if all((one.version or 0) >= upload.version for one in complete):
        return None
    before = await version_before(connection, upload.dataset_id, upload.version)
    if before is None or before["removed_why"] is not None:
        raise _no_longer_kept(upload)
    return await read_table(connection, before["table_id"])


async def _refuse_if_swept(connection: AsyncConnection, upload: UploadRecord, table: Table, complete: Sequence[UploadRecord]) -> None:
    """Rows that an upsert replaced are swept up with the last version that showed them; then it cannot be known what was there before."""
    query = select(row_tables.c.swept_version).where(row_tables.c.id == table.id)
    swept = int((await connection.execute(query)).scalar_one())
    if any(one.mode in MERGING and (upload.version or 0) <= (one.version or 0) <= swept for one in complete):
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
        return common_columns(base.columns, brought)
    start = max((one.version or 0 for one in complete if one.mode == "replace"), default=0)
    lineage = [one for one in complete if (one.version or 0) >= start and one.id != upload.id]
    names = {column.name for one in lineage for column in one.columns}
    return tuple(column for column in current.columns if column.name in names)
