"""Publishes a version: checks the balance, then lets every reader see it by one update of one row."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import list_chunks
from backbone.catalog.datasets import lock_dataset, read_table
from backbone.catalog.outbox import Relay
from backbone.catalog.uploads import UploadRecord, changes_columns, merges_rows, processing_upload, read_upload, stage_moments
from backbone.catalog.versions import current_rows
from backbone.errors import Conflict
from backbone.eventlog.events import Event
from backbone.lifecycle.balance import ChunkBalance, differences
from backbone.lifecycle.end_upload import row_range
from backbone.lifecycle.locks import lock_tables, lock_upload
from backbone.lifecycle.publish_balanced import publish_balanced, rows_expected
from backbone.lifecycle.stage_times import observe_stages
from backbone.model import Balance, Table, View
from backbone.postgres.engine import transaction
from services.indexer.publishing.carry_over import carry_over
from services.indexer.stores import Stores


async def publish(event: Event, *, stores: Stores, relay: Relay) -> None:
    """Handles `upload.indexed`."""
    await publish_upload(str(event.data["upload_id"]), stores, relay)


async def publish_upload(upload_id: str, stores: Stores, relay: Relay) -> None:
    """An upload that is no longer PROCESSING, or not ready, is left alone."""
    async with transaction(stores.engine) as connection:
        await _keep_sweeps_away(stores, connection, upload_id)
        await lock_upload(connection, upload_id, alone=False)
        upload = await processing_upload(connection, upload_id)
        if upload is None or upload.merged_at is None or upload.chunks_indexed < upload.chunks_total:  # late, of a try before this one
            return
        view = await _view(connection, upload)
        assert upload.dataset_id is not None
        before = await current_rows(connection, upload.dataset_id)
        chunks = [_chunk_balance(row) for row in await list_chunks(connection, upload_id)]
        await carry_over(stores, upload, view.table)
    if not chunks and stores.keeps_documents(view.table):  # nothing has been indexed yet, but the table is read like any other
        await stores.index.create(view.table)
    balance = await _take(stores, upload, view, before)
    wrong = differences(balance, chunks, rows_expected(upload, before))
    async with transaction(stores.engine) as connection:
        await _publish(stores, connection, upload, view, balance, wrong)
        moments = await stage_moments(connection, upload_id)
    observe_stages(moments)
    relay.wake()


async def _keep_sweeps_away(stores: Stores, connection: AsyncConnection, upload_id: str) -> None:
    """While older rows get their documents: one of a row that goes meanwhile would be nobody's."""
    if not stores.index.keeps_documents:
        return
    upload = await processing_upload(connection, upload_id)
    if upload is None or upload.table_id is None or upload.dataset_id is None:
        return
    table = await read_table(connection, upload.table_id)
    if stores.keeps_documents(table) and table.documents == "coming":
        await lock_tables(connection, upload.dataset_id)


async def _view(connection: AsyncConnection, upload: UploadRecord) -> View:
    assert upload.table_id is not None and upload.version is not None
    return View(dataset=upload.dataset, table=await read_table(connection, upload.table_id), version=upload.version)


def _chunk_balance(row: RowMapping) -> ChunkBalance:
    return ChunkBalance(row["number"], row["records"], row["rows"] or 0, row["rejects"] or 0, row["indexed"] or 0)


async def _take(stores: Stores, upload: UploadRecord, view: View, rows_before: int) -> Balance:
    """Where the index has no documents of the table, it is the rows: they are not counted twice."""
    await stores.index.refresh(view.table)
    if _only_adds(upload, view.table):
        # Those of before have been counted when their version was published, and nobody writes to them.
        rows = rows_before + await stores.rows.count_rows(view.table, *row_range(upload))
    else:
        rows = await stores.rows.count_visible(view)
    # All of them: what an upload that failed had sent may have come late, and would be seen from here on.
    documents = await stores.index.count(view) if stores.keeps_documents(view.table) else rows
    return Balance(
        records=upload.records or 0,
        rows=upload.rows,
        rejects=upload.rejects,
        documents=upload.indexed,
        visible_rows=rows,
        visible_documents=documents,
    )


def _only_adds(upload: UploadRecord, table: Table) -> bool:
    """Whether all older rows are as the version before had them."""
    adds = upload.mode == "append" and not merges_rows(upload) and not changes_columns(upload)
    return adds and upload.copied_from is None and table.documents != "coming"


async def _publish(
    stores: Stores, connection: AsyncConnection, balanced: UploadRecord, view: View, balance: Balance, wrong: Sequence[str]
) -> None:
    assert balanced.dataset_id is not None
    await lock_dataset(connection, balanced.dataset_id)
    upload = await read_upload(connection, balanced.id)
    if upload.state != "PROCESSING" or upload.version != balanced.version:
        return
    with suppress(Conflict):  # cancelled a moment ago
        await publish_balanced(connection, stores.rows, upload, view.table, balance, wrong)
