"""What follows when all chunks of an upload are loaded: are the rejects too many, what becomes of older rows, then the table's indexes.

Rows of an upload with a key are indexed after it only, when it is known which of them readers will see. An upload of one chunk in which
nothing is compared with older rows does not come here: its chunk is judged as it is loaded (`only_chunk.py`).
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.chunks import list_chunks
from backbone.catalog.datasets import read_table
from backbone.catalog.findings import keep_findings, merge_chunk_findings
from backbone.catalog.outbox import Relay, emit
from backbone.catalog.row_targets import meant_by
from backbone.catalog.uploads import (
    UploadRecord,
    changes_columns,
    kept_columns,
    mark_merged,
    merges_rows,
    processing_upload,
    read_upload,
    set_values,
)
from backbone.catalog.versions import view_before
from backbone.errors import Rejected
from backbone.eventlog.events import Event
from backbone.files.port import FileStore
from backbone.findings import Place, Stopped, place
from backbone.lifecycle.completion import emit_when_indexed
from backbone.lifecycle.end_upload import UploadError, end_upload, row_range
from backbone.lifecycle.guards import tell_repeated_keys
from backbone.lifecycle.locks import lock_upload
from backbone.model import MERGING, Table, chunk_of
from backbone.postgres.engine import transaction
from backbone.rows.history import RepeatedKey, RowHistory
from backbone.rows.store import RowStore
from services.parser.judge_load import judge_load
from services.parser.load_chunk import NoLongerWanted
from services.parser.loaded import chunk_loaded
from services.parser.read_again import Rereading, tell_recovered

FEW_ROWS: Final = 10_000


async def merge(event: Event, *, engine: AsyncEngine, files: FileStore, rows: RowStore, history: RowHistory, relay: Relay) -> None:
    """Handles `upload.loaded`. Repeatable: an index that is there stays, and what the upload does to older rows is done once."""
    upload_id = str(event.data["upload_id"])
    async with transaction(engine) as connection:
        upload = await processing_upload(connection, upload_id)
        if upload is None or upload.merged_at is not None or upload.table_id is None:
            return
        if upload.chunks_loaded < upload.chunks_total:  # a late event of a try before this one
            return
        if await judge_load(connection, upload, await merge_chunk_findings(connection, upload_id)) is None:
            return
        table = await read_table(connection, upload.table_id)
    try:
        if changes_columns(upload):
            await _read_again(engine, files, rows, history, upload, table)
        elif merges_rows(upload) or upload.copied_from is not None:
            await _merge_rows(engine, history, upload, table)
    except NoLongerWanted:
        return
    except Rejected as error:
        if not changes_columns(upload):
            raise
        await _fail(engine, upload_id, error)
        relay.wake()
        return
    await rows.index_rows(table)
    async with transaction(engine) as connection:
        if (await read_upload(connection, upload_id, lock=True)).version != upload.version:
            return
        row = await mark_merged(connection, upload_id)
        if row is not None:
            await emit_when_indexed(connection, row)
            if merges_rows(upload):
                await emit(connection, *(chunk_loaded(upload_id, number) for number in range(upload.chunks_total)))
    relay.wake()


async def _read_again(
    engine: AsyncEngine, files: FileStore, rows: RowStore, history: RowHistory, upload: UploadRecord, table: Table
) -> None:
    """As `_merge_rows`, of an upload without a file, which gives columns other types."""
    assert upload.version is not None and upload.dataset_id is not None
    async with transaction(engine) as connection:
        await lock_upload(connection, upload.id, alone=True)
        now = await processing_upload(connection, upload.id)
        if now is None or now.copied_from is None:
            raise NoLongerWanted
        if now.superseded is not None:
            return
        source = await read_table(connection, now.copied_from)
        rereading = Rereading(connection, files, rows, history, source, table)
        recovered, superseded = await rereading.run(now), 0
        if rereading.has_keys:  # a row that had been a reject may supersede one of its key, and be superseded
            before, after = [await history.count_visible(connection, one, upload.version) for one in (source, table)]
            superseded = before + recovered - after
        if await set_values(connection, upload.id, inserted=recovered, superseded=superseded) is None:
            raise NoLongerWanted
        await keep_findings(connection, upload.id, "merge", tell_recovered(recovered))


async def _fail(engine: AsyncEngine, upload_id: str, error: Rejected) -> None:
    async with transaction(engine) as connection:
        if isinstance(error, Stopped):
            await keep_findings(connection, upload_id, "merge", [error.finding])
        await end_upload(connection, upload_id, "FAILED", UploadError(type=error.code, detail=error.detail))


async def _merge_rows(engine: AsyncEngine, history: RowHistory, upload: UploadRecord, table: Table) -> None:
    """In one transaction with the counts: whoever comes second finds them and leaves the rows alone."""
    assert upload.version is not None and upload.dataset_id is not None
    async with transaction(engine) as connection:
        await lock_upload(connection, upload.id, alone=True)
        now = await processing_upload(connection, upload.id)
        if now is None:
            raise NoLongerWanted
        if now.superseded is not None:
            return
        source = None if now.copied_from is None else await read_table(connection, now.copied_from)
        counts: dict[str, Any] = {"superseded": 0}
        meant = meant_by(now, table)
        if now.mode == "replace":
            before = await view_before(connection, upload.dataset_id, upload.dataset, upload.version)
            counts = structs.asdict(await history.compare_replaced(connection, table, upload.version, meant.key, before))
        elif now.mode in MERGING:
            kept = kept_columns(now, table)
            counts = structs.asdict(
                await history.merge(connection, table, upload.version, meant, source, kept, now.mode, row_range(now), now.rows <= FEW_ROWS)
            )
        elif source is not None:
            await history.copy_before(connection, source, table, upload.version)
        repeated = counts.pop("repeated", ())
        if await set_values(connection, upload.id, **counts) is None:
            raise NoLongerWanted
        duplicates = counts.get("duplicates", 0)
        places = await _places(connection, now, repeated)
        await keep_findings(connection, upload.id, "merge", tell_repeated_keys(now.mode, now.key, duplicates, places))


async def _places(connection: AsyncConnection, upload: UploadRecord, repeated: Sequence[RepeatedKey]) -> list[Place]:
    """Where the repeated keys stand in the file: the number of the record, and the key."""
    if not repeated or upload.first_chunk is None:
        return []
    first_records = {row["number"]: row["first_record"] for row in await list_chunks(connection, upload.id)}
    places: list[Place] = []
    for one in repeated:
        chunk, position = chunk_of(one.row)
        places.append(place(record=first_records[chunk - upload.first_chunk] + position, text=one.key))
    return places
