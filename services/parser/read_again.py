"""Fills the table of a dataset whose columns were given other types: every file that the dataset is made of is read again from its exact
text, in the order in which the files came, as if the types had been declared for them from the beginning.

So rejects of earlier loads may become rows, and an upsert may meet other keys. A row that would be lost stops all of it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import list_chunks, rejected_records, to_chunk
from backbone.catalog.datasets import keep_reread
from backbone.catalog.recovered_rows import keep_recovered, list_recovered
from backbone.catalog.row_targets import meant_by
from backbone.catalog.uploads import UploadRecord, kept_columns, merges_rows
from backbone.errors import NotFound, Rejected
from backbone.files.port import FileStore
from backbone.findings import PLACES_MAX, Finding, Place, Stopped, place
from backbone.lifecycle.removal_plan import lineage_of
from backbone.model import MERGING, Column, Redeclared, Reject, Reread, Table, row_number
from backbone.rows.history import RowHistory
from backbone.rows.store import RowStore
from services.parser.load_chunk import parse, read_chunk

ROWS_AT_A_TIME: Final = 10_000  # of those that are noted as recovered


@dataclass
class Rereading:
    """From `source`, the table that readers see, to `target`, whose columns are the new ones. In the caller's transaction."""

    connection: AsyncConnection
    files: FileStore
    rows: RowStore
    history: RowHistory
    source: Table
    target: Table
    has_keys: bool = False  # of uploads whose rows supersede others
    recovered: int = 0
    unfit: int = 0
    places: list[Place] = field(default_factory=list)
    first_detail: str = ""

    async def run(self, upload: UploadRecord) -> int:
        """Returns how many rejects of earlier loads are rows now. Raises `Stopped` where rows would be lost, `Rejected` where a file is
        no longer there, `Unavailable`."""
        assert upload.dataset_id is not None and upload.version is not None
        lineage = await lineage_of(self.connection, upload.dataset_id, upload.version - 1)
        self.target = structs.replace(self.target, reread=self.source.reread + _redeclared(upload, lineage))
        self.has_keys = any(merges_rows(one) for one in lineage)
        for one in lineage:
            await self._read_upload(one, lineage)
        if self.unfit:
            raise Stopped(_do_not_fit(upload.columns, self.unfit, self.places, self.first_detail))
        await keep_reread(self.connection, self.target, self.target.reread)
        return self.recovered

    async def _read_upload(self, upload: UploadRecord, lineage: list[UploadRecord]) -> None:
        for row in await list_chunks(self.connection, upload.id):
            try:
                await self._read_chunk(upload, row)
            except NotFound:
                await self._refuse_if_needed(upload, lineage)
                return
        if self.unfit or upload.version is None:
            return
        meant = meant_by(upload, self.target)
        if upload.mode in MERGING:
            kept = kept_columns(upload, self.target)
            await self.history.merge(self.connection, self.target, upload.version, meant, kept=kept, mode=upload.mode)
        elif meant.key:
            await self.history.compare_replaced(self.connection, self.target, upload.version, meant.key, None)

    async def _read_chunk(self, upload: UploadRecord, row: RowMapping) -> None:
        assert upload.version is not None and upload.first_chunk is not None
        chunk = to_chunk(row)
        data = await read_chunk(self.files, upload, chunk)
        declared = structs.replace(upload, columns=self.target.reread.declare(upload.columns, upload.version))
        parsed = await asyncio.to_thread(parse, data, chunk, declared, self.target)
        before = await self._rejected_before(upload, row, data)
        self._note_unfit(upload, [reject for reject in parsed.rejects if reject.record not in before])
        if self.unfit:  # nothing of it will stay
            return
        still = {reject.record for reject in parsed.rejects}
        first = row_number(upload.first_chunk + chunk.number, 0)
        recovered = [first + record - chunk.first_record for record in sorted(before - still)]
        for begin in range(0, len(recovered), ROWS_AT_A_TIME):
            await keep_recovered(self.connection, self.target.id, recovered[begin : begin + ROWS_AT_A_TIME])
        self.recovered += len(recovered)
        copied = await self.rows.copy_rows(self.connection, self.target, parsed.payload) if parsed.rows else 0
        if copied != parsed.rows:
            raise AssertionError(f"PostgreSQL took {copied} of {parsed.rows} rows of chunk {chunk.number} of upload {upload.id}")

    async def _rejected_before(self, upload: UploadRecord, row: RowMapping, data: bytes) -> set[int]:
        """Records of the chunk that are no rows of `source`."""
        assert upload.version is not None and upload.first_chunk is not None
        chunk, number = to_chunk(row), upload.first_chunk + row["number"]
        kept = set(await rejected_records(self.connection, upload.id, chunk.number))
        if len(kept) < (row["rejects"] or 0):  # beyond the limit they are only counted
            declared = structs.replace(upload, columns=self.source.reread.declare(upload.columns, upload.version))
            return {reject.record for reject in (await asyncio.to_thread(parse, data, chunk, declared, self.source)).rejects}
        recovered = await list_recovered(self.connection, self.source.id, row_number(number, 0), row_number(number + 1, 0))
        return kept - {chunk.first_record + one - row_number(number, 0) for one in recovered}

    def _note_unfit(self, upload: UploadRecord, rejects: list[Reject]) -> None:
        self.unfit += len(rejects)
        self.first_detail = self.first_detail or (f"{upload.file_name}, line {rejects[0].line}: {rejects[0].detail}" if rejects else "")
        for reject in rejects[: PLACES_MAX - len(self.places)]:
            self.places.append(place(record=reject.record, line=reject.line, text=f"{upload.file_name}: {reject.raw}"))

    async def _refuse_if_needed(self, upload: UploadRecord, lineage: list[UploadRecord]) -> None:
        """The file goes when no version that is kept has rows of it. But rows of later files may have taken values over from those rows."""
        later = [one for one in lineage if (one.version or 0) > (upload.version or 0)]
        if any(kept_columns(one, self.target) for one in later) or await self._has_rows(upload):
            raise Rejected(
                "not-kept", f"The file of upload {upload.id} ({upload.file_name}) is no longer kept, so its rows cannot be read again."
            )

    async def _has_rows(self, upload: UploadRecord) -> bool:
        assert upload.first_chunk is not None
        first, last = row_number(upload.first_chunk, 0), row_number(upload.first_chunk + upload.chunks_total, 0)
        return await self.rows.count_rows(self.source, first, last) > 0


def tell_recovered(recovered: int) -> list[Finding]:
    if not recovered:
        return []
    message = f"{recovered} records that were rejected when their files were loaded have values that fit now, and are rows of the dataset."
    return [Finding(code="rejects-read-again", level="info", message=message, count=recovered)]


def _redeclared(upload: UploadRecord, lineage: Iterable[UploadRecord]) -> Reread:
    assert upload.version is not None
    first = min((one.version or 0 for one in lineage), default=upload.version)
    return Reread(columns=tuple(Redeclared(column=column, first=first, last=upload.version - 1) for column in upload.columns))


def _do_not_fit(columns: tuple[Column, ...], unfit: int, places: list[Place], first_detail: str) -> Finding:
    wanted = ", ".join(f"{column.title or column.name} as {column.type}" for column in columns)
    message = (
        f"{unfit} records of the dataset's files have a value that cannot be read so ({wanted}). The first: {first_detail} Nothing was changed; "
        "choose a type or a format that takes these values too, or mend the rows first."
    )
    return Finding(code="values-do-not-fit", level="stop", message=message, count=unfit, places=tuple(places))
