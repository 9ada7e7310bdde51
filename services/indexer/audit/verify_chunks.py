"""Checks the chunks of one table: counts by the catalog, in PostgreSQL and in the index, then their rows; and what is in no upload's chunk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import RowMapping

from backbone.catalog.chunks import list_chunks, to_chunk
from backbone.catalog.inventory import DatasetInventory, TableHeld, chunks_of, gaps_between, uploads_in
from backbone.catalog.recovered_rows import list_recovered
from backbone.catalog.uploads import UploadRecord, merges_rows
from backbone.errors import NotFound, Rejected
from backbone.model import ROWS_FROM, ROWS_PER_CHUNK_BITS, ROWS_TO, Chunk, Table, row_number
from backbone.postgres.engine import transaction
from services.indexer.audit.compare import ChunkCounts, count_differences
from services.indexer.audit.verify_rows import RowCheck
from services.indexer.stores import Stores

Reread = Callable[[UploadRecord, Chunk, Table], Awaitable[bytes | str]]


@dataclass(frozen=True)
class TableCheck:
    """`differences` takes a sentence for each difference. `reread` is set where every row is to be compared."""

    stores: Stores
    inventory: DatasetInventory
    held: TableHeld
    is_indexed: bool
    reread: Reread | None
    differences: list[str]

    async def run(self) -> set[str]:
        """Returns the ids of the uploads whose rows are in the table."""
        in_postgres = await self.stores.audit.count_per_chunk(self.held.table)
        uploads = uploads_in(self.held.table, self.inventory.settled, in_postgres)
        for upload in uploads:
            await self._check_upload(upload, in_postgres)
        known = [chunks_of(upload) for upload in (*uploads, *self.inventory.moving)]
        for chunk in in_postgres.keys() - {chunk for chunks in known for chunk in chunks}:
            where = f"{self.inventory.dataset}, table {self.held.table.name}, chunk {chunk}"
            self.differences.append(f"{where}: PostgreSQL has {in_postgres[chunk]} rows which no upload brought")
        for first_row, last_row in gaps_between(known, ROWS_FROM, ROWS_TO, ROWS_PER_CHUNK_BITS):
            await self._check_gap(first_row, last_row, in_postgres)
        return {upload.id for upload in uploads}

    async def _check_upload(self, upload: UploadRecord, in_postgres: dict[int, int]) -> None:
        async with transaction(self.stores.engine) as connection:
            chunks = await list_chunks(connection, upload.id)
        where = f"{self.inventory.dataset}, version {upload.version}, upload {upload.id} ({upload.file_name})"
        scanned, kept, refused = (sum(row[name] or 0 for row in chunks) for name in ("records", "rows", "rejects"))
        if (scanned, kept, refused) != (upload.records, upload.rows, upload.rejects):
            by_chunks, by_upload = f"{scanned} = {kept} + {refused}", f"{upload.records} = {upload.rows} + {upload.rejects}"
            self.differences.append(f"{where}: records = rows + rejects is {by_upload} by the upload, {by_chunks} by its chunks")
        for row in chunks:
            sentences = await self._check_chunk(upload, row, in_postgres)
            self.differences.extend([f"{where}, chunk {row['number']}{sentence}" for sentence in sentences])

    async def _check_chunk(self, upload: UploadRecord, row: RowMapping, in_postgres: dict[int, int]) -> list[str]:
        assert upload.first_chunk is not None
        table, number = self.held.table, upload.first_chunk + row["number"]
        ends = row_number(number, 0), row_number(number + 1, 0)
        async with transaction(self.stores.engine) as connection:
            recovered = len(await list_recovered(connection, table.id, *ends))
        counted = ChunkCounts(
            records=row["records"],
            rows=(row["rows"] or 0) + recovered,
            rejects=(row["rejects"] or 0) - recovered,
            in_postgres=in_postgres.get(number, 0),
            in_index=await self.stores.index.count_rows(table, *ends) if self.is_indexed else None,
            may_be_swept=self._may_be_swept(upload),
        )
        sentences = [f": {sentence}" for sentence in count_differences(counted)]
        if self.reread is None:
            return sentences
        check = RowCheck(self.stores, table, self.inventory.version, ends)
        if counted.in_postgres or (counted.rows and not counted.may_be_swept):  # else its file may be gone, and rightly
            chunk = to_chunk(row)
            payload = await self._payload(self.reread, upload, chunk)
            sentences += await check.against_file(upload, chunk, payload, may_be_swept=counted.may_be_swept)
        if self.is_indexed:
            sentences += await check.against_index(to_chunk(row))
        return sentences

    async def _payload(self, reread: Reread, upload: UploadRecord, chunk: Chunk) -> bytes | str:
        try:
            return await reread(upload, chunk, self.held.table)
        except NotFound:
            return f"the stored file {upload.reading_key or upload.file_key} is gone, or has become shorter"
        except Rejected as error:
            return f"the file can no longer be read into the table: {error.detail}"

    def _may_be_swept(self, upload: UploadRecord) -> bool:
        """Whether rows of it that a later record of their key superseded may be gone, with the versions that showed them."""
        swept = self.held.swept_version
        if upload.version is None or upload.version > swept:
            return False
        return any(merges_rows(later) and upload.version <= (later.version or 0) <= swept for later in self.inventory.settled)

    async def _check_gap(self, first_row: int, last_row: int, in_postgres: dict[int, int]) -> None:
        if not self.is_indexed:
            return
        documents = await self.stores.index.count_rows(self.held.table, first_row, last_row)
        rows = sum(count for chunk, count in in_postgres.items() if first_row <= row_number(chunk, 0) < last_row)
        if documents != rows:
            where = f"{self.inventory.dataset}, table {self.held.table.name}"
            self.differences.append(f"{where}: the index has {documents} documents which no upload brought, PostgreSQL {rows} such rows")
        if documents and self.reread is not None:
            check = RowCheck(self.stores, self.held.table, self.inventory.version, (first_row, last_row))
            where = f"{self.inventory.dataset}, table {self.held.table.name}"
            self.differences.extend([f"{where}{sentence}" for sentence in await check.against_index(None)])
