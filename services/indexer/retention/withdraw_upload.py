"""Takes an upload out from among the others, so that the dataset is as if it had never been there.

What is left is put together in a new table beside the one that readers see, and indexed; then one transaction switches over. A crash on the
way leaves a table that nobody looks at, which is swept up, and the event comes again.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import current_version, newest_version
from backbone.catalog.outbox import Relay
from backbone.catalog.row_targets import meant_by
from backbone.catalog.uploads import UploadRecord, kept_columns, read_upload
from backbone.errors import Conflict, NotFound
from backbone.eventlog.events import Event
from backbone.lifecycle.end_upload import UploadError
from backbone.lifecycle.locks import lock_tables
from backbone.lifecycle.removal_plan import RemovalPlan, plan_removal
from backbone.lifecycle.remove import give_up_removal
from backbone.lifecycle.target_table import new_table
from backbone.lifecycle.upload_queue import is_busy
from backbone.lifecycle.withdraw_upload import switch_over
from backbone.model import MERGING, Table, View
from backbone.postgres.engine import transaction
from services.indexer.indexing.index_table import index_table
from services.indexer.stores import Stores


async def withdraw_upload(event: Event, *, stores: Stores, relay: Relay) -> None:
    """Handles `upload.removing`. Repeatable."""
    upload_id = str(event.data["upload_id"])
    async with transaction(stores.engine) as lock:
        try:
            dataset_id = (await read_upload(lock, upload_id)).dataset_id
        except NotFound:
            return
        assert dataset_id is not None
        await lock_tables(lock, dataset_id)
        async with transaction(stores.engine) as connection:
            upload = await read_upload(connection, upload_id)
            if upload.state != "COMPLETE" or upload.removing_at is None or await is_busy(connection, dataset_id):
                return
        await _withdraw(stores, upload)
    relay.wake()


async def _withdraw(stores: Stores, upload: UploadRecord) -> None:
    assert upload.dataset_id is not None
    async with transaction(stores.engine) as connection:
        version = await current_version(connection, upload.dataset_id)
        number = await newest_version(connection, upload.dataset_id) + 1
        try:
            plan = await plan_removal(connection, upload, version)
        except Conflict as error:  # retention was faster than the request
            await give_up_removal(connection, stores.rows, upload.id, UploadError(type=error.code, detail=error.detail))
            return
        table = await _replay(stores, connection, upload, plan) if plan.columns else None
    replayed = None if table is None else View(dataset=upload.dataset, table=table, version=number)
    rows = None if replayed is None else await _index(stores, replayed)
    async with transaction(stores.engine) as connection:
        await switch_over(connection, stores.rows, upload, plan, replayed, rows)


async def _replay(stores: Stores, connection: AsyncConnection, upload: UploadRecord, plan: RemovalPlan) -> Table:
    assert upload.dataset_id is not None and upload.version is not None and plan.current is not None
    history = stores.history
    sources = [plan.current] if plan.base in (None, plan.current) else [plan.base, plan.current]
    table = await new_table(connection, stores.rows, upload.dataset_id, plan.columns, plan.current.layout, heir_of=sources)
    if plan.base is not None:
        await history.copy_before(connection, plan.base, table, upload.version)
    for one in plan.replayed:
        assert one.version is not None
        kept = kept_columns(one, table)
        await history.copy_version(connection, plan.current, table, one.version, kept)
        if one.mode in MERGING:
            await history.merge(connection, table, one.version, meant_by(one, table), kept=kept, mode=one.mode)
    return table


async def _index(stores: Stores, view: View) -> int:
    """Everything that makes it as fast as what readers have now, before they see it. Returns the rows that they will see."""
    await stores.rows.index_rows(view.table)
    await index_table(stores, view.table, view.version)
    rows, documents = await stores.rows.count_visible(view), await stores.index.count(view)
    if rows != documents:
        raise AssertionError(f"the new table {view.table.name} of {view.dataset} has {rows} rows and {documents} documents")
    return rows
