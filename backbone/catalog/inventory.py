"""What a dataset has to hold by the catalog: its kept versions, their tables, and whose chunks may lie in them."""

from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import dataset_row, list_versions, to_table
from backbone.catalog.schema import row_tables, uploads
from backbone.catalog.uploads import SELECT_RECORD, UploadRecord, to_record
from backbone.model import Table


class KeptVersion(Struct, frozen=True):
    number: int
    table_id: int
    rows: int | None


class TableHeld(Struct, frozen=True):
    table: Table
    swept_version: int  # rows that were superseded in it or before may be gone; 0: none is


class DatasetInventory(Struct, frozen=True, kw_only=True):
    dataset: str
    dataset_id: int
    version: int  # the current one; 0: none yet
    versions: tuple[KeptVersion, ...]  # newest first, the current one among them
    tables: tuple[TableHeld, ...]
    settled: tuple[UploadRecord, ...]  # all their rows and documents have to be there
    moving: tuple[UploadRecord, ...]  # some of theirs may be there: still under way, or not yet cleaned up


async def read_inventory(connection: AsyncConnection, name: str) -> DatasetInventory:
    """Raises `NotFound`."""
    dataset = await dataset_row(connection, name)
    kept = [KeptVersion(row["number"], row["table_id"], row["rows"]) for row in await list_versions(connection, dataset["id"])]
    ids = {version.table_id for version in kept}
    tables = (await connection.execute(select(row_tables).where(row_tables.c.id.in_(ids)).order_by(row_tables.c.id))).mappings()
    started = SELECT_RECORD.add_columns(uploads.c.cleaned_at).where(
        uploads.c.dataset_id == dataset["id"], uploads.c.first_chunk.is_not(None)
    )
    rows = (await connection.execute(started.order_by(uploads.c.first_chunk, uploads.c.id))).mappings().all()
    settled = [row for row in rows if row["state"] in ("COMPLETE", "HELD")]
    moving = [row for row in rows if row["state"] not in ("COMPLETE", "HELD") and row["cleaned_at"] is None]
    return DatasetInventory(
        dataset=name,
        dataset_id=dataset["id"],
        version=dataset["version"],
        versions=tuple(kept),
        tables=tuple(TableHeld(to_table(row), row["swept_version"]) for row in tables),
        settled=tuple(to_record(row) for row in settled),
        moving=tuple(to_record(row) for row in moving),
    )


def chunks_of(upload: UploadRecord) -> range:
    """The numbers of the upload's chunks within its dataset."""
    assert upload.first_chunk is not None
    return range(upload.first_chunk, upload.first_chunk + upload.chunks_total)


def uploads_in(table: Table, settled: Sequence[UploadRecord], present: Collection[int]) -> list[UploadRecord]:
    """Whose rows lie in a table where chunks `found` have rows: those loaded into it, and those brought over from an older one."""
    loaded = [upload for upload in settled if upload.table_id == table.id]
    known = {chunk for upload in loaded for chunk in chunks_of(upload)}
    brought = set(present) - known
    return loaded + [upload for upload in settled if upload.table_id != table.id and not brought.isdisjoint(chunks_of(upload))]


def gaps_between(taken: Sequence[range], first_row: int, last_row: int, bits: int) -> list[tuple[int, int]]:
    """The ranges of `_row` in which no row may be, since no upload has chunks there."""
    gaps: list[tuple[int, int]] = []
    begin = first_row
    for chunks in sorted(taken, key=lambda chunks: chunks.start):
        if begin < chunks.start << bits:
            gaps.append((begin, chunks.start << bits))
        begin = max(begin, chunks.stop << bits)
    return [*gaps, (begin, last_row)] if begin < last_row else gaps
