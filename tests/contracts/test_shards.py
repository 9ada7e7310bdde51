"""An index with several shards answers as one shard does: facets exactly, whatever the shards have most of, and never in part."""

import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Unavailable
from backbone.model import ROWS_FROM, ROWS_TO, Column, Table, View
from backbone.postgres.engine import transaction
from backbone.query.ast import Facet, Search
from backbone.rows.store import RowStore
from backbone.search.elasticsearch import facets as facets_module
from backbone.search.elasticsearch.index import ElasticsearchIndex
from backbone.search.elasticsearch.query_dsl import index_body
from backbone.search.port import FacetCount
from backbone.search.postgres.index import PostgresIndex

STEEPNESS = (0.5, 1.0, 2.0, 4.0)  # of how the values of a column are spread: 1.0 evenly
FIRST_DAY = date(2026, 1, 1)
COLUMNS = (
    *(Column(name=f"text_{place}", title=f"text_{place}", type="text") for place in range(len(STEEPNESS))),
    *(Column(name=f"number_{place}", title=f"number_{place}", type="integer") for place in range(len(STEEPNESS))),
    Column(name="day", title="day", type="date"),
    Column(name="own", title="own", type="text"),
)
GOODS = Table(id=1, columns=COLUMNS, shards=5)
VIEW = View(dataset="d", table=GOODS, version=1)
ROWS = 900
KINDS = 90

Counted = list[tuple[Any, int]]


class Counting(PostgresIndex):
    """Keeps which facets it was asked for."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.asked: list[str] = []

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        self.asked += [facet.column.name for facet in facets]
        return await super().facets(view, search, facets)


class Ground(msgspec.Struct):
    index: ElasticsearchIndex
    rows: Counting
    url: str
    values: list[tuple[str | int, ...]]


def drawn_values() -> list[tuple[str | int, ...]]:
    """Of each row the values of its columns."""
    drawn = random.Random(4711)
    values: list[tuple[str | int, ...]] = []
    for row in range(ROWS):
        places = [int(KINDS * drawn.random() ** steep) for steep in STEEPNESS * 2]
        values.append(
            (
                *(f"v{place:02}" for place in places[: len(STEEPNESS)]),
                *places[len(STEEPNESS) :],
                str(FIRST_DAY + timedelta(days=places[3])),
                f"row {row:04}",
            )
        )
    return values


@pytest.fixture
async def ground(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    server, prefix = request.getfixturevalue("stack").elasticsearch, f"rowmill-test-{secrets.token_hex(6)}"
    rows, store, values = Counting(engine), RowStore(engine), drawn_values()
    index = ElasticsearchIndex(server, prefix, rows)
    try:
        async with transaction(engine) as connection:
            await store.create_table(connection, GOODS)
            lines = (f"1,{row},{','.join(map(str, cells))}\n" for row, cells in enumerate(values))
            await store.copy_rows(connection, GOODS, "".join(lines).encode())
        await index.create(GOODS)
        async for block in store.documents(GOODS, ROWS_FROM, ROWS_TO):
            assert await index.put(GOODS, block) == {}
        await index.refresh(GOODS)
        yield Ground(index, rows, f"{server}/{prefix}-{GOODS.name}", values)
    finally:
        await index.drop(GOODS)
        await index.close()


@pytest.fixture
def home() -> str:
    return "distributed"


def exact(ground: Ground, facet: Facet) -> Counted:
    place = COLUMNS.index(facet.column)
    counts = Counter(cells[place] for cells in ground.values)
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[: facet.top]


async def counted(ground: Ground, facets: Sequence[Facet]) -> list[Counted]:
    found = await ground.index.facets(VIEW, Search(), facets)
    return [[(msgspec.json.decode(one.value or b""), one.count) for one in facet] for facet in found]


@pytest.mark.stack
@pytest.mark.parametrize("named", [1, 4, 20, 10_000])
@pytest.mark.parametrize("beside", [0, 5, 500])
async def test_facets_are_exact_whatever_each_shard_names(ground: Ground, named: int, beside: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", named)
    monkeypatch.setattr(facets_module, "BESIDE", beside)
    facets = [Facet(column=column, top=top) for column in COLUMNS for top in (1, 3, 10)]
    assert await counted(ground, facets) == [exact(ground, facet) for facet in facets]
    if named == 10_000:  # all values there are
        assert ground.rows.asked == []
    if named + beside < 10:  # of values that are all different no list is long enough but one of all
        assert "own" in ground.rows.asked


@pytest.mark.stack
async def test_what_the_shards_name_at_first_would_be_wrong(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the test above are such that they tell."""
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", 10)
    monkeypatch.setattr(facets_module, "BESIDE", 0)
    monkeypatch.setattr(facets_module, "_is_whole", lambda *_: True)
    facets = [Facet(column=column, top=10) for column in COLUMNS[:-1]]
    assert await counted(ground, facets) != [exact(ground, facet) for facet in facets]


@pytest.mark.stack
async def test_a_facet_that_is_certain_is_not_counted_in_the_rows(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets_module, "NAMED_BY_EACH_SHARD", 40)
    monkeypatch.setattr(facets_module, "BESIDE", 25)
    own, *steep = (Facet(column=column, top=2) for column in (COLUMNS[-1], COLUMNS[3], COLUMNS[7], COLUMNS[8]))
    assert await counted(ground, [own, *steep]) == [exact(ground, facet) for facet in (own, *steep)]
    assert ground.rows.asked == ["own"]


@pytest.mark.long
@pytest.mark.stack
async def test_a_shard_that_does_not_answer_is_told_and_not_left_out(ground: Ground) -> None:
    """Where each node may have one shard of an index, one node has no place for the others. Their documents would be left out."""
    away = msgspec.structs.replace(VIEW, table=msgspec.structs.replace(GOODS, id=2))
    url = ground.url.removesuffix(GOODS.name) + away.table.name
    body = index_body(away.table)
    body = {**body, "settings": {**body["settings"], "index.routing.allocation.total_shards_per_node": 1}}
    async with httpx.AsyncClient(timeout=60) as http:
        (await http.put(f"{url}?wait_for_active_shards=1", json=body)).raise_for_status()
        partial = (await http.get(f"{url}/_search")).raise_for_status().json()["_shards"]
    assert partial["successful"] < partial["total"] == away.table.shards
    index = ground.index
    with pytest.raises(Unavailable):
        await index.search(away, Search(limit=1_000))
    with pytest.raises(Unavailable):
        await index.facets(away, Search(), [Facet(column=COLUMNS[0], top=3)])
    with pytest.raises(Unavailable):
        await index.count(away)
    with pytest.raises(Unavailable):
        await index.count_rows(away.table, ROWS_FROM, ROWS_TO)
    with pytest.raises(Unavailable):
        async for _ in index.documents(away.table, ROWS_FROM, ROWS_TO):
            pass
    with pytest.raises(Unavailable):
        await index.similar_words(away, "v2")
    assert await index.search_many([(away, Search())]) == [None]
    await index.drop(away.table)
