"""One row: its values, whether readers see it, where in which file it came from, and what its key was before and after.

All of it comes from PostgreSQL. `_row` is the chunk and the record's position in it, rejected records counted too, so the number of the
record is exact, however many rejects there were; its line is read from the stored file.
"""

import asyncio
from dataclasses import dataclass
from functools import partial

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import dataset_row, list_versions, read_table
from backbone.catalog.provenance import chunk_at, newest_key, upload_ids, upload_of_version
from backbone.catalog.uploads import UploadRecord
from backbone.csvread.locate import Place, place_of
from backbone.errors import NotFound
from backbone.files.port import FileStore
from backbone.model import Chunk, Dialect, StoredRow, Table, View, chunk_of
from backbone.postgres.engine import transaction
from backbone.rows.audit import RowAudit
from services.query.responses import ChunkPlace, FormerRow, OneRow, RowOrigin
from services.query.search.integer_texts import Integers, integer_names, with_integer_texts
from services.query.snapshot import Snapshot

HISTORY_MAX = 1000


class _Scope(Struct, frozen=True):
    """The view that was asked for, and every version that somebody may see, with its table; newest first."""

    dataset_id: int
    view: View
    newest: int
    versions: tuple[tuple[int, Table], ...]
    key: tuple[str, ...]

    @property
    def tables(self) -> list[Table]:
        """Each once; the asked one first."""
        return list({table.id: table for table in (self.view.table, *(table for _, table in self.versions))}.values())

    def shows(self, table: Table, row: StoredRow) -> bool:
        return any(own.id == table.id and row.is_visible_in(version) for version, own in self.versions)

    def until(self, row: StoredRow) -> int | None:
        """That a row will be superseded by a version which nobody sees yet is not told."""
        return row.until if row.until is None or row.until <= self.newest else None


@dataclass(frozen=True)
class RowOrigins:
    """What the origin of a row is found out from: the catalog, the rows as they lie, and the stored files."""

    engine: AsyncEngine
    audit: RowAudit
    files: FileStore

    async def read(self, dataset: str, row: str, version: int | None, integers: Integers = "number") -> OneRow:
        """Raises `NotFound`, `Unavailable`."""
        snapshot = await Snapshot.open(self.engine, dataset, version)
        _, one = await snapshot.read(partial(_read, self, row, integers))
        return one


async def _read(origins: RowOrigins, row: str, integers: Integers, view: View) -> OneRow:
    scope = await _scope(origins.engine, view)
    table, stored = await _find(origins.audit, scope, row)
    history = await _history(origins, scope, table, stored)
    as_text = integer_names(table.columns) if integers == "string" else frozenset()
    return OneRow(
        dataset=scope.view.dataset,
        version=scope.view.version,
        row=str(stored.row),
        visible=table.id == scope.view.table.id and stored.is_visible_in(scope.view.version),
        since=stored.since,
        until=scope.until(stored),
        values=with_integer_texts(stored.values, as_text),
        origin=await _origin(origins, scope, stored),
        history=history and [structs.replace(row, values=with_integer_texts(row.values, as_text)) for row in history],
    )


async def _scope(engine: AsyncEngine, view: View) -> _Scope:
    async with transaction(engine) as connection:
        row = await dataset_row(connection, view.dataset)
        kept = await list_versions(connection, row["id"])
        tables = {number: await read_table(connection, number) for number in sorted({version["table_id"] for version in kept})}
        key = await newest_key(connection, row["id"])
    versions = {version["number"]: tables[version["table_id"]] for version in kept} | {view.version: view.table}
    newest = max(view.version, row["version"])
    return _Scope(row["id"], view, newest, tuple(sorted(versions.items(), key=lambda version: -version[0])), key)


async def _find(audit: RowAudit, scope: _Scope, row: str) -> tuple[Table, StoredRow]:
    number = int(row) if row.isascii() and row.isdigit() and len(row) < 19 else -1
    for table in scope.tables:
        stored = (await audit.read(table, [number])).get(number)
        if stored is not None and stored.since <= scope.newest:
            return table, stored
    raise NotFound("no-such-row", f"Dataset {scope.view.dataset!r} has no row {row}. A search tells the numbers of its rows.")


async def _origin(origins: RowOrigins, scope: _Scope, stored: StoredRow) -> RowOrigin | None:
    number, position = chunk_of(stored.row)
    async with transaction(origins.engine) as connection:
        upload = await upload_of_version(connection, scope.dataset_id, stored.since)
        chunk = None if upload is None else await chunk_at(connection, upload, number)
    if upload is None or chunk is None:
        return None
    place = await _place(origins.files, upload, chunk, position)
    return RowOrigin(
        upload=upload.id,
        file_name=upload.file_name,
        version=stored.since,
        record=chunk.first_record + position,
        line=None if place is None else place.line,
        offset=None if place is None else place.offset,
        length=None if place is None else place.length,
        converted=upload.reading_key is not None,
        chunk=ChunkPlace(number=chunk.number, offset=chunk.offset, length=chunk.length),
    )


async def _place(files: FileStore, upload: UploadRecord, chunk: Chunk, position: int) -> Place | None:
    """None when the file is not kept any more. A chunk is some MiB at most."""
    try:
        data = await files.read(upload.reading_key or upload.file_key, chunk.offset, chunk.length)
    except NotFound:
        return None
    return await asyncio.to_thread(place_of, data, chunk, upload.dialect or Dialect(), position)


async def _history(origins: RowOrigins, scope: _Scope, home: Table, stored: StoredRow) -> list[FormerRow] | None:
    rows_of_key: dict[int, StoredRow] = {}
    known = {column.name: column for column in home.columns}
    if not scope.key or not known.keys() >= set(scope.key):
        return None
    for table in scope.tables:
        if {column.name for column in table.columns} >= set(scope.key):
            rows = await origins.audit.same_key(table, home, stored.row, [known[name] for name in scope.key], HISTORY_MAX)
            rows_of_key |= {row.row: row for row in rows if row.row not in rows_of_key and scope.shows(table, row)}
    in_order = sorted(rows_of_key.values(), key=lambda row: (row.since, row.row))[:HISTORY_MAX]
    async with transaction(origins.engine) as connection:
        ids = await upload_ids(connection, scope.dataset_id, {row.since for row in in_order})
    return [
        FormerRow(row=str(row.row), since=row.since, until=scope.until(row), upload=ids.get(row.since), values=row.values)
        for row in in_order
    ]
