"""What Elasticsearch cannot answer is answered by the rows among those that it finds: the same as by all rows, whatever their number."""

import secrets
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, Table, View
from backbone.postgres.engine import transaction
from backbone.query.ast import Facet, Search
from backbone.rows.store import RowStore
from backbone.search.elasticsearch import narrow
from backbone.search.elasticsearch.index import ElasticsearchIndex
from backbone.search.port import FacetCount, Hit, Page
from backbone.search.postgres import index as postgres
from backbone.search.postgres.index import PostgresIndex
from services.query.search.filters import parse_filter, parse_sort
from services.query.search.query_language import parse_query

COLUMNS = tuple(Column(name=name, title=name, type="text", prose=name == "note") for name in ("name", "kind", "note"))
GOODS = Table(id=1, columns=COLUMNS)
KINDS = ("Tee", "tee", "Éclair", "eclair", "Zimt")


class Asked(PostgresIndex):
    """Keeps what it is asked."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.searches: list[Search] = []

    async def search(self, view: View, search: Search) -> Page:
        self.searches.append(search)
        return await super().search(view, search)

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        self.searches.append(search)
        return await super().facets(view, search, facets)


class Ground(msgspec.Struct):
    index: ElasticsearchIndex
    rows: Asked
    view: View


async def load(engine: AsyncEngine, rows: int) -> RowStore:
    store = RowStore(engine)
    lines = (f'1,{row},"Ware {row % 7}",{KINDS[row % 5]},"red line {row}"\n' for row in range(rows))
    async with transaction(engine) as connection:
        await store.create_table(connection, GOODS)
        await store.copy_rows(connection, GOODS, "".join(lines).encode())
    return store


@pytest.fixture
async def ground(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    rows = Asked(engine)
    index = ElasticsearchIndex(request.getfixturevalue("stack").elasticsearch, f"rowmill-test-{secrets.token_hex(6)}", rows)
    try:
        store = await load(engine, 40)
        await index.create(GOODS)
        async for block in store.documents(GOODS, 0, 1 << 60):
            assert await index.put(GOODS, block) == {}
        await index.refresh(GOODS)
        yield Ground(index, rows, View(dataset="d", table=GOODS, version=1))
    finally:
        await index.drop(GOODS)
        await index.close()


def search_of(q: str, filters: Sequence[str], sort: str, after: Hit | None = None) -> Search:
    return Search(
        text=parse_query(q, bytes_max=4096, clauses_max=50, columns=COLUMNS) if q else None,
        filters=tuple(parse_filter(each, COLUMNS) for each in filters),
        sort=parse_sort(sort, COLUMNS),
        limit=4,
        after=None if after is None else after.position,
    )


async def walk(ground: Ground, q: str, filters: Sequence[str], sort: str) -> list[tuple[int, int]]:
    """The row and the total of each, page by page."""
    found: list[tuple[int, int]] = []
    after = None
    while True:
        page = await ground.index.search(ground.view, search_of(q, filters, sort, after))
        found += [(hit.row, page.total.value) for hit in page.hits]
        if not page.more:
            return found
        after = page.hits[-1]


CASES = [
    ("red", (), "kind"),
    ("ware 3", (), "-kind,name"),
    ("", ("kind:eq:Tee",), "name"),
    ("", ("kind:contains:cla", "name:eq:Ware 2"), ""),
    ("red", ("kind:contains:ee",), ""),
    ("red -4", ("note:prefix:red",), "-name"),
    ("nothing", (), "kind"),
    ("", (), "kind"),
]


@pytest.mark.stack
@pytest.mark.parametrize(("q", "filters", "sort"), CASES)
async def test_the_rows_are_asked_of_those_that_the_index_finds(
    ground: Ground, q: str, filters: Sequence[str], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "ROWS_AT_ONCE", 3)
    among = await walk(ground, q, filters, sort)
    assert all(
        (search.among is not None) == bool(q or "name:eq:Ware 2" in filters or "kind:eq:Tee" in filters) for search in ground.rows.searches
    )
    ground.rows.searches.clear()
    monkeypatch.setattr(narrow, "NARROWED_ROWS_MAX", -1)
    assert await walk(ground, q, filters, sort) == among
    assert all(search.among is None for search in ground.rows.searches) and ground.rows.searches


@pytest.mark.stack
async def test_facets_are_counted_among_them(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    search, facets = search_of("red", ("name:eq:Ware 2",), ""), [Facet(column=COLUMNS[2])]
    counts = await ground.index.facets(ground.view, search, facets)
    assert ground.rows.searches[-1].among == (2, 9, 16, 23, 30, 37)
    monkeypatch.setattr(narrow, "NARROWED_ROWS_MAX", -1)
    assert await ground.index.facets(ground.view, search, facets) == counts


async def test_without_elasticsearch_the_rows_answer_alone(engine: AsyncEngine) -> None:
    await load(engine, 40)
    away, view = ElasticsearchIndex("http://127.0.0.1:9", "rowmill-test", PostgresIndex(engine)), View(dataset="d", table=GOODS, version=1)
    try:
        search = search_of("red 4", ("name:eq:Ware 4",), "kind")
        assert await away.narrow(view, search) == search
        assert await away.search(view, search) == await PostgresIndex(engine).search(view, search)
    finally:
        await away.close()


async def test_rows_with_an_index_of_words_are_named_by_it(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    index, view = PostgresIndex(engine), View(dataset="d", table=GOODS, version=1)
    await load(engine, 5_000)
    search = search_of("red 4321", ("kind:eq:tee",), "")
    assert await index.narrow(view, search) == search  # before there is one
    await index.optimize(GOODS, 1)
    narrowed = await index.narrow(view, search)
    assert (narrowed.text, narrowed.filters, narrowed.among) == (None, (), (4321,))
    without_words = search_of("", ("kind:eq:tee",), "")
    assert await index.narrow(view, without_words) == without_words
    monkeypatch.setattr(postgres, "NARROWED_ROWS_MAX", 999)
    assert (await index.narrow(view, search_of("red", ("kind:eq:tee",), ""))).among is None  # 1,000 of them
