"""RowAudit: rows as they lie in PostgreSQL, visible or not: what proofs, repairs and the history of a row are made of."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Rejected
from backbone.model import ROWS_PER_CHUNK_BITS, Column, StoredRow, Table
from backbone.postgres.columns_sql import document_sql, json_object_sql, value_sql
from backbone.postgres.raw import raw_connection
from backbone.runtime.batch_size import FIRST_LIMIT, next_limit
from backbone.types.registry import stored_sql

_decode = msgspec.json.Decoder(StoredRow).decode

RowPair = tuple[StoredRow | None, StoredRow | None]


class RowAudit:
    """Every method raises `NotFound` where there is no such table (any more)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count_per_chunk(self, table: Table) -> dict[int, int]:
        """Rows by the number of their chunk within the table; chunks without any are left out. Raises `Unavailable`."""
        async with raw_connection(self._engine) as raw:
            query = f"SELECT _row >> {ROWS_PER_CHUNK_BITS} AS chunk, count(*) FROM {table.name} GROUP BY 1 ORDER BY 1"
            return dict(await raw.fetch(query))

    async def in_order(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        """The rows `first_row <= _row < last_row` by `_row`, in blocks of about a MiB. Raises `Unavailable`."""
        query = f"SELECT {document_sql(table)} FROM {table.name} AS t WHERE t._row >= $1 AND t._row < $2 ORDER BY t._row"
        limit = FIRST_LIMIT
        async with raw_connection(self._engine) as raw, raw.transaction(readonly=True):
            cursor = await raw.cursor(query, first_row, last_row)
            while documents := await cursor.fetch(limit):
                yield [_decode(document) for (document,) in documents]
                limit = next_limit(limit, sum(len(document) for (document,) in documents))

    async def read(self, table: Table, numbers: Sequence[int]) -> dict[int, StoredRow]:
        """Those of these rows that there are. Raises `Unavailable`."""
        query = f"SELECT t._row, {document_sql(table)} FROM {table.name} AS t WHERE t._row = ANY($1::bigint[])"
        async with raw_connection(self._engine) as raw:
            return {row: _decode(document) for row, document in await raw.fetch(query, list(numbers))}

    async def compare(
        self,
        table: Table,
        payload: bytes,
        first_row: int,
        last_row: int,
        *,
        left_out: Sequence[int] = (),
        may_lack: bool = False,
        kept: Sequence[Column] = (),
        limit: int,
    ) -> list[RowPair]:
        """Rows as `RowStore.copy_rows` would bring them against those stored in the range: at most `limit` that differ in values or
        `_from`, by `_row`; None where there is none. `left_out` are rows of the payload that do not count; with `may_lack`, rows that are
        not stored are no difference. Columns `kept` are not compared: the file had none, and the rows took older values. Nothing is changed.

        Raises `Rejected` when PostgreSQL refuses a value, `Unavailable`."""
        async with raw_connection(self._engine) as raw, raw.transaction():
            await raw.execute(f"CREATE TEMPORARY TABLE reread (LIKE {table.name}) ON COMMIT DROP")
            await _copy(raw, table, payload)
            await raw.execute("DELETE FROM reread WHERE _row = ANY($1::bigint[])", list(left_out))
            pairs = await raw.fetch(_differing_sql(table, may_lack, kept), first_row, last_row, limit)
        return [(_decode(reread) if reread else None, _decode(stored) if stored else None) for reread, stored in pairs]

    async def same_key(self, table: Table, home: Table, row: int, key: Sequence[Column], limit: int) -> list[StoredRow]:
        # The values first, as parameters: a join on `IS NOT DISTINCT FROM` would read the whole table, whatever B-tree there is.
        """Rows of `table` with the same values in the `key` columns as row `row` of table `home`, by `_row`. Both have the columns;
        their types may differ. Raises `Unavailable`."""
        texts = ", ".join(f"({value_sql(home, column)})::text" for column in _columns_of(home, key))
        async with raw_connection(self._engine) as raw:
            values = await raw.fetchrow(f"SELECT {texts} FROM {home.name} AS t WHERE t._row = $1", row)
            if values is None:
                return []
            parameters = [value for value in values if value is not None]
            conditions = _equal_sql(_columns_of(table, key), _columns_of(home, key), list(values), table)
            query = f"SELECT {document_sql(table)} FROM {table.name} AS t WHERE {conditions} ORDER BY t._row LIMIT {int(limit)}"
            return [_decode(document) for (document,) in await raw.fetch(query, *parameters)]


async def _copy(raw: Any, table: Table, payload: bytes) -> None:
    if not payload:
        return
    cells = [column.name for column in table.columns] if table.layout == "columns" else ["_cells"]
    try:
        await raw.copy_to_table("reread", source=memoryview(payload), columns=["_from", "_row", *cells], format="csv")
    except asyncpg.DataError as error:
        raise Rejected("refused-by-postgres", f"PostgreSQL refused a value: {error}") from None


def _differing_sql(table: Table, may_lack: bool, kept: Sequence[Column]) -> str:
    names = {column.name for column in kept}
    compared = [column for column in table.columns if column.name not in names]
    reread, stored = json_object_sql(table, "reread", compared), json_object_sql(table, "stored", compared)
    return (
        f"SELECT CASE WHEN reread._row IS NOT NULL THEN {document_sql(table, 'reread')} END, "
        f"CASE WHEN stored._row IS NOT NULL THEN {document_sql(table, 'stored')} END "
        f"FROM reread FULL JOIN (SELECT * FROM {table.name} WHERE _row >= $1 AND _row < $2) AS stored "
        f"ON reread._row = stored._row WHERE {'stored._row IS NOT NULL AND ' if may_lack else ''}"
        f"(reread._row IS NULL OR stored._row IS NULL OR reread._from <> stored._from OR {reread} <> {stored}) "
        "ORDER BY coalesce(reread._row, stored._row) LIMIT $3"
    )


def _columns_of(table: Table, key: Sequence[Column]) -> list[Column]:
    known = {column.name: column for column in table.columns}
    return [known[column.name] for column in key]


def _equal_sql(columns: Sequence[Column], others: Sequence[Column], values: Sequence[str | None], table: Table) -> str:
    """Typed where the types are the same, so that a B-tree helps; else by text."""
    conditions: list[str] = []
    parameter = 0
    for column, other, value in zip(columns, others, values, strict=True):
        sql = value_sql(table, column)
        if value is None:
            conditions.append(f"{sql} IS NULL")
            continue
        parameter += 1
        same_type = column.type == other.type
        conditions.append(f"{sql} = ${parameter}::text::{stored_sql(column)}" if same_type else f"({sql})::text = ${parameter}::text")
    return " AND ".join(conditions)
