"""RowStore: the rows of tables, in PostgreSQL, which is the truth about them: they go in by COPY and come out as JSON that it has written.

What takes a connection takes part in the caller's transaction, so that rows and the catalog's words about them commit together.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.errors import Rejected
from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import add_columns_sql, create_table_sql, json_object_sql, visible_sql
from backbone.postgres.engine import postgres_errors, transaction
from backbone.postgres.raw import raw_connection, raw_in_transaction
from backbone.rows.documents import documents_where, ids_where
from backbone.rows.shards import Size, shards_for

SMALL_CHARACTERS_MAX: Final = 32 * 1024 * 1024  # of all rows, were each as long as the longest: long values are long to read through
SHARE_IN_PLACE_MAX: Final = 0.1  # of the rows that are there; the index is kept up row by row, where a copy gets it at once, afterwards
_WORDS_INDEXED_ROWS: Final = """
SELECT t.reltuples FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
WHERE t.oid = to_regclass($1) AND c.relname LIKE t.relname || '\\_words\\_%' LIMIT 1"""
_SIZE: Final = """
SELECT greatest(t.reltuples, 0)::bigint AS rows, pg_table_size(t.oid) AS size_bytes FROM pg_class t WHERE t.oid = to_regclass($1)"""


class RowStore:
    def __init__(self, engine: AsyncEngine, small_rows_max: int = 0, shard_rows_max: int = 0) -> None:
        """`small_rows_max`: a table of so many rows is searched as it lies, without documents in an index that would keep them.
        `shard_rows_max`: so many rows are for one shard of such an index; 0: any number."""
        self._engine = engine
        self._small_rows_max = small_rows_max
        self._shard_rows_max = shard_rows_max

    def is_small(self, rows: int, longest_row: int) -> bool:
        """Whether a table of so many rows is, none of which has more characters than `longest_row`."""
        return rows <= self._small_rows_max and rows * longest_row <= SMALL_CHARACTERS_MAX

    async def create_table(self, connection: AsyncConnection, table: Table) -> None:
        await _run(connection, create_table_sql(table))

    async def add_columns(self, connection: AsyncConnection, table: Table, columns: Sequence[Column]) -> None:
        """Adds columns behind those of the table; older rows have null there. In the caller's transaction."""
        await _run(connection, add_columns_sql(table, columns))

    async def copy_rows(self, connection: AsyncConnection, table: Table, payload: bytes) -> int:
        """COPYs rows in PostgreSQL's CSV format and returns how many: `_from,_row`, then the cells in column order, or for layout
        `cells` one array literal of them; null is an empty unquoted field. Raises `Rejected` when PostgreSQL refuses a value,
        `Unavailable`."""
        in_columns = table.layout == "columns"
        cells = [column.name for column in table.columns] if in_columns else ["_cells"]
        async with postgres_errors():
            raw = await raw_in_transaction(connection)
            try:
                status = await raw.copy_to_table(
                    table.name,
                    source=memoryview(payload),  # asyncpg takes bytes for a path
                    columns=["_from", "_row", *cells],
                    format="csv",
                )
            except asyncpg.DataError as error:
                # What the check before COPY let through. `where` names the line and the column; the whole payload is refused.
                location = f" ({error.where})" if getattr(error, "where", None) else ""
                raise Rejected("refused-by-postgres", f"PostgreSQL refused a value: {error}{location}") from None
        return int(status.split()[-1])

    async def delete_rows(self, connection: AsyncConnection, table: Table, first_row: int, last_row: int) -> None:
        """Removes the rows `first_row <= _row < last_row`, in the caller's transaction."""
        await _run(connection, [f"DELETE FROM {table.name} AS t WHERE {_between(first_row, last_row)}"])

    async def is_slow_to_grow(self, connection: AsyncConnection, table: Table, rows: int) -> bool:
        """Whether so many rows had better come in a copy of the table: an index of words stands on this one, and is kept up row by row."""
        size = (await connection.exec_driver_sql(_WORDS_INDEXED_ROWS, (table.name,))).scalar()
        return size is not None and rows > SHARE_IN_PLACE_MAX * size

    def shards_for(self, size: Size) -> int:
        return shards_for(size, self._shard_rows_max)

    async def size(self, connection: AsyncConnection, table: Table) -> Size:
        """All of its rows, superseded ones among them, as PostgreSQL has counted them last; none where it has not yet."""
        found = (await connection.exec_driver_sql(_SIZE, (table.name,))).mappings().first()
        return Size(0, 0) if found is None else Size(found["rows"], found["size_bytes"])

    async def drop_table(self, connection: AsyncConnection, table: Table) -> None:
        """A missing table is not an error."""
        await _run(connection, [f"DROP TABLE IF EXISTS {table.name}"])

    def documents(self, table: Table, first_row: int, last_row: int) -> AsyncIterator[bytes]:
        """The rows `first_row <= _row < last_row` for a search index, as `document_lines`: the id is `_row`. Blocks of about 4 MiB."""
        return documents_where(self._engine, table, _between(first_row, last_row))

    def document_ids(self, table: Table, first_row: int, last_row: int) -> AsyncIterator[bytes]:
        """Only the ids of the same documents, in blocks of about a MiB."""
        return ids_where(self._engine, table, _between(first_row, last_row))

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        async with raw_connection(self._engine) as raw:
            return int(await raw.fetchval(f"SELECT count(*) FROM {table.name} AS t WHERE {_between(first_row, last_row)}"))

    async def count_new_rows(self, connection: AsyncConnection, table: Table, version: int, first_row: int, last_row: int) -> int:
        """As `count_rows`, those alone that the version shows, among what the caller's transaction has written. By the index of `_row`."""
        statement = f"SELECT count(*) FROM {table.name} AS t WHERE t._row >= $2 AND t._row < $3 AND {visible_sql()}"
        async with postgres_errors():
            return int(await (await raw_in_transaction(connection)).fetchval(statement, version, first_row, last_row))

    async def have_rows(self, table: Table, ranges: Sequence[tuple[int, int]]) -> list[bool]:
        """Of each range of `_row`, its first and one behind its last, whether any row is in it: one look into the index for each."""
        found = f"SELECT EXISTS (SELECT FROM {table.name} AS t WHERE t._row >= r.first AND t._row < r.last) FROM "
        given = "unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS r(first, last, place) ORDER BY r.place"
        async with raw_connection(self._engine) as raw:
            records = await raw.fetch(found + given, [first for first, _ in ranges], [last for _, last in ranges])
        return [bool(record[0]) for record in records]

    async def count_visible(self, view: View) -> int:
        async with raw_connection(self._engine) as raw:
            return int(await raw.fetchval(f"SELECT count(*) FROM {view.table.name} AS t WHERE {visible_sql()}", view.version))

    async def rows(self, view: View, numbers: Sequence[int]) -> dict[int, msgspec.Raw]:
        """Values (a JSON object, as `Hit.values`) of the visible rows among these."""
        query = (
            f"SELECT t._row, {json_object_sql(view.table)} FROM {view.table.name} AS t WHERE t._row = ANY($2::bigint[]) AND {visible_sql()}"
        )
        async with raw_connection(self._engine) as raw:
            records = await raw.fetch(query, view.version, list(numbers))
        return {row: msgspec.Raw(values.encode()) for row, values in records}

    async def index_rows(self, table: Table) -> None:
        """The B-trees that reading needs, made once a load is complete; there already: not an error."""
        async with transaction(self._engine) as connection:
            # IF NOT EXISTS looks first and makes afterwards: two at once would both make it, and one would fail.
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": table.name})
            await connection.execute(text(_row_index_sql(table)))

    async def index_new_rows(self, connection: AsyncConnection, table: Table) -> None:
        """As `index_rows`, in the caller's transaction, which is the only one that writes to the table. One that has its index is not
        locked for it."""
        async with postgres_errors():
            raw = await raw_in_transaction(connection)
            if await raw.fetchval("SELECT to_regclass($1)", f"{table.name}_row") is None:
                await raw.execute(_row_index_sql(table))


def _row_index_sql(table: Table) -> str:
    return f"CREATE UNIQUE INDEX IF NOT EXISTS {table.name}_row ON {table.name} (_row)"


def _between(first_row: int, last_row: int) -> str:
    return f"t._row >= {int(first_row)} AND t._row < {int(last_row)}"


async def _run(connection: AsyncConnection, statements: Sequence[str]) -> None:
    """All in one way to the server, and not prepared: their text has the table's number, so none is asked for again."""
    if statements:
        async with postgres_errors():
            await (await raw_in_transaction(connection)).execute(";\n".join(statements))
