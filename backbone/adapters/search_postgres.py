"""SearchIndex on PostgreSQL: the rows are the index. They can be searched as soon as they are there; `settle` makes it fast.

Full text is a GIN index over an expression, made after publish: built during the load it would take longer than the load. Until it is
there, a search reads the table.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.adapters.columns_sql import json_object_sql, visible_sql
from backbone.adapters.database import check_postgres
from backbone.adapters.query_sql import Key, Parameters, after_sql, filter_sql, matches_sql, order_keys, possible_sql, words_sql
from backbone.adapters.raw_postgres import raw_connection
from backbone.errors import NotFound
from backbone.model import Table, View
from backbone.ports.search_index import Hit, Page, Total
from backbone.query import Search

TOTAL_EXACT_MAX: Final = 10_000
SETTLE_ROWS_MIN: Final = 5_000  # reading so few rows takes no longer than finding them in an index
BUILD_MEMORY: Final = "256MB"


class PostgresIndex:
    keeps_documents = False

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def create(self, table: Table) -> None:
        return None

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        return {}

    async def refresh(self, table: Table) -> None:
        return None

    async def count(self, view: View) -> int:
        async with self._reading(view.table) as raw:
            return int(await raw.fetchval(f"SELECT count(*) FROM {view.table.name} AS t WHERE {visible_sql()}", view.version))

    async def search(self, view: View, search: Search) -> Page:
        query = _Query(view, search)
        async with self._reading(view.table) as raw:
            found = await raw.fetch(query.page_sql(), *query.parameters.values)
            more = len(found) > search.limit
            hits = tuple(query.hit(record) for record in found[: search.limit])
            total = Total(len(hits)) if not more and search.after is None else await self._total(raw, view, search)
        return Page(hits=hits, total=total, more=more)

    async def settle(self, table: Table) -> None:
        name = index_name(table)
        async with self._reading(table) as raw:
            rows = await raw.fetchval(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} LIMIT {SETTLE_ROWS_MIN}) AS few")
            if rows < SETTLE_ROWS_MIN:
                return
            # The lock is the session's, as CREATE INDEX CONCURRENTLY runs in no transaction; whoever comes second finds the index made.
            await raw.execute("SELECT pg_advisory_lock(hashtext($1))", name)
            try:
                await _make_index(raw, table, name)
            finally:
                await raw.execute("SELECT pg_advisory_unlock(hashtext($1))", name)

    async def drop(self, table: Table) -> None:
        async with raw_connection(self._engine) as raw:
            for (name,) in await raw.fetch(_WORD_INDICES, table.name):
                await raw.execute(f"DROP INDEX IF EXISTS {name}")

    async def check(self) -> None:
        await check_postgres(self._engine)

    async def close(self) -> None:
        """The engine is not its own."""

    async def _total(self, raw: Any, view: View, search: Search) -> Total:
        query = _Query(view, search, counting=True)
        value = await raw.fetchval(query.total_sql(), *query.parameters.values)
        return Total(TOTAL_EXACT_MAX, "gte") if value > TOTAL_EXACT_MAX else Total(value)

    @asynccontextmanager
    async def _reading(self, table: Table) -> AsyncIterator[Any]:
        try:
            async with raw_connection(self._engine) as raw:
                yield raw
        except asyncpg.UndefinedTableError:
            raise NotFound("no-index", f"There is no search index {table.name}.") from None


class _Query:
    """The SQL of one search. The page is found first, by keys alone; the values are read for its rows only."""

    def __init__(self, view: View, search: Search, counting: bool = False) -> None:
        self._table = view.table
        self._limit = search.limit
        self.parameters = Parameters(view.version)
        where = [visible_sql()]
        score = None
        if search.text is not None:
            matches = matches_sql(search.text, self.parameters)
            where.append(f"{words_sql(self._table)} @@ ({matches})")
            if (possible := possible_sql(self._table, search.text, self.parameters)) is not None:
                where.append(possible)
            score = None if counting else f"ts_rank({words_sql(self._table)}, {matches})::float8"
        where += [filter_sql(self._table, filter, self.parameters) for filter in search.filters]
        self._score = score
        self._keys: list[Key] = []
        if not counting:
            self._keys = order_keys(self._table, search, score)
            if (after := after_sql(self._keys, search, self.parameters)) is not None:
                where.append(after)
        self._where = " AND ".join(f"({each})" for each in where)

    def page_sql(self) -> str:
        keys = "".join(f", {key.sql} AS {key.name}" for key in self._keys)
        score = f", {self._score} AS score" if self._score else ", NULL::float8 AS score"
        order = ", ".join([*(key.order_sql(key.name) for key in self._keys), "_row"])
        texts = "".join(f", page.{key.name}" + ("" if key.type == "float8" else "::text") for key in self._keys)
        return (
            f"WITH page AS MATERIALIZED (SELECT t.ctid AS place, t._row{score}{keys} FROM {self._table.name} AS t "
            f"WHERE {self._where} ORDER BY {order} LIMIT {int(self._limit) + 1}) "
            f"SELECT page._row, {json_object_sql(self._table)} AS values, page.score{texts} "
            f"FROM page JOIN {self._table.name} AS t ON t.ctid = page.place "
            f"ORDER BY {', '.join([*(key.order_sql(f'page.{key.name}') for key in self._keys), 'page._row'])}"
        )

    def total_sql(self) -> str:
        rows = f"SELECT 1 FROM {self._table.name} AS t WHERE {self._where} LIMIT {TOTAL_EXACT_MAX + 1}"
        return f"SELECT count(*) FROM ({rows}) AS found"

    def hit(self, record: Any) -> Hit:
        row, values, score, *keys = record
        return Hit(row=row, values=msgspec.Raw(values.encode()), score=score, position=(*keys, row))


_WORD_INDICES: Final = """
SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND c.relname LIKE $1 || '\\_words\\_%'"""


def index_name(table: Table) -> str:
    """Tells of the columns it covers: columns added later need another index."""
    digest = hashlib.sha256(words_sql(table).encode()).hexdigest()[:8]
    return f"{table.name}_words_{digest}"


async def _make_index(raw: Any, table: Table, name: str) -> None:
    is_valid = await raw.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name)
    if is_valid:
        return
    # Invalid: a build that a crash or a restart cut short. It costs every write and serves no search.
    for (old,) in await raw.fetch(_WORD_INDICES, table.name):
        await raw.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old}")
    await raw.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'")
    try:
        await raw.execute(
            f"CREATE INDEX CONCURRENTLY {name} ON {table.name} USING gin (({words_sql(table, table.name)})) WITH (fastupdate = off)"
        )
        await raw.execute(f"ANALYZE {table.name}")
    finally:
        await raw.execute("RESET maintenance_work_mem")
