"""Mends a dataset's search index from PostgreSQL while readers go on: what is missing or other is put again, what has no row is deleted.

Documents are overwritten with what they should be and nothing else is touched, so a reader sees whole versions at any moment.
"""

import asyncio
from contextlib import aclosing
from typing import Final

from msgspec import Struct

from backbone.catalog.inventory import chunks_of, gaps_between, read_inventory
from backbone.lifecycle.freeze import freeze_dataset
from backbone.model import ROWS_FROM, ROWS_PER_CHUNK_BITS, ROWS_TO, Table, row_number
from backbone.postgres.engine import transaction
from backbone.rows.document_lines import id_lines
from services.indexer.audit.compare import Lens, differing, lens_of
from services.indexer.indexing.index_chunk import put_rows
from services.indexer.stores import Stores

Ends = tuple[int, int]  # the first row, and one behind the last
TRY_AGAIN_S: Final = 0.5
DELETIONS_AT_A_TIME: Final = 1000


class Repaired(Struct, frozen=True):
    put: int  # documents put again, equal ones of the same chunk too
    deleted: int


async def repair(stores: Stores, dataset: str) -> Repaired:
    """Waits where an upsert, an undo or a cleaning of this dataset is under way. Raises `NotFound`, `Rejected`, `Unavailable`."""
    put = deleted = 0
    if not stores.index.keeps_documents:
        return Repaired(0, 0)
    async with transaction(stores.engine) as connection:
        inventory = await read_inventory(connection, dataset)
    chunks = sorted({chunk for upload in inventory.settled for chunk in chunks_of(upload)})
    for held in inventory.tables:
        if not stores.keeps_documents(held.table):
            continue
        await stores.index.create(held.table)
        await stores.index.refresh(held.table)
        in_postgres = await stores.audit.count_per_chunk(held.table)
        for chunk in chunks:
            ends = row_number(chunk, 0), row_number(chunk + 1, 0)
            if chunk not in in_postgres and not await stores.index.count_rows(held.table, *ends):
                continue
            if await _differs(stores, held.table, ends, lens_of(held.table, inventory.version)):
                mended = await _mend_chunk(stores, inventory.dataset_id, held.table, ends)
                put, deleted = put + mended.put, deleted + mended.deleted
        deleted += await _empty_gaps(stores, dataset, held.table)
        await stores.index.refresh(held.table)
    return Repaired(put, deleted)


async def _differs(stores: Stores, table: Table, ends: Ends, lens: Lens) -> bool:
    async with (
        aclosing(stores.index.documents(table, *ends)) as documents,
        aclosing(stores.audit.in_order(table, *ends)) as rows,
        aclosing(differing(rows, documents, lens)) as pairs,
    ):
        return await anext(pairs, None) is not None


async def _mend_chunk(stores: Stores, dataset_id: int, table: Table, ends: Ends) -> Repaired:
    while True:
        async with transaction(stores.engine) as connection:
            if await freeze_dataset(connection, dataset_id):
                deleted, is_other = await _delete_strays(stores, table, ends)
                return Repaired(await put_rows(stores, table, *ends) if is_other else 0, deleted)
        await asyncio.sleep(TRY_AGAIN_S)


async def _empty_gaps(stores: Stores, dataset: str, table: Table) -> int:
    """Deletes documents where no upload has chunks. Held still, so that none gets chunks there meanwhile."""
    while True:
        async with transaction(stores.engine) as connection:
            inventory = await read_inventory(connection, dataset)
            if await freeze_dataset(connection, inventory.dataset_id):
                inventory = await read_inventory(connection, dataset)
                known = [chunks_of(upload) for upload in (*inventory.settled, *inventory.moving)]
                gaps = gaps_between(known, ROWS_FROM, ROWS_TO, ROWS_PER_CHUNK_BITS)
                return sum([(await _delete_strays(stores, table, ends))[0] for ends in gaps])
        await asyncio.sleep(TRY_AGAIN_S)


async def _delete_strays(stores: Stores, table: Table, ends: Ends) -> tuple[int, bool]:
    """Deletes documents that have no row. Returns how many there were, and whether a row's document is missing or other."""
    ids: list[str] = []
    deleted, is_other = 0, False
    async with (
        aclosing(stores.index.documents(table, *ends)) as documents,
        aclosing(stores.audit.in_order(table, *ends)) as rows,
        aclosing(differing(rows, documents, lens_of(table))) as pairs,
    ):
        async for row, document in pairs:
            is_other = is_other or row is not None
            if row is None and document is not None:
                ids.append(document.id)
            if len(ids) >= DELETIONS_AT_A_TIME:
                deleted += await _delete(stores, table, ids)
    return deleted + await _delete(stores, table, ids), is_other


async def _delete(stores: Stores, table: Table, ids: list[str]) -> int:
    count = len(ids)
    await stores.index.delete(table, id_lines(ids))
    ids.clear()
    return count
