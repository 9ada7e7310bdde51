"""The one transaction that takes a complete upload out: its versions are no more, and what was put together without it takes their place."""

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import lock_dataset
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets, row_tables, uploads, versions
from backbone.catalog.uploads import UploadRecord, step
from backbone.eventlog import events
from backbone.lifecycle.publish import withdraw
from backbone.lifecycle.removal_plan import RemovalPlan
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Table, View
from backbone.rows.store import RowStore


async def switch_over(
    connection: AsyncConnection, store: RowStore, upload: UploadRecord, plan: RemovalPlan, replayed: View | None, rows: int | None
) -> None:
    """`replayed` is the new version, of so many `rows`; None where nothing is left to show."""
    assert upload.dataset_id is not None and upload.version is not None
    await lock_dataset(connection, upload.dataset_id)
    await _withdraw(connection, upload, plan)
    if replayed is not None and plan.current is not None:
        version = {"dataset_id": upload.dataset_id, "number": replayed.version, "table_id": replayed.table.id}
        published = {"stands_before": plan.replaced_by, "rows": rows, "published_at": func.clock_timestamp()}
        await connection.execute(insert(versions).values(**version, **published))
        await _move(connection, upload, plan.current, replayed.table)
    if plan.replaced_by is None:
        shown = replayed.version if replayed is not None else 0
        await connection.execute(update(datasets).where(datasets.c.id == upload.dataset_id).values(version=shown))
        await emit(connection, new_event(events.VERSION_PUBLISHED, upload.id, upload_id=upload.id, dataset_id=upload.dataset_id))
    await step(connection, upload.id, "UNDONE", completed_at=func.now(), cleaned_at=func.now(), removing_at=None)
    await emit(connection, new_event(events.VERSIONS_CHANGED, str(upload.dataset_id), dataset_id=upload.dataset_id))
    await start_next(connection, store, upload.dataset_id)


async def _withdraw(connection: AsyncConnection, upload: UploadRecord, plan: RemovalPlan) -> None:
    """Also what earlier removals have put in front of the same replace: it was made with this upload. What stood in front of this very
    upload stands in line now, where the removal of another one finds it."""
    assert upload.dataset_id is not None
    await withdraw(connection, upload.dataset_id, upload.version, plan.withdrawn, "withdrawn")
    in_front = (versions.c.dataset_id == upload.dataset_id, versions.c.stands_before == upload.version)
    await connection.execute(update(versions).where(*in_front).values(stands_before=None))
    if plan.replaced_by is not None:
        them = (versions.c.dataset_id == upload.dataset_id, versions.c.stands_before == plan.replaced_by, versions.c.removed_at.is_(None))
        await connection.execute(update(versions).where(*them).values(removed_at=func.now(), removed_why="withdrawn"))


async def _move(connection: AsyncConnection, upload: UploadRecord, old: Table, table: Table) -> None:
    """Versions from before the upload show the same rows in the new table; then nothing needs the old one."""
    before = (versions.c.table_id == old.id, versions.c.number < upload.version, versions.c.removed_at.is_(None))
    await connection.execute(update(versions).where(*before).values(table_id=table.id))
    await connection.execute(update(uploads).where(uploads.c.table_id == old.id).values(table_id=table.id))
    swept = select(row_tables.c.swept_version).where(row_tables.c.id == old.id).scalar_subquery()
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(swept_version=swept))
