"""A version becomes what readers see, or is no more: one update of the dataset's row, in the caller's transaction."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note_upload
from backbone.catalog.datasets import lock_dataset, read_table
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets, row_tables, uploads, versions
from backbone.catalog.source_runs import request_after_upload, request_rest
from backbone.catalog.states import UNDER_WAY
from backbone.catalog.uploads import UploadRecord, adds_columns, changes_columns, step
from backbone.catalog.versions import note_published, show_version, version_before
from backbone.errors import Conflict
from backbone.eventlog import events
from backbone.lifecycle.end_upload import end_upload
from backbone.lifecycle.upload_queue import start_next_of
from backbone.postgres.named_update import CLOCK
from backbone.rows.store import RowStore


async def publish_version(
    connection: AsyncConnection, rows: RowStore, upload: UploadRecord, *, shows: int | None = None, **values: Any
) -> str | None:
    """Makes the upload COMPLETE and its version the one that readers see. The id of the upload that waited behind it and was started. `shows`: so
    many rows, where that is not noted yet; `values` are set with the upload's state. Raises `Conflict` from another state than PROCESSING or HELD,
    and has done nothing then."""
    assert upload.dataset_id is not None and upload.version is not None
    await step(connection, upload.id, "COMPLETE", stage=None, completed_at=CLOCK, **values)
    dataset = await show_version(connection, upload.dataset_id, upload.version)
    await note_published(connection, upload.dataset_id, upload.version, **({} if shows is None else {"rows": shows}))
    if upload.copied_from is not None and not changes_columns(upload):  # whose rows are others than the older versions have
        await _move_older_versions(connection, upload)
    await note_upload(connection, "upload.published", upload.id, version=upload.version)
    if not adds_columns(upload):  # an enrichment follows uploads, and never itself or another one
        await request_after_upload(connection, upload.dataset if dataset is None else dataset["name"])  # another since the upload was read
    elif (await connection.execute(select(uploads.c.missing).where(uploads.c.id == upload.id))).scalar():
        await request_rest(connection, upload.id)  # rows that somebody has changed since they were read
    await emit(connection, new_event(events.VERSION_PUBLISHED, upload.id, upload_id=upload.id, dataset_id=upload.dataset_id))
    return None if dataset is None else await start_next_of(connection, rows, dataset)


async def _move_older_versions(connection: AsyncConnection, upload: UploadRecord) -> None:
    """They show the same rows in the copy, unless it has other types; then nothing needs the table that it was made from."""
    assert upload.copied_from is not None and upload.table_id is not None
    old, new = await read_table(connection, upload.copied_from), await read_table(connection, upload.table_id)
    if any((was.type, was.format) != (is_.type, is_.format) for was, is_ in zip(old.columns, new.columns, strict=False)):
        return
    for holders in (versions, uploads):
        await connection.execute(update(holders).where(holders.c.table_id == old.id).values(table_id=new.id))
    swept = select(row_tables.c.swept_version).where(row_tables.c.id == old.id).scalar_subquery()
    await connection.execute(update(row_tables).where(row_tables.c.id == new.id).values(swept_version=swept))


async def undo_version(connection: AsyncConnection, upload: UploadRecord) -> None:
    """Goes back to the version before, at once; the cleaning follows. Raises `Conflict`."""
    if upload.dataset_id is None or upload.state != "COMPLETE":
        raise Conflict("wrong-state", f"Upload {upload.id} is {upload.state}; only a COMPLETE one can be undone.", state=upload.state)
    dataset = await lock_dataset(connection, upload.dataset_id)
    assert dataset is not None
    if dataset["version"] != upload.version:
        raise Conflict(
            "not-newest",
            f"Upload {upload.id} made version {upload.version}, and the dataset stands at {dataset['version']}. Undo the newer uploads first, "
            f"or DELETE /api/uploads/{upload.id} takes this one out from among them.",
        )
    await refuse_while_busy(connection, upload.dataset_id)
    before = await _version_before(connection, upload)
    await withdraw(connection, upload.dataset_id, upload.version, upload.version, "undone")
    await connection.execute(update(datasets).where(datasets.c.id == upload.dataset_id).values(version=before))
    its_own_place = (versions.c.dataset_id == upload.dataset_id, versions.c.number == before)
    await connection.execute(update(versions).where(*its_own_place).values(stands_before=None))  # all that comes now stands behind it
    await end_upload(connection, upload.id, "UNDONE")


async def withdraw(connection: AsyncConnection, dataset_id: int, first: int | None, last: int | None, why: str) -> None:
    """Versions from `first` to `last` are no more; their numbers are not used again. Those that stand elsewhere than their number says
    are not meant."""
    in_line = versions.c.number.between(first, last) & versions.c.stands_before.is_(None)
    them = (versions.c.dataset_id == dataset_id, in_line, versions.c.removed_at.is_(None))
    await connection.execute(update(versions).where(*them).values(removed_at=func.now(), removed_why=why))


async def refuse_while_busy(connection: AsyncConnection, dataset_id: int) -> None:
    """Raises `Conflict` while another upload builds on the version that is to change."""
    query = select(uploads.c.id, uploads.c.state).where(
        uploads.c.dataset_id == dataset_id,
        uploads.c.state.in_(UNDER_WAY) | uploads.c.removing_at.is_not(None) & (uploads.c.state == "COMPLETE"),
    )
    busy = (await connection.execute(query.limit(1))).mappings().first()
    if busy is not None:
        raise Conflict(
            "dataset-busy",
            f"Upload {busy['id']} to this dataset is {busy['state'] if busy['state'] != 'COMPLETE' else 'being removed'}. "
            "Wait until it has ended, or end it (cancel, publish or discard), and try again.",
            upload=busy["id"],
        )


async def _version_before(connection: AsyncConnection, upload: UploadRecord) -> int:
    """0 when there was none. Raises `Conflict` when there was one that is no longer kept."""
    assert upload.dataset_id is not None and upload.version is not None
    before = await version_before(connection, upload.dataset_id, upload.version)
    if before is not None and before["removed_why"] is not None:
        raise Conflict("not-kept", f"Version {before['number']}, to which this would go back, is no longer kept (ROWMILL_VERSIONS_KEPT).")
    return int(before["number"]) if before is not None else 0
