"""Loads one chunk: reads its bytes, parses them, and commits its rows, its rejects and its new state in one transaction."""

import asyncio
from collections import Counter
from time import monotonic
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.chunks import claim_chunk, keep_rejects, step_chunk
from backbone.catalog.datasets import lock_dataset, read_table
from backbone.catalog.findings import as_stored
from backbone.catalog.outbox import Relay, emit, new_event
from backbone.catalog.uploads import UploadRecord, add_counts, mark_loaded, merges_rows, processing_upload, stage_moments
from backbone.eventlog import events
from backbone.eventlog.events import Event
from backbone.files.port import FileStore
from backbone.lifecycle.stage_times import observe_stages
from backbone.metrics import CHUNK_SECONDS, DOCUMENTS, PARSED_BYTES, REJECTS, ROWS
from backbone.model import Chunk, Dialect, Table
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.runtime.backoff import RateLimiter
from services.parser.loaded import Loaded, chunk_loaded
from services.parser.only_chunk import Searchable, is_only, settle
from services.parser.parse_chunk import ParsedChunk, parse_chunk

GOES_ON_S: Final = 2.0  # then those behind it come by their own events, and others have their turn
GOES_ON_BYTES_MAX: Final = 1024 * 1024  # a larger one takes longer than its event does
OVERSIZED_BYTES_READ: Final = 64 * 1024  # of a record beyond the limit, for its reject


log = structlog.get_logger()


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
    keeps_documents: bool,
) -> None:
    """Handles `chunk.planned`. A chunk that is loaded already, or whose upload has ended, is left alone. `keeps_documents`: whether there is a
    search index that has documents of its own.

    Where that has published the upload and started the one behind it, it goes on with that one: its own event finds it done."""

    async def load(upload_id: str, number: int, *, goes_on: bool = False) -> str | None:
        """The upload that was started behind it."""
        await pace.wait()  # with nothing in hand: neither a connection nor a lock
        try:
            async with transaction(engine) as connection:
                chunk = await claim_chunk(connection, upload_id, number, "PLANNED", waits=not goes_on)
                if chunk is None or (goes_on and chunk.length > GOES_ON_BYTES_MAX):
                    return None
                pace.spend(chunk.records)
                loaded = await _load(connection, files, rows, upload_id, chunk, only=goes_on)
                searchable = await _record(connection, rows, chunk, loaded, rejects_kept_max, keeps_documents=keeps_documents)
                moments = None if searchable is None else await stage_moments(connection, upload_id)
        except NoLongerWanted:
            return None
        _count(chunk, loaded.parsed)
        if searchable is not None and moments is not None:
            DOCUMENTS.inc(searchable.rows)
            observe_stages(moments)
        relay.wake()
        return None if searchable is None else searchable.following

    following = await load(str(event.data["upload_id"]), int(event.data["chunk"]))
    until = monotonic() + GOES_ON_S
    while following is not None and monotonic() < until:
        with structlog.contextvars.bound_contextvars(upload_id=following):
            try:
                following = await load(following, 0, goes_on=True)
            except Exception as error:  # of another upload, whose own event meets the same and is judged by it
                log.info("the upload behind is left to its own event", exc_info=error)
                return


async def _load(connection: AsyncConnection, files: FileStore, rows: RowStore, upload_id: str, chunk: Chunk, *, only: bool) -> Loaded:
    """`only`: no chunk of an upload that has others, or rows of before, to be looked at."""
    upload = await processing_upload(connection, upload_id)
    if upload is None or upload.table_id is None or (only and not is_only(upload)):
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
    return Loaded(upload, table, parsed)


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


async def _record(
    connection: AsyncConnection, rows: RowStore, chunk: Chunk, loaded: Loaded, rejects_kept_max: int, *, keeps_documents: bool
) -> Searchable | None:
    """None where it is left to the indexer to make its rows searchable.

    Counts last: the upload's row is locked from here to the commit, and all chunks of the upload pass through it."""
    upload, parsed = loaded.upload, loaded.parsed
    rejects_left = max(0, rejects_kept_max - upload.rejects)
    await keep_rejects(connection, upload.id, chunk.number, parsed.rejects[:rejects_left])
    is_alone = is_only(upload)
    if not is_alone:
        findings = as_stored(parsed.findings)
        await step_chunk(connection, upload.id, chunk.number, "LOADED", rows=parsed.rows, rejects=len(parsed.rejects), findings=findings)
    elif upload.dataset_id is not None:  # before the upload's row, as who removes the dataset does: it may be published here
        await lock_dataset(connection, upload.dataset_id)
    row = await add_counts(connection, upload.id, rows=parsed.rows, rejects=len(parsed.rejects), chunks_loaded=1)
    if row is None:
        raise NoLongerWanted
    if is_alone:
        return await settle(connection, rows, chunk, loaded, keeps_documents=keeps_documents and loaded.table.takes_documents)
    if not merges_rows(upload):  # which of its rows stay is known after the merge
        await emit(connection, chunk_loaded(upload.id, chunk.number))
    if row["chunks_loaded"] == row["chunks_total"]:
        await mark_loaded(connection, upload.id)
        await emit(connection, new_event(events.UPLOAD_LOADED, upload.id, upload_id=upload.id))
    return None
