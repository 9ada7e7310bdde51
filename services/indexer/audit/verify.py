"""Verifies a dataset at any time: catalog against rows in PostgreSQL against documents, chunk by chunk and version by version.

Counts always; deep, every row. Nothing is locked, so that readers and uploads go on; what is under way looks like a difference for a
moment, and only what is found twice counts.
"""

import msgspec
from msgspec import Struct

from backbone.catalog.inventory import DatasetInventory, TableHeld, read_inventory
from backbone.errors import NotFound
from backbone.model import View
from backbone.postgres.engine import transaction
from services.indexer.audit.verify_chunks import Reread, TableCheck
from services.indexer.stores import Stores


class Verified(Struct, frozen=True, kw_only=True):
    """What one dataset has. `rows` and `documents` are what readers see in its current version; None: there is no such table
    or index."""

    dataset: str
    version: int
    versions: int
    uploads: int
    rows: int | None
    documents: int | None
    differences: tuple[str, ...]


async def verify(stores: Stores, dataset: str, reread: Reread | None = None) -> Verified:
    """With `reread`, which gives a chunk's rows from the stored file, every row is compared. Raises `NotFound`, `Unavailable`."""
    try:
        first = await _verify(stores, dataset, reread)
        if not first.differences:
            return first
        seen = set(first.differences)
    except NotFound:  # a table went before our eyes, with the last version in it
        seen = None
    second = await _verify(stores, dataset, reread)
    return msgspec.structs.replace(
        second, differences=tuple(difference for difference in second.differences if seen is None or difference in seen)
    )


async def _verify(stores: Stores, dataset: str, reread: Reread | None) -> Verified:
    async with transaction(stores.engine) as connection:
        inventory = _as_readers_see(await read_inventory(connection, dataset))
    differences: list[str] = []
    uploads: set[str] = set()
    counts: dict[int, tuple[int, int | None]] = {}
    for held in inventory.tables:
        is_indexed = await _refresh(stores, held)
        if not is_indexed:
            differences.append(f"{dataset}: there is no search index for table {held.table.name}; `rowmill index {dataset}` makes it")
        uploads |= await TableCheck(stores, inventory, held, is_indexed, reread, differences).run()
        counts |= await _count_versions(stores, inventory, held, is_indexed, differences)
    rows, documents = counts.get(inventory.version, (None, None))
    return Verified(
        dataset=dataset,
        version=inventory.version,
        versions=len(inventory.versions),
        uploads=len(uploads),
        rows=rows,
        documents=documents,
        differences=tuple(differences),
    )


def _as_readers_see(inventory: DatasetInventory) -> DatasetInventory:
    """Documents that are still coming are nobody's yet."""
    tables = [
        held if held.table.documents != "coming" else TableHeld(msgspec.structs.replace(held.table, documents="none"), held.swept_version)
        for held in inventory.tables
    ]
    return msgspec.structs.replace(inventory, tables=tuple(tables))


async def _refresh(stores: Stores, held: TableHeld) -> bool:
    try:
        await stores.index.refresh(held.table)
    except NotFound:
        return False
    return True


async def _count_versions(
    stores: Stores, inventory: DatasetInventory, held: TableHeld, is_indexed: bool, differences: list[str]
) -> dict[int, tuple[int, int | None]]:
    """Rows and documents that readers see in each version of the table."""
    counts: dict[int, tuple[int, int | None]] = {}
    for version in (kept for kept in inventory.versions if kept.table_id == held.table.id):
        where = f"{inventory.dataset}, version {version.number}"
        view = View(dataset=inventory.dataset, table=held.table, version=version.number)
        rows = await stores.rows.count_visible(view)
        documents = await stores.index.count(view) if is_indexed else None
        counts[version.number] = rows, documents
        if rows != version.rows:
            differences.append(f"{where}: the catalog expect {version.rows} visible rows, PostgreSQL shows {rows}")
        if documents is not None and documents != rows:
            differences.append(f"{where}: PostgreSQL shows {rows} rows, the index shows {documents} documents")
    return counts
