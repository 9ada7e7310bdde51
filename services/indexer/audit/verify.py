"""Verifies a dataset at any time: books against rows in PostgreSQL against documents, chunk by chunk and version by version.

Counts always; deep, every row. Nothing is locked, so that readers and uploads go on; what is under way looks like a difference for a
moment, and only what is found twice counts.
"""

import msgspec
from msgspec import Struct

from backbone.catalog.inventory import DatasetInventory, TableHeld, read_inventory
from backbone.errors import NotFound
from backbone.model import View
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone
from services.indexer.audit.verify_chunks import Reread, TableCheck


class Verified(Struct, frozen=True, kw_only=True):
    """What was found of one dataset. `rows` and `documents` are what readers see in its current version; None: there is no such table
    or index."""

    dataset: str
    version: int
    versions: int
    uploads: int
    rows: int | None
    documents: int | None
    differences: tuple[str, ...]


async def verify(backbone: Backbone, dataset: str, reread: Reread | None = None) -> Verified:
    """With `reread`, which gives a chunk's rows from the stored file, every row is compared. Raises `NotFound`, `Unavailable`."""
    try:
        first = await _verify(backbone, dataset, reread)
        if not first.differences:
            return first
        said = set(first.differences)
    except NotFound:  # a table went before our eyes, with the last version in it
        said = None
    second = await _verify(backbone, dataset, reread)
    return msgspec.structs.replace(second, differences=tuple(told for told in second.differences if said is None or told in said))


async def _verify(backbone: Backbone, dataset: str, reread: Reread | None) -> Verified:
    async with transaction(backbone.engine) as connection:
        inventory = await read_inventory(connection, dataset)
    found: list[str] = []
    uploads: set[str] = set()
    counts: dict[int, tuple[int, int | None]] = {}
    for held in inventory.tables:
        is_indexed = await _refresh(backbone, held)
        if not is_indexed:
            found.append(f"{dataset}: there is no search index for table {held.table.name}; `rowmill index {dataset}` makes it")
        uploads |= await TableCheck(backbone, inventory, held, is_indexed, reread, found).run()
        counts |= await _count_versions(backbone, inventory, held, is_indexed, found)
    rows, documents = counts.get(inventory.version, (None, None))
    return Verified(
        dataset=dataset,
        version=inventory.version,
        versions=len(inventory.versions),
        uploads=len(uploads),
        rows=rows,
        documents=documents,
        differences=tuple(found),
    )


async def _refresh(backbone: Backbone, held: TableHeld) -> bool:
    try:
        await backbone.index.refresh(held.table)
    except NotFound:
        return False
    return True


async def _count_versions(
    backbone: Backbone, inventory: DatasetInventory, held: TableHeld, is_indexed: bool, found: list[str]
) -> dict[int, tuple[int, int | None]]:
    """Rows and documents that readers see in each version of the table."""
    counts: dict[int, tuple[int, int | None]] = {}
    for version in (each for each in inventory.versions if each.table_id == held.table.id):
        place = f"{inventory.dataset}, version {version.number}"
        view = View(dataset=inventory.dataset, table=held.table, version=version.number)
        rows = await backbone.rows.count_visible(view)
        documents = await backbone.index.count(view) if is_indexed else None
        counts[version.number] = rows, documents
        if rows != version.rows:
            found.append(f"{place}: the books expect {version.rows} visible rows, PostgreSQL shows {rows}")
        if documents is not None and documents != rows:
            found.append(f"{place}: PostgreSQL shows {rows} rows, the index shows {documents} documents")
    return counts
