"""SearchIndex on PostgreSQL: the rows are the index. They can be searched as soon as they are there; `optimize` makes it fast.

Full text is a GIN index over an expression, made after publish: built during the load it would take longer than the load. Until it is
there, a search reads the table.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import NotFound
from backbone.model import StoredRow, Table, View
from backbone.postgres.columns_sql import visible_sql
from backbone.postgres.engine import check_postgres
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.raw import raw_connection, reading_connection
from backbone.postgres.words_sql import vector_sql
from backbone.query.ast import Facet, Search
from backbone.query.typos import SimilarWord, similar_words
from backbone.rows.audit import RowAudit
from backbone.search.port import NARROWED_ROWS_MAX, FacetCount, Page
from backbone.search.postgres.facets_sql import read_facets
from backbone.search.postgres.many_tables import in_few_statements, ranked_together
from backbone.search.postgres.page_reader import PageReader
from backbone.search.postgres.pages_sql import PageQuery, is_by_relevance
from backbone.search.postgres.similar_sql import ROWS_MAX, similar_words_sql
from backbone.search.postgres.vocabulary import Extent, extend_vocabulary, further_rows, read_extent, vocabulary_name, words_in_vocabulary

SETTLE_ROWS_MIN: Final = 5_000  # reading so few rows takes no longer than finding them in an index
BUILD_MEMORY: Final = "256MB"
LOCK_POLL_S: Final = 0.5
GIVES_WAY_BYTES_PER_S: Final = 2_000_000  # of the table: a few times what a build takes where nobody asks meanwhile


class PostgresIndex:
    keeps_documents = False

    def __init__(
        self,
        engine: AsyncEngine,
        readers: AsyncEngine | None = None,
        sessions: AsyncEngine | None = None,
        background: Callable[[AsyncEngine, float], AbstractAsyncContextManager[Any]] | None = None,
    ) -> None:
        """`readers`: connections for what clients ask, with a limit of time; `sessions`: those that no pooler stands before; else the same.
        `background`: one of `sessions` for an index to be built on, whose processes give way to others for so many seconds; where there is such."""
        self._engine = engine
        self._readers = readers or engine
        self._sessions = sessions or engine
        self._background = background
        self._indexed: set[str] = set()  # names of indices that were seen valid; there is one a table at most

    async def create(self, table: Table) -> None:
        return None

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        return {}

    async def delete(self, table: Table, ids: bytes) -> None:
        return None

    async def refresh(self, table: Table) -> None:
        return None

    async def count(self, view: View) -> int:
        async with raw_connection(self._engine) as raw:
            return int(await raw.fetchval(f"SELECT count(*) FROM {view.table.name} AS t WHERE {visible_sql()}", view.version))

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        async with raw_connection(self._engine) as raw:
            query = f"SELECT count(*) FROM {table.name} WHERE _row >= $1 AND _row < $2"
            return int(await raw.fetchval(query, first_row, last_row))

    def documents(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        return RowAudit(self._engine).in_order(table, first_row, last_row)

    async def search(self, view: View, search: Search) -> Page:
        async with reading_connection(self._readers) as raw:
            indexed = search.text is None or await self._is_indexed(raw, view.table)
            reader = PageReader(raw, view, search, indexed)
            return await (reader.by_relevance() if is_by_relevance(search) else reader.in_order())

    async def narrow(self, view: View, search: Search) -> Search:
        if search.text is None:
            return search
        async with reading_connection(self._readers) as raw:
            if not await self._is_indexed(raw, view.table):
                return search
            query = PageQuery(view, search, indexed=True)
            rows = [row for (row,) in await raw.fetch(query.rows_sql(NARROWED_ROWS_MAX + 1), *query.parameters.values)]
        return search if len(rows) > NARROWED_ROWS_MAX else structs.replace(search, text=None, filters=(), among=tuple(rows))

    async def search_many(self, searches: Sequence[tuple[View, Search]]) -> list[Page | None]:
        pages: list[Page | None] = [None] * len(searches)
        together = [number for number, (_, search) in enumerate(searches) if is_by_relevance(search)]
        indexed = await self._which_are_indexed([searches[number][0].table for number in together])
        for numbers in in_few_statements([searches[number] for number in together], indexed):
            places = [together[number] for number in numbers]
            try:
                async with reading_connection(self._readers) as raw:
                    found = await ranked_together(raw, [searches[place] for place in places], indexed)
            except NotFound:  # a table of them went meanwhile
                continue
            for place, page in zip(places, found, strict=True):
                pages[place] = page
        return pages

    async def _which_are_indexed(self, tables: Sequence[Table]) -> set[int]:
        names = {index_name(table): table.id for table in tables}
        if unknown := [name for name in names if name not in self._indexed]:
            async with reading_connection(self._readers) as raw:
                self._indexed.update(name for (name,) in await raw.fetch(_ARE_VALID, unknown))
        return {table for name, table in names.items() if name in self._indexed}

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        if not facets:
            return []
        async with reading_connection(self._readers) as raw:
            indexed = search.text is None or await self._is_indexed(raw, view.table)
            query = PageQuery(view, search, indexed)
            statement = query.facets_sql(facets)
            return read_facets(facets, await raw.fetch(statement, *query.parameters.values))

    async def similar_words(self, view: View, word: str, within_s: float | None = None) -> list[SimilarWord]:
        parameters = Parameters(view.version)
        statement = similar_words_sql(view.table, word, parameters)
        async with reading_connection(self._readers) as raw, raw.transaction(readonly=True):
            if within_s is not None:
                await raw.execute(f"SET LOCAL statement_timeout = {int(within_s * 1000)}")
            if (extent := await self._extent(raw, view.table)) is not None:
                return similar_words(word, await words_in_vocabulary(raw, view, word, extent))
            records = await raw.fetch(statement, *parameters.values)
        return similar_words(word, [(found, count) for found, count in records])

    async def typos_within(self, view: View) -> int | None:
        async with raw_connection(self._readers) as raw:
            extent = await self._extent(raw, view.table)
            is_all = extent is not None and extent.is_whole and await further_rows(raw, view.table, view.version, extent) <= ROWS_MAX
        return None if is_all else ROWS_MAX

    async def optimize(self, table: Table, version: int, *, in_background: bool = False) -> None:
        name = index_name(table)
        async with raw_connection(self._sessions) as raw:
            few = f"SELECT 1 FROM {table.name} LIMIT {SETTLE_ROWS_MIN}"
            rows, size = await raw.fetchrow(f"SELECT count(*), pg_table_size('{table.name}') FROM ({few}) AS few")
            if rows < SETTLE_ROWS_MIN:
                return
            await _lock(raw, name)
            try:
                if not await raw.fetchval(_IS_VALID, name):
                    await self._make_index(raw, table, name, size / GIVES_WAY_BYTES_PER_S if in_background else 0)
                await extend_vocabulary(self._engine, table, version, gives_way=in_background)
            finally:
                await raw.execute("SELECT pg_advisory_unlock(hashtext($1))", name)

    async def _make_index(self, raw: Any, table: Table, name: str, gives_way_s: float) -> None:
        if self._background and gives_way_s:
            async with self._background(self._sessions, gives_way_s) as background:
                await _make_index(background, table, name)
        else:
            await _make_index(raw, table, name)

    async def drop(self, table: Table) -> None:
        async with raw_connection(self._engine) as raw:
            for (name,) in await raw.fetch(_WORD_INDICES, table.name):
                await raw.execute(f"DROP INDEX IF EXISTS {name}")
            await raw.execute(f"DROP TABLE IF EXISTS {vocabulary_name(table)}")

    async def check(self) -> None:
        await check_postgres(self._engine)

    async def close(self) -> None:
        """The engine is not its own."""

    async def _extent(self, raw: Any, table: Table) -> Extent | None:
        """Of the vocabulary, where what it finds can be counted fast."""
        return await read_extent(raw, table) if await self._is_indexed(raw, table) else None

    async def _is_indexed(self, raw: Any, table: Table) -> bool:
        name = index_name(table)
        if name not in self._indexed and await raw.fetchval(_IS_VALID, name):
            self._indexed.add(name)
        return name in self._indexed


_ARE_VALID: Final = """
SELECT names.name FROM unnest($1::text[]) AS names (name) JOIN pg_index i ON i.indexrelid = to_regclass(names.name) WHERE i.indisvalid"""
_IS_VALID: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
_WORD_INDICES: Final = """
SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND c.relname LIKE $1 || '\\_words\\_%'"""


def index_name(table: Table) -> str:
    """Tells of the columns it covers: columns added later need another index."""
    digest = hashlib.sha256(vector_sql(table).encode()).hexdigest()[:8]
    return f"{table.name}_words_{digest}"


async def _lock(raw: Any, name: str) -> None:
    """Of the session, as CREATE INDEX CONCURRENTLY runs in no transaction; whoever comes second finds the index made. It is asked for again and
    again: who waits for it in a statement has a snapshot, and the one who builds waits for all that are older than its own."""
    while True:
        if await raw.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name):
            return
        await asyncio.sleep(LOCK_POLL_S)


async def _make_index(raw: Any, table: Table, name: str) -> None:
    # Invalid: a build that a crash or a restart cut short. It costs every write and serves no search.
    for (old,) in await raw.fetch(_WORD_INDICES, table.name):
        await raw.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old}")
    await raw.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'")
    try:
        await raw.execute(
            f"CREATE INDEX CONCURRENTLY {name} ON {table.name} USING gin (({vector_sql(table, table.name)})) WITH (fastupdate = off)"
        )
        await raw.execute(f"ANALYZE {table.name}")
    finally:
        await raw.execute("RESET maintenance_work_mem")
