"""Takes an upload out from among the others, so that the dataset is as if it had never been there.

What is left is put together in a new table beside the one that readers see, and indexed; then one transaction switches over. A crash on the
way leaves a table that nobody looks at, which is swept up, and the event comes again.
"""

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import lock_dataset, newest_version
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets, row_tables, uploads, versions
from backbone.catalog.uploads import UploadRecord, kept_columns, read_upload, step
from backbone.errors import Conflict, NotFound
from backbone.eventlog import events
from backbone.eventlog.events import Event
from backbone.lifecycle.end_upload import UploadError, lock_tables
from backbone.lifecycle.publish import withdraw
from backbone.lifecycle.removal_plan import RemovalPlan, plan_removal
from backbone.lifecycle.remove import give_up_removal
from backbone.lifecycle.target_table import new_table
from backbone.lifecycle.upload_queue import is_busy, start_next
from backbone.model import Table, View
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone
from services.indexer.indexing.index_table import index_table


async def remove(backbone: Backbone, event: Event) -> None:
    """Handles `upload.removing`. Repeatable."""
    upload_id = str(event.data["upload_id"])
    async with transaction(backbone.engine) as holding:
        try:
            dataset_id = (await read_upload(holding, upload_id)).dataset_id
        except NotFound:
            return
        assert dataset_id is not None
        await lock_tables(holding, dataset_id)
        async with transaction(backbone.engine) as connection:
            upload = await read_upload(connection, upload_id)
            if upload.state != "COMPLETE" or upload.removing_at is None or await is_busy(connection, dataset_id):
                return
        await _remove(backbone, upload)
    backbone.relay.wake()


async def _remove(backbone: Backbone, upload: UploadRecord) -> None:
    assert upload.dataset_id is not None
    async with transaction(backbone.engine) as connection:
        version = int((await connection.execute(select(datasets.c.version).where(datasets.c.id == upload.dataset_id))).scalar_one())
        number = await newest_version(connection, upload.dataset_id) + 1
        try:
            plan = await plan_removal(connection, upload, version)
        except Conflict as error:  # retention was faster than the request
            await give_up_removal(connection, backbone.rows, upload.id, UploadError(type=error.code, detail=error.detail))
            return
        table = await _replay(backbone, connection, upload, plan) if plan.columns else None
    made = None if table is None else View(dataset=upload.dataset, table=table, version=number)
    rows = None if made is None else await _index(backbone, made)
    async with transaction(backbone.engine) as connection:
        await _switch(backbone, connection, upload, plan, made, rows)


async def _replay(backbone: Backbone, connection: AsyncConnection, upload: UploadRecord, plan: RemovalPlan) -> Table:
    assert upload.dataset_id is not None and upload.version is not None and plan.current is not None
    history = backbone.history
    table = await new_table(connection, backbone.rows, upload.dataset_id, plan.columns, plan.current.layout)
    if plan.base is not None:
        await history.copy_before(connection, plan.base, table, upload.version)
    for one in plan.replayed:
        assert one.version is not None
        kept = kept_columns(one, table)
        await history.copy_version(connection, plan.current, table, one.version, kept)
        if one.mode == "upsert":
            await history.merge(connection, table, one.version, [column for column in table.columns if column.name in one.key], kept=kept)
    return table


async def _index(backbone: Backbone, view: View) -> int:
    """Everything that makes it as fast as what readers have now, before they see it. Returns the rows that they will see."""
    await backbone.rows.index_rows(view.table)
    await index_table(backbone, view.table)
    rows, documents = await backbone.rows.count_visible(view), await backbone.index.count(view)
    if rows != documents:
        raise AssertionError(f"the new table {view.table.name} of {view.dataset} has {rows} rows and {documents} documents")
    return rows


async def _switch(
    backbone: Backbone, connection: AsyncConnection, upload: UploadRecord, plan: RemovalPlan, made: View | None, rows: int | None
) -> None:
    assert upload.dataset_id is not None and upload.version is not None
    await lock_dataset(connection, upload.dataset_id)
    await _withdraw(connection, upload, plan)
    if made is not None and plan.current is not None:
        place = {"dataset_id": upload.dataset_id, "number": made.version, "table_id": made.table.id, "stands_before": plan.replaced_by}
        await connection.execute(insert(versions).values(**place, rows=rows, published_at=func.clock_timestamp()))
        await _move(connection, upload, plan.current, made.table)
    if plan.replaced_by is None:
        shown = made.version if made is not None else 0
        await connection.execute(update(datasets).where(datasets.c.id == upload.dataset_id).values(version=shown))
        await emit(connection, new_event(events.VERSION_PUBLISHED, upload.id, upload_id=upload.id, dataset_id=upload.dataset_id))
    await step(connection, upload.id, "UNDONE", completed_at=func.now(), cleaned_at=func.now(), removing_at=None)
    await emit(connection, new_event(events.VERSIONS_CHANGED, str(upload.dataset_id), dataset_id=upload.dataset_id))
    await start_next(connection, backbone.rows, upload.dataset_id)


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
