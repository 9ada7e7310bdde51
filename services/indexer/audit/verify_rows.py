"""Compares every row of a chunk: the stored file, read again, with PostgreSQL, and PostgreSQL with the index. Some blocks at a time."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from backbone.catalog.chunks import rejected_records
from backbone.catalog.recovered_rows import list_recovered
from backbone.catalog.uploads import UploadRecord, kept_columns
from backbone.errors import Rejected
from backbone.model import Chunk, StoredRow, Table, chunk_of, row_number
from backbone.postgres.engine import transaction
from services.indexer.audit.compare import differing, lens_of, tell_rows
from services.indexer.stores import Stores

DIFFERENCES_PER_CHUNK_MAX: Final = 20
MORE: Final = ": there are more differences than these"


@dataclass(frozen=True)
class RowCheck:
    """`ends` are the first row and one behind the last; each sentence begins behind the place that the caller knows."""

    stores: Stores
    table: Table
    version: int
    ends: tuple[int, int]

    async def against_file(self, upload: UploadRecord, chunk: Chunk, payload: bytes | str, *, may_be_swept: bool) -> list[str]:
        """`payload`: the chunk's rows as the file gives them, or a sentence why it does not."""
        if isinstance(payload, str):
            return [f": {payload}"]
        assert upload.first_chunk is not None
        async with transaction(self.stores.engine) as connection:
            rejected = await rejected_records(connection, upload.id, chunk.number)
            recovered = await list_recovered(connection, self.table.id, *self.ends)
        # A reject stays one, though the column that refused it may have become text since, unless the file was read again.
        left_out = {row_number(upload.first_chunk + chunk.number, record - chunk.first_record) for record in rejected} - set(recovered)
        try:
            pairs = await self.stores.audit.compare(
                self.table,
                payload,
                *self.ends,
                left_out=sorted(left_out),
                may_lack=may_be_swept,
                kept=kept_columns(upload, self.table),
                limit=DIFFERENCES_PER_CHUNK_MAX + 1,
            )
        except Rejected as error:
            return [f": PostgreSQL no longer takes what the file has: {error.detail}"]
        differences = [
            f"{_location(reread or stored, chunk)}: {tell_rows(reread, stored, ('the file', 'PostgreSQL'), lens_of(self.table))}"
            for reread, stored in pairs
        ]
        return _cut(differences)

    async def against_index(self, chunk: Chunk | None) -> list[str]:
        if not self.stores.keeps_documents(self.table):
            return []
        lens = lens_of(self.table, self.version)
        differences: list[str] = []
        # Documents first: they are those of the moment when the reading began, and every one of them had its row by then.
        async with (
            aclosing(self.stores.index.documents(self.table, *self.ends)) as documents,
            aclosing(self.stores.audit.in_order(self.table, *self.ends)) as rows,
            aclosing(differing(rows, documents, lens)) as pairs,
        ):
            async for row, document in pairs:
                differences.append(f"{_location(row or document, chunk)}: {tell_rows(row, document, ('PostgreSQL', 'the index'), lens)}")
                if len(differences) > DIFFERENCES_PER_CHUNK_MAX:
                    break
        return _cut(differences)


def _location(row: StoredRow | None, chunk: Chunk | None) -> str:
    assert row is not None
    record = "" if chunk is None else f" (record {chunk.first_record + chunk_of(row.row)[1]})"
    document = f", document {row.id}" if row.id not in ("", str(row.row)) else ""
    return f", row {row.row}{record}{document}"


def _cut(differences: list[str]) -> list[str]:
    return differences if len(differences) <= DIFFERENCES_PER_CHUNK_MAX else [*differences[:DIFFERENCES_PER_CHUNK_MAX], MORE]
