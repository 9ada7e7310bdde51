"""Indexes one chunk: reads its rows back from PostgreSQL as documents and puts them into the search index."""

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import claim_chunk, step_chunk
from backbone.catalog.datasets import read_table
from backbone.catalog.outbox import Relay
from backbone.catalog.uploads import UploadRecord, add_counts, processing_upload
from backbone.eventlog.events import Event
from backbone.lifecycle.completion import emit_when_indexed, mark_when_indexed
from backbone.lifecycle.locks import lock_upload
from backbone.metrics import CHUNK_SECONDS, DOCUMENTS
from backbone.model import Table, row_number
from backbone.postgres.engine import transaction
from backbone.rows.document_lines import count_lines
from services.indexer.indexing.put_documents import put_block
from services.indexer.publishing.publish import publish_upload
from services.indexer.stores import Stores


async def index_chunk(event: Event, *, stores: Stores, relay: Relay) -> None:
    """Handles `chunk.loaded`. A chunk that is indexed already, or whose upload has ended, is left alone. The only chunk of an upload is
    followed by its publishing at once, without an event; where that came to nothing, it is tried again with this one."""
    upload_id, number = str(event.data["upload_id"]), int(event.data["chunk"])
    async with transaction(stores.engine) as connection:
        await lock_upload(connection, upload_id, alone=False)
        is_loaded = await claim_chunk(connection, upload_id, number, "LOADED") is not None
        upload = await processing_upload(connection, upload_id)
        if upload is None or upload.table_id is None or upload.first_chunk is None:
            return
        goes_on, documents = upload.chunks_total == 1, 0
        if is_loaded:
            table = await read_table(connection, upload.table_id)
            chunk = upload.first_chunk + number
            with CHUNK_SECONDS.labels("index").time():
                documents = await put_rows(stores, table, row_number(chunk, 0), row_number(chunk + 1, 0))
            goes_on = await _book(connection, upload, number, documents)
    DOCUMENTS.inc(documents)
    if goes_on:
        await publish_upload(upload_id, stores, relay)
    else:
        relay.wake()


async def put_rows(stores: Stores, table: Table, first_row: int, last_row: int) -> int:
    """Puts the rows `first_row <= _row < last_row` into the index and returns how many. Raises `Rejected` when a document is refused."""
    if not stores.keeps_documents(table):
        return await stores.rows.count_rows(table, first_row, last_row)
    await stores.index.create(table)
    count = 0
    async for documents in stores.rows.documents(table, first_row, last_row):
        await put_block(stores.index, table, documents)
        count += count_lines(documents)
    return count


async def _book(connection: AsyncConnection, upload: UploadRecord, number: int, documents: int) -> bool:
    """Whether the upload is to be published in these hands."""
    await step_chunk(connection, upload.id, number, "INDEXED", indexed=documents)
    row = await add_counts(connection, upload.id, indexed=documents, chunks_indexed=1)
    if row is None:
        return False
    if upload.chunks_total == 1:
        return await mark_when_indexed(connection, row)
    await emit_when_indexed(connection, row)
    return False
