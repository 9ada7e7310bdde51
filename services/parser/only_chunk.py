"""The only chunk of an upload in which nothing is compared with older rows: judged in the transaction that loads it, and published in it too where no
documents are to be made of its rows (`docs/decisions/0048`, `0056`).

For all others this is done by `merge.py`, and by the indexer. A small file costs events and transactions, not rows.
"""

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import step_chunk
from backbone.catalog.findings import as_stored
from backbone.catalog.outbox import emit
from backbone.catalog.uploads import UploadRecord, all_stages_now, changes_columns, mark_ready, merges_rows
from backbone.findings import merge_findings
from backbone.lifecycle.balance import ChunkBalance, differences
from backbone.lifecycle.end_upload import row_range
from backbone.lifecycle.publish_balanced import publish_balanced, rows_expected
from backbone.model import Balance, Chunk
from backbone.rows.store import RowStore
from services.parser.judge_load import Judged, judge_load
from services.parser.loaded import Loaded, chunk_loaded


class Searchable(Struct, frozen=True):
    """What came of it: so many rows, and the upload behind it in the queue of its dataset, where that was started."""

    rows: int
    following: str | None


def is_only(upload: UploadRecord) -> bool:
    """Whether nothing is left to be done to the rows once this chunk is loaded."""
    return upload.chunks_total == 1 and upload.copied_from is None and not merges_rows(upload) and not changes_columns(upload)


async def settle(connection: AsyncConnection, rows: RowStore, chunk: Chunk, loaded: Loaded, *, keeps_documents: bool) -> Searchable | None:
    """Once the upload's counts tell of it, and its row is locked. None: its rows are left to the indexer, or a guard stopped the upload."""
    upload, parsed = loaded.upload, loaded.parsed
    counts = {"rows": parsed.rows, "rejects": len(parsed.rejects), "findings": as_stored(parsed.findings)}
    counted = structs.replace(upload, rows=parsed.rows, rejects=len(parsed.rejects))
    judged = await judge_load(connection, counted, merge_findings(parsed.findings))
    if judged is not None:
        await rows.index_new_rows(connection, loaded.table)
    if judged is not None and not keeps_documents:
        found = await _publish(connection, rows, chunk, loaded, judged)
        await step_chunk(connection, upload.id, chunk.number, "INDEXED", **counts, indexed=found.rows)
        return found
    await step_chunk(connection, upload.id, chunk.number, "LOADED", **counts)
    if judged is not None:
        await mark_ready(connection, upload.id)
        await emit(connection, chunk_loaded(upload.id, chunk.number))
    return None


async def _publish(connection: AsyncConnection, rows: RowStore, chunk: Chunk, loaded: Loaded, judged: Judged) -> Searchable:
    """By the rows that PostgreSQL has of the chunk. Those of before have been counted when their version was published, and nobody writes to them."""
    upload, parsed = judged.upload, loaded.parsed
    assert upload.version is not None
    found = await rows.count_new_rows(connection, loaded.table, upload.version, *row_range(upload))
    expected = rows_expected(upload, judged.rows_before)
    visible = expected - parsed.rows + found
    balance = Balance(
        records=upload.records or 0,
        rows=parsed.rows,
        rejects=len(parsed.rejects),
        documents=found,
        visible_rows=visible,
        visible_documents=visible,
    )
    chunks = [ChunkBalance(chunk.number, chunk.records, parsed.rows, len(parsed.rejects), found)]
    wrong = differences(balance, chunks, expected)
    values = {"chunks_indexed": 1, "indexed": found, **all_stages_now()}
    return Searchable(found, await publish_balanced(connection, rows, upload, loaded.table, balance, wrong, **values))
