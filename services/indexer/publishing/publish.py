"""Publishes a version: checks the balance, then lets every reader see it by one update of one row."""

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import list_chunks
from backbone.catalog.dataset_guards import guards_of
from backbone.catalog.datasets import mark_documents, read_table
from backbone.catalog.findings import all_findings
from backbone.catalog.outbox import Relay
from backbone.catalog.uploads import UploadRecord, keep_balance, merges_rows, processing_upload, read_upload, shown_row, step
from backbone.catalog.versions import current_rows, keep_rows_of
from backbone.errors import Conflict
from backbone.eventlog.events import Event
from backbone.findings import has_warning
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.lifecycle.locks import lock_tables, lock_upload
from backbone.lifecycle.publish import publish_version
from backbone.model import Balance, View
from backbone.postgres.engine import transaction
from services.indexer.publishing.balance import ChunkBalance, differences
from services.indexer.publishing.carry_over import carry_over
from services.indexer.publishing.stage_times import observe_stages
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
        expected = await _rows_before(connection, upload) + _rows_added(upload)
        chunks = [_chunk_balance(row) for row in await list_chunks(connection, upload_id)]
        await carry_over(stores, upload, view.table)
    if not chunks and stores.keeps_documents(view.table):  # nothing has been indexed yet, but the table is read like any other
        await stores.index.create(view.table)
    balance = await _take(stores, upload, view)
    wrong = differences(balance, chunks, expected)
    async with transaction(stores.engine) as connection:
        if wrong:
            detail = f"The balance does not hold, so the version was not published: {'; '.join(wrong)}. Upload the file again."
            await end_upload(connection, upload_id, "FAILED", UploadError(type="out-of-balance", detail=detail))
        else:
            await _publish(stores, connection, upload, view, balance)
        now = await shown_row(connection, upload_id)
    if now["state"] == "COMPLETE":
        observe_stages(now)
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


async def _rows_before(connection: AsyncConnection, upload: UploadRecord) -> int:
    """Rows that the published version shows, which are there in the new one too but for what `replace` leaves behind."""
    if upload.mode == "replace" or upload.dataset_id is None:
        return 0
    return await current_rows(connection, upload.dataset_id)


def _rows_added(upload: UploadRecord) -> int:
    if not merges_rows(upload):
        # Without a file of its own, as one that gives columns other types: rejects of earlier files that have become rows.
        return upload.rows + (upload.inserted or 0) - (upload.superseded or 0)
    brought = (upload.inserted or 0) + (upload.updated or 0) - (upload.superseded or 0)
    return brought + (upload.unchanged or 0) if upload.mode == "replace" else brought  # an upsert leaves equal rows where they are


def _chunk_balance(row: RowMapping) -> ChunkBalance:
    return ChunkBalance(row["number"], row["records"], row["rows"] or 0, row["rejects"] or 0, row["indexed"] or 0)


async def _take(stores: Stores, upload: UploadRecord, view: View) -> Balance:
    await stores.index.refresh(view.table)
    return Balance(
        records=upload.records or 0,
        rows=upload.rows,
        rejects=upload.rejects,
        documents=upload.indexed,
        visible_rows=await stores.rows.count_visible(view),
        visible_documents=await stores.index.count(view),
    )


async def _is_doubtful(connection: AsyncConnection, upload: UploadRecord) -> bool:
    if not has_warning(all_findings(upload.findings)):
        return False
    return upload.options.get("on_warning") == "hold" or (await guards_of(connection, upload)).on_warning == "hold"


async def _publish(stores: Stores, connection: AsyncConnection, balanced: UploadRecord, view: View, balance: Balance) -> None:
    upload = await read_upload(connection, balanced.id)
    if upload.state != "PROCESSING" or upload.version != balanced.version:
        return
    assert upload.dataset_id is not None and upload.version is not None
    await keep_rows_of(connection, upload.dataset_id, upload.version, balance.visible_rows)
    await keep_balance(connection, upload.id, balance)
    if view.table.documents == "coming":
        await mark_documents(connection, view.table, "there")
    try:
        if upload.hold or await _is_doubtful(connection, upload):
            await step(connection, upload.id, "HELD", stage=None)
        else:
            await publish_version(connection, stores.rows, upload)
    except Conflict:  # cancelled a moment ago
        return
