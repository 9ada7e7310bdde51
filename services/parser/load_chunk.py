"""Loads one chunk: reads its bytes, parses them, and commits its rows, its rejects and its new state in one transaction."""

import asyncio
from collections import Counter
from typing import Final

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.chunks import claim_chunk, keep_rejects, step_chunk
from backbone.catalog.datasets import read_table
from backbone.catalog.findings import as_stored
from backbone.catalog.outbox import Relay, emit, new_event
from backbone.catalog.uploads import UploadRecord, add_counts, changes_columns, mark_loaded, mark_ready, merges_rows, processing_upload
from backbone.eventlog import events
from backbone.eventlog.events import Event
from backbone.files.port import FileStore
from backbone.findings import merge_findings
from backbone.metrics import CHUNK_SECONDS, PARSED_BYTES, REJECTS, ROWS
from backbone.model import Chunk, Dialect, Table
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.runtime.backoff import RateLimiter
from services.parser.judge_load import judge_load
from services.parser.parse_chunk import ParsedChunk, parse_chunk

OVERSIZED_BYTES_READ: Final = 64 * 1024  # of a record beyond the limit, for its reject


class NoLongerWanted(Exception):  # noqa: N818
    """The upload ended while we worked: everything of this transaction is to be forgotten."""


async def load_chunk(
    event: Event,
    *,
    engine: AsyncEngine,
    files: FileStore,
    rows: RowStore,
    relay: Relay,
    pace: RateLimiter,
    rejects_kept_max: int,
) -> None:
    """Handles `chunk.planned`. A chunk that is loaded already, or whose upload has ended, is left alone."""
    await pace.wait()  # with nothing in hand: neither a connection nor a lock
    upload_id, number = str(event.data["upload_id"]), int(event.data["chunk"])
    try:
        async with transaction(engine) as connection:
            chunk = await claim_chunk(connection, upload_id, number, "PLANNED")
            if chunk is None:
                return
            pace.spend(chunk.records)
            loaded = await _load(connection, files, rows, upload_id, chunk)
            await _record(connection, rows, chunk, loaded, rejects_kept_max)
    except NoLongerWanted:
        return
    _count(chunk, loaded.parsed)
    relay.wake()


class _Loaded(Struct, frozen=True):
    upload: UploadRecord
    table: Table
    parsed: ParsedChunk


async def _load(connection: AsyncConnection, files: FileStore, rows: RowStore, upload_id: str, chunk: Chunk) -> _Loaded:
    upload = await processing_upload(connection, upload_id)
    if upload is None or upload.table_id is None:
        raise NoLongerWanted
    table = await read_table(connection, upload.table_id)
    with CHUNK_SECONDS.labels("read").time():
        data = await read_chunk(files, upload, chunk)
    with CHUNK_SECONDS.labels("parse").time():
        parsed = await asyncio.to_thread(parse, data, chunk, upload, table)
    with CHUNK_SECONDS.labels("copy").time():
        copied = await rows.copy_rows(connection, table, parsed.payload) if parsed.rows else 0
    if copied != parsed.rows:
        raise AssertionError(f"PostgreSQL took {copied} of {parsed.rows} rows of chunk {chunk.number} of upload {upload_id}")
    return _Loaded(upload, table, parsed)


async def read_chunk(files: FileStore, upload: UploadRecord, chunk: Chunk) -> bytes:
    """Of an oversized one only its beginning. Raises `NotFound`, `Unavailable`."""
    length = min(chunk.length, OVERSIZED_BYTES_READ) if chunk.oversized else chunk.length
    return await files.read(upload.reading_key or upload.file_key, chunk.offset, length)


def _count(chunk: Chunk, parsed: ParsedChunk) -> None:
    PARSED_BYTES.inc(chunk.length)
    ROWS.inc(parsed.rows)
    for reason, count in Counter(reject.reason for reject in parsed.rejects).items():
        REJECTS.labels(reason).inc(count)


def parse(data: bytes, chunk: Chunk, upload: UploadRecord, table: Table, *, exactly: bool = False) -> ParsedChunk:
    """As `parse_chunk`, which raises."""
    assert upload.version is not None and upload.first_chunk is not None
    return parse_chunk(
        data,
        chunk=chunk,
        dialect=upload.dialect or Dialect(),
        columns=upload.columns,
        table=table,
        version=upload.version,
        table_chunk=upload.first_chunk + chunk.number,
        key=upload.key,
        exactly=exactly,
    )


def chunk_loaded(upload_id: str, number: int) -> Event:
    return new_event(events.CHUNK_LOADED, f"{upload_id}/{number}", upload_id=upload_id, chunk=number)


async def _record(connection: AsyncConnection, rows: RowStore, chunk: Chunk, loaded: _Loaded, rejects_kept_max: int) -> None:
    """Counts last: the upload's row is locked from here to the commit, and all chunks of the upload pass through it."""
    upload, parsed = loaded.upload, loaded.parsed
    rejects_left = max(0, rejects_kept_max - upload.rejects)
    await keep_rejects(connection, upload.id, chunk.number, parsed.rejects[:rejects_left])
    findings = as_stored(parsed.findings)
    await step_chunk(connection, upload.id, chunk.number, "LOADED", rows=parsed.rows, rejects=len(parsed.rejects), findings=findings)
    row = await add_counts(connection, upload.id, rows=parsed.rows, rejects=len(parsed.rejects), chunks_loaded=1)
    if row is None:
        raise NoLongerWanted
    if _is_all(upload):
        await _settle(connection, rows, loaded)
        return
    if not merges_rows(upload):  # which of its rows stay is known after the merge
        await emit(connection, chunk_loaded(upload.id, chunk.number))
    if row["chunks_loaded"] == row["chunks_total"]:
        await mark_loaded(connection, upload.id)
        await emit(connection, new_event(events.UPLOAD_LOADED, upload.id, upload_id=upload.id))


def _is_all(upload: UploadRecord) -> bool:
    """Whether nothing is left to be done to the rows once this chunk is loaded."""
    return upload.chunks_total == 1 and upload.copied_from is None and not merges_rows(upload) and not changes_columns(upload)


async def _settle(connection: AsyncConnection, rows: RowStore, loaded: _Loaded) -> None:
    """What `merge` does for the others, without an event and two transactions, which cost a small file more than its rows do."""
    upload, parsed = loaded.upload, loaded.parsed
    counted = structs.replace(upload, rows=parsed.rows, rejects=len(parsed.rejects))
    if await judge_load(connection, counted, merge_findings(parsed.findings)):
        await rows.index_new_rows(connection, loaded.table)
        await mark_ready(connection, upload.id)
        await emit(connection, chunk_loaded(upload.id, 0))
