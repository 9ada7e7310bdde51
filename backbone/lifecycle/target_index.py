"""Which search index the table of a load is to have, where there is one that keeps documents: none while the table is small, then one with as many
shards as its rows need. One that has too few gets no more: the rows go into a new table (`target_table.py`), whose index is made for them."""

from sqlalchemy import RowMapping, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import planned_bytes
from backbone.catalog.datasets import mark_documents, mark_shards, read_table
from backbone.catalog.schema import versions
from backbone.catalog.uploads import UploadRecord
from backbone.catalog.versions import current_rows
from backbone.model import Table
from backbone.rows.shards import Size, has_outgrown
from backbone.rows.store import RowStore


async def with_index(
    connection: AsyncConnection,
    rows: RowStore,
    dataset: RowMapping,
    upload: UploadRecord,
    table: Table,
    *,
    longest_row: int,
    copied_from: int | None,
) -> Table:
    """`copied_from`: the table whose rows are to be brought into this one."""
    if table.documents == "old":
        return table
    is_first = not dataset["version"]  # into a new table, then
    before = 0 if upload.mode == "replace" or is_first else await current_rows(connection, dataset["id"])
    if not table.takes_documents and rows.is_small(before + (upload.records or 0), longest_row):
        return table
    has_readers = not is_first and (await connection.execute(select(exists().where(versions.c.table_id == table.id)))).scalar()
    if table.takes_documents and has_readers:
        return table  # and an index, or one that an upload before this one has begun
    source = table if copied_from is None else await read_table(connection, copied_from)
    table = await mark_shards(connection, table, max(table.shards, await _needed(connection, rows, source, before, upload)))
    if table.takes_documents:
        return table
    # Readers of a table search its rows as they lie until the documents of all of them are there, with this version.
    return await mark_documents(connection, table, "coming" if has_readers else "there")


async def outgrows_index(connection: AsyncConnection, rows: RowStore, table: Table, upload: UploadRecord) -> bool:
    """Whether the rows of `upload` make a table so large that it had better be copied into one that has an index with more shards."""
    if not table.takes_documents or upload.dataset_id is None:
        return False
    before = await current_rows(connection, upload.dataset_id)
    return has_outgrown(table.shards, await _needed(connection, rows, table, before, upload))


async def _needed(connection: AsyncConnection, rows: RowStore, source: Table, before: int, upload: UploadRecord) -> int:
    """`before`: rows of `source` that readers see. Superseded ones have documents too, but are counted now and then only."""
    held = await rows.size(connection, source) if before else Size(0, 0)
    brought = Size(upload.records or 0, await planned_bytes(connection, upload.id))
    return rows.shards_for(Size(max(before, held.rows), held.size_bytes) + brought)
