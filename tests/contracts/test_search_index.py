"""SearchIndex's contract: the same rows, searches and answers in both homes, in the same order, and whatever shards an index has."""

import asyncio
import copy
import random
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.model import WORDS_RULE_MIN, Column, ColumnType, Table, View
from backbone.postgres.engine import transaction
from backbone.query.ast import Search
from backbone.query.words import folded_words, token_line, tokens
from backbone.rows.document_lines import document_line
from backbone.rows.store import RowStore
from backbone.search.elasticsearch.index import ElasticsearchIndex
from backbone.search.elasticsearch.query_dsl import index_body
from backbone.search.port import Hit, Page, SearchIndex
from backbone.search.postgres.index import PostgresIndex
from services.query.search.facets import find_bounds, parse_facets
from services.query.search.filters import parse_filter, parse_sort
from services.query.search.query_language import parse_query
from tests.contracts.cells_csv import fold_cells
from tests.unit.query.oracle import ranked


def column(name: str, type: ColumnType = "text", format: str | None = None) -> Column:
    return Column(name=name, title=name, type=type, format=format)


PRODUCTS = Table(
    id=1,
    columns=(
        column("name"),
        column("note"),
        column("stock", "integer"),
        column("price", "decimal"),
        column("active", "boolean"),
        column("made", "date"),
        column("sold", "timestamp", "%Y-%m-%dT%H:%M:%S%.3fZ"),
        column("day", "date", "%d/%m/%Y"),
    ),
)
PROSE = Table(id=2, columns=tuple(msgspec.structs.replace(each, prose=each.name == "note") for each in PRODUCTS.columns))
CODES = msgspec.structs.replace(PRODUCTS, columns=tuple(msgspec.structs.replace(each, codes=True) for each in PRODUCTS.columns))
OF_BEFORE = msgspec.structs.replace(PRODUCTS, words_rule=WORDS_RULE_MIN)
# _from,_row,name,note,stock,price,active,made,sold,day -- `day` goes in as PostgreSQL reads it and comes out as it stood in the file
ROWS = """\
1,1,Red Shoes,"comfortable, red and light",10,1.10,true,2026-01-02,2026-01-02T03:04:05.120Z,2026-01-12
1,2,Crème brûlée,sweet 3.14 at example.com,9007199254740993,12345678901234567890.123456,false,2025-12-31,2025-12-31T23:59:59.999Z,2025-12-01
1,3,Łódź Straße,vaba-173710,-5,-0.50,true,0999-01-01,1999-01-01T00:00:00.000Z,1999-02-28
1,4,"He said ""hi"" \\back\\slash","two
lines ☂ 😀 \x02 john@example.com",,,,,,
1,5,red shoe polish,don't stop_now,10,2.00,false,2026-01-02,2026-01-02T03:04:05.121Z,2026-01-12
1,6,blue SHOES,Привет ΑΘΗΝΑ 日本語,0,1.1,true,2026-03-01,2026-03-01T12:00:00.000Z,2026-03-01
""".encode()
EVERY = {1, 2, 3, 4, 5, 6}


@dataclass(frozen=True)
class Ground:
    """A search index of either home, and rows to fill it with."""

    home: str
    engine: AsyncEngine
    rows: RowStore
    index: SearchIndex
    shards: int = 1

    async def load(self, table: Table, payload: bytes) -> View:
        table = msgspec.structs.replace(table, shards=self.shards)
        async with transaction(self.engine) as connection:
            await self.rows.create_table(connection, table)
            await self.rows.copy_rows(connection, table, fold_cells(payload) if table.layout == "cells" else payload)
        await self.index.create(table)
        await self.put(table)
        return View(dataset="d", table=table, version=1)

    async def put(self, table: Table) -> None:
        async for block in self.rows.documents(table, 0, 1 << 60):
            assert await self.index.put(table, block) == {}
        await self.index.refresh(table)

    async def mark(self, table: Table, statement: str) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement))
        await self.put(table)


@pytest.fixture(
    params=["embedded", *(pytest.param(place, marks=pytest.mark.stack) for place in ("distributed", "distributed in 3 shards"))]
)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(place: str) -> str:
    return place.split()[0]


@pytest.fixture
async def ground(place: str, home: str, engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    if home == "embedded":
        yield Ground(home, engine, RowStore(engine), PostgresIndex(engine))
        return
    prefix = f"rowmill-test-{secrets.token_hex(6)}"
    index = ElasticsearchIndex(request.getfixturevalue("stack").elasticsearch, prefix, PostgresIndex(engine))
    try:
        yield Ground(home, engine, RowStore(engine), index, 1 if place == home else 3)
        for number in range(1, 6):
            await index.drop(Table(id=number, columns=()))
    finally:
        await index.close()


async def find(
    ground: Ground,
    view: View,
    q: str = "",
    filters: Sequence[str] = (),
    sort: str = "",
    limit: int = 50,
    after: Hit | None = None,
    backward: bool = False,
) -> Page:
    search = Search(
        text=parse_query(q, bytes_max=4096, clauses_max=50, columns=view.table.columns),
        filters=tuple(parse_filter(each, view.table.columns) for each in filters),
        sort=parse_sort(sort, view.table.columns),
        limit=limit,
        backward=backward,
        after=None
        if after is None
        else msgspec.json.decode(msgspec.json.encode(after.position), type=tuple[str | int | float | bool | None, ...]),
    )
    return await ground.index.search(view, search)


def numbers(page: Page) -> list[int]:
    return [hit.row for hit in page.hits]


QUERIES = {
    "shoes": {1, 6},
    "SHOES red": {1},
    "red shoe": {5},
    "shoe*": {1, 5, 6},
    '"red shoes"': {1},
    '"shoes red"': set(),
    '"polish don\'t"': set(),  # no phrase reaches from one column into the next
    '"red and light"': {1},
    "-red": {2, 3, 4, 6},
    "shoes -red": {6},
    "brulee OR polish": {2, 5},
    "shoes brulee OR light": {1},
    "(red shoes) OR (blue shoes)": {1, 6},
    "-(shoes OR red)": {2, 3, 4},
    "--red": {1, 5},
    "-red OR shoes": {1, 2, 3, 4, 6},
    "red -(light OR -shoes)": set(),
    "creme": {2},
    "CRÈME BRÛL*": {2},
    "lodz strasse": {3},
    "łódź STRAßE": {3},
    "vaba": {3},
    "vaba-173710": {3},
    "vaba-1737*": {3},
    "173710": {3},
    "vaba_173710": {3},
    "vaba173710": {3},
    "173710 vaba": {3},
    '"173710 vaba"': set(),
    "3.14": {2},
    "3": {2},
    "03": {1, 5, 6},
    "example.com": {2, 4},
    "example": {2, 4},
    "examplecom": {2, 4},
    "example*": {2, 4},
    "john@example.com": {4},
    "don't": {5},
    "don": {5},
    "dont": {5},
    "stop": {5},
    "xcolumnborderx": set(),
    "x*": set(),
    "red -x*": {1, 5},
    "name:red": {1, 5},
    "name:SHOES note:light": {1},
    "note:red": {1},
    "note:re*": {1},
    'name:"red shoe"': {5},
    'name:"red sh*"': set(),
    "stock:10": {1, 5},
    "-name:red": {2, 3, 4, 6},
    "red AND light": {1},
    "red NOT light": {5},
    "red AND NOT light": {5},
    "NOT red": {2, 3, 4, 6},
    "2026-01*": {1, 5},
    "1.1": {1, 6},
    "stop_now": {5},
    "привет": {6},
    "αθηνα": {6},
    "日本": {6},
    "本日": set(),
    "hi": {4},
    "back slash": {4},
    "lines john": {4},
    "1.10": {1, 6},
    "12345678901234567890.123456": {2},
    "9007199254740993": {2},
    "true": {1, 3, 6},
    "2026-03-01": {6},
    "12/01/2026": {1, 5},
    "* - & red": {1, 5},
}


@pytest.mark.parametrize("table", [PRODUCTS, PROSE, CODES, OF_BEFORE], ids=["plain", "prose", "codes", "of before"])
async def test_queries(ground: Ground, table: Table) -> None:
    view = await ground.load(table, ROWS)
    answers = {}
    for q in QUERIES:
        page = await find(ground, view, q)
        assert page.total.value == len(page.hits)
        answers[q] = set(numbers(page))
    assert answers == QUERIES


async def test_an_index_that_joins_no_codes_gets_them_joined(ground: Ground) -> None:
    """As where a pod of an older version made it while the table was new already."""
    if isinstance(ground.index, ElasticsearchIndex):
        body = copy.deepcopy(index_body(msgspec.structs.replace(CODES, columns=PRODUCTS.columns, shards=ground.shards)))
        del body["settings"]["analysis"]["analyzer"]["codes"]
        await ground.index._ask("PUT", ground.index._path(CODES), body)
    view = await ground.load(CODES, ROWS)
    assert {q: set(numbers(await find(ground, view, q))) for q in QUERIES} == QUERIES


FILTERS = {
    "name:eq:Red Shoes": {1},
    "name:eq:red shoes": set(),
    "name:ne:Red Shoes": {2, 3, 4, 5, 6},
    'name:eq:He said "hi" \\back\\slash': {4},
    "name:in:Red Shoes,blue SHOES": {1, 6},
    'note:in:"comfortable, red and light",vaba-173710': {1, 3},
    "name:prefix:Red": {1},
    'name:prefix:He said "hi" \\': {4},
    "name:contains:SHOE": {1, 5, 6},
    "name:contains:back\\slash": {4},
    "note:contains:*": set(),
    "note:contains:two\nlines": {4},
    "note:prefix:vaba": {3},
    "note:exists:true": EVERY,
    "name:lt:a": {1, 2, 4},
    "name:gte:red": {5, 3},
    "name:exists:true": EVERY,
    "stock:exists:true": {1, 2, 3, 5, 6},
    "stock:exists:false": {4},
    "stock:eq:9007199254740993": {2},
    "stock:eq:9007199254740992": set(),
    "stock:ne:10": {2, 3, 4, 6},
    "stock:lt:0": {3},
    "stock:lte:0": {3, 6},
    "stock:gt:10": {2},
    "stock:gte:10": {1, 2, 5},
    "stock:in:10,0": {1, 5, 6},
    "price:eq:1.1": {1, 6},
    "price:eq:1.10": {1, 6},
    "price:ne:2": {1, 2, 3, 4, 6},
    "price:lt:0": {3},
    "price:gte:2.00": {2, 5},
    "price:in:2,-0.5": {3, 5},
    "price:exists": {1, 2, 3, 5, 6},
    "active:eq:true": {1, 3, 6},
    "active:ne:true": {2, 4, 5},
    "active:in:true,false": {1, 2, 3, 5, 6},
    "active:exists:false": {4},
    "made:eq:2026-01-02": {1, 5},
    "made:lt:2026-01-01": {2, 3},
    "made:lte:0999-01-01": {3},
    "made:in:2026-03-01,0999-01-01": {3, 6},
    "made:exists:false": {4},
    "sold:eq:2026-01-02T03:04:05.120Z": {1},
    "sold:gt:2026-01-02T03:04:05.120Z": {5, 6},
    "sold:gte:2026-01-01": {1, 5, 6},
    "sold:ne:2026-01-02T03:04:05.120Z": {2, 3, 4, 5, 6},
    "day:eq:12/01/2026": {1, 5},
    "day:gte:12/01/2026": {1, 5, 6},
    "day:lt:2026-01-12": {2, 3},
    "day:in:12/01/2026,28/02/1999": {1, 3, 5},
    "day:exists:false": {4},
}


@pytest.mark.parametrize("table", [PRODUCTS, PROSE, CODES], ids=["plain", "prose", "codes"])
async def test_filters(ground: Ground, table: Table) -> None:
    view = await ground.load(table, ROWS)
    answers = {each: set(numbers(await find(ground, view, filters=[each]))) for each in FILTERS}
    assert answers == FILTERS
    assert numbers(await find(ground, view, "red", ["stock:eq:10", "price:gt:1.5"])) == [5]


SORTS = {
    "": [1, 2, 3, 4, 5, 6],
    "name": [6, 2, 4, 3, 5, 1],
    "-name": [1, 5, 3, 4, 2, 6],
    "name:binary": [2, 4, 1, 6, 5, 3],
    "-name:binary": [3, 5, 6, 1, 4, 2],
    "stock": [3, 6, 1, 5, 2, 4],
    "-stock": [2, 1, 5, 6, 3, 4],
    "price": [3, 1, 6, 5, 2, 4],
    "-price": [2, 5, 1, 6, 3, 4],
    "active": [2, 5, 1, 3, 6, 4],
    "-active": [1, 3, 6, 2, 5, 4],
    "made": [3, 2, 1, 5, 6, 4],
    "-made": [6, 1, 5, 2, 3, 4],
    "sold": [3, 2, 1, 5, 6, 4],
    "-sold": [6, 5, 1, 2, 3, 4],
    "day": [3, 2, 1, 5, 6, 4],
    "-day": [6, 1, 5, 2, 3, 4],
    "-active,price": [3, 1, 6, 5, 2, 4],
    "-stock,-price,name": [2, 5, 1, 6, 3, 4],
    "active,-day,sold": [5, 2, 6, 1, 3, 4],
    "note": [1, 5, 2, 4, 3, 6],
}


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_sorts_and_pages_give_each_row_once(ground: Ground, limit: int) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    answers = {sort: await walk(ground, view, sort=sort, limit=limit) for sort in SORTS}
    assert answers == SORTS


async def test_many_rows_without_a_value_come_last_and_once(ground: Ground) -> None:
    table = msgspec.structs.replace(PRODUCTS, id=2)
    full = "x,y,{0},{0}.5,true,2026-01-0{0},2026-01-0{0}T00:00:00.000Z,2026-01-0{0}"
    lines = [f"1,{row},{',' * 7 if row % 2 else full.format(row)}" for row in range(1, 8)]
    view = await ground.load(table, ("\n".join(lines) + "\n").encode())
    for each in table.columns:
        assert await walk(ground, view, sort=each.name, limit=1) == [2, 4, 6, 1, 3, 5, 7]
        order = [2, 4, 6] if each.name in ("name", "note", "active") else [6, 4, 2]
        assert await walk(ground, view, sort=f"-{each.name}", limit=1) == [*order, 1, 3, 5, 7]


async def walk(ground: Ground, view: View, q: str = "", sort: str = "", limit: int = 3) -> list[int]:
    """Forward to the last page, and from there back to the first: the same rows both times."""
    pages = [await find(ground, view, q, sort=sort, limit=limit)]
    while pages[-1].more:
        assert len(pages[-1].hits) == limit
        pages.append(await find(ground, view, q, sort=sort, limit=limit, after=pages[-1].hits[-1]))
    assert {page.total for page in pages} == {pages[0].total}
    for place in range(len(pages) - 1, 0, -1):
        before = await find(ground, view, q, sort=sort, limit=limit, after=pages[place].hits[0], backward=True)
        assert numbers(before) == numbers(pages[place - 1])
        assert before.more == (place > 1)
    return [number for page in pages for number in numbers(page)]


async def test_relevance_comes_in_pages_too(ground: Ground) -> None:
    table = Table(id=2, columns=(column("text"),))
    payload = "".join(f"1,{row},{'needle ' * (row % 4)}{'hay ' * (row % 7)}\n" for row in range(60)).encode()
    view = await ground.load(table, payload)
    expected = {row for row in range(60) if row % 4}
    whole = await find(ground, view, "needle", limit=60)
    scores = [hit.score for hit in whole.hits]
    assert set(numbers(whole)) == expected
    assert all(score is not None and score > 0 for score in scores)
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert await walk(ground, view, "needle", limit=7) == numbers(whole)
    assert await walk(ground, view, "needle", sort="-text", limit=7) == numbers(await find(ground, view, "needle", sort="-text", limit=60))


def texts_of(page: Page) -> dict[int, dict[str, str | None]]:
    """The rows of a page as the texts of their values."""
    return {hit.row: {name: as_text(bytes(value)) for name, value in members(hit).items()} for hit in page.hits}


def members(hit: Hit) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(hit.values, type=dict[str, msgspec.Raw])


def as_text(value: bytes) -> str | None:
    return None if value == b"null" else str(msgspec.json.decode(value)) if value.startswith(b'"') else value.decode()


@pytest.mark.parametrize("table", [PRODUCTS, PROSE, CODES], ids=["plain", "prose", "codes"])
async def test_rows_come_in_the_order_that_their_words_give_them(ground: Ground, table: Table) -> None:
    view = await ground.load(table, ROWS)
    rows = texts_of(await find(ground, view))
    for q in QUERIES:
        node = parse_query(q, bytes_max=4096, clauses_max=50, columns=table.columns)
        assert node is not None
        page = await find(ground, view, q)
        assert [(hit.row, hit.score) for hit in page.hits] == ranked(rows, node, table), q


NEAR = """1,1,Teapot,blue teapot,,,,,,
1,2,depot,teapots and tpot,,,,,,
1,3,TEAPOT,,,,,,,
1,4,Tëapot,x teapot-teapot x,,,,,,
1,5,приветы,крас приветы,,,,,,
1,6,chocolate,chokolat chocolates chocolatier,,,,,,
""".encode()
SIMILAR = {
    "teapot": [("teapot", 3, 0), ("teapots", 1, 1)],
    "tepot": [("teapot", 3, 1), ("depot", 1, 1), ("tpot", 1, 1)],
    "taepot": [("teapot", 3, 1)],
    "teapotz": [("teapot", 3, 1), ("teapots", 1, 1)],
    "eapot": [("teapot", 3, 1)],
    "wholly": [],
    "привет": [("приветы", 1, 1)],
    "chocolat": [("chocolate", 1, 1), ("chokolat", 1, 1), ("chocolates", 1, 2)],
}


@pytest.mark.parametrize("table", [PRODUCTS, PROSE, CODES], ids=["plain", "prose", "codes"])
async def test_words_that_are_like_another_one(ground: Ground, table: Table) -> None:
    view = await ground.load(table, NEAR + b"2,7,tepots,,,,,,,\n")  # of a version that is not this one
    assert await similar(ground, view) == SIMILAR


async def similar(ground: Ground, view: View) -> dict[str, list[tuple[str, int, int]]]:
    return {word: [(each.word, each.rows, each.steps) for each in await ground.index.similar_words(view, word)] for word in SIMILAR}


@pytest.mark.parametrize("through", [1, 2])
async def test_words_that_are_like_another_one_of_very_many_rows(ground: Ground, through: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rows themselves are too many to be read, a vocabulary knows the words; what was published behind it is read all the same."""
    if ground.home == "embedded":
        monkeypatch.setattr("backbone.search.postgres.index.SETTLE_ROWS_MIN", 1)
        for module in ("index", "vocabulary"):
            monkeypatch.setattr(f"backbone.search.postgres.{module}.ROWS_MAX", 2)
        monkeypatch.setattr("backbone.search.postgres.similar_sql.ROWS_MAX", 2)
    near = NEAR.replace(b"1,6,", b"%d,6," % through)
    view = msgspec.structs.replace(await ground.load(PRODUCTS, near + b"3,7,tepots,,,,,,,\n"), version=2)
    if ground.home == "embedded":
        assert await ground.index.typos_within(view) == 2
        assert await similar(ground, view) != SIMILAR
    for _ in range(2):
        await ground.index.optimize(PRODUCTS, 1)
    assert await ground.index.typos_within(view) is None
    assert await similar(ground, view) == SIMILAR
    await ground.index.drop(PRODUCTS)


async def test_a_score_depends_on_the_row_alone(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    before = {q: [(hit.row, hit.score) for hit in (await find(ground, view, q)).hits] for q in QUERIES}
    more = b"".join(b"2,%d,red shoe polish,red red red light,1,1,true,2026-01-02,,\n" % row for row in range(10, 400))
    async with transaction(ground.engine) as connection:
        await ground.rows.copy_rows(connection, PRODUCTS, more)
    await ground.put(PRODUCTS)
    assert {q: [(hit.row, hit.score) for hit in (await find(ground, view, q)).hits] for q in QUERIES} == before


async def test_a_walk_by_relevance_through_very_many_matches_gives_each_once(ground: Ground) -> None:
    table = Table(id=2, columns=(column("text"),))
    rows = 5_600  # more than are weighed in the embedded home
    view = await ground.load(table, "".join(f"1,{row},needle {'needle' * (row % 2)} {row}\n" for row in range(rows)).encode())
    found = await walk(ground, view, "needle", limit=900)
    assert len(found) == rows
    assert set(found) == set(range(rows))
    assert set(await walk(ground, view, "-needle OR needle", limit=2_000)) == set(range(rows))


FACETS = {
    "name:top:2": [("Crème brûlée", 1), ('He said "hi" \\back\\slash', 1)],
    "stock:top": [(10, 2), (-5, 1), (0, 1), (9007199254740993, 1)],
    "price:top:1": [(1.1, 2)],
    "active": [(True, 3), (False, 2)],
    "made:top:1": [("2026-01-02", 2)],
    "day:top:1": [("12/01/2026", 2)],
    "note:top:1": [("comfortable, red and light", 1)],
    "stock:ranges:0,10": [(None, "0", 1), ("0", "10", 1), ("10", None, 3)],
    "price:ranges:1.1,100": [(None, "1.1", 1), ("1.1", "100", 3), ("100", None, 1)],
    "made:ranges:2025-12-31": [(None, "2025-12-31", 1), ("2025-12-31", None, 4)],
    "sold:ranges:2026-01-02,2026-01-03": [
        (None, "2026-01-02T00:00:00.000Z", 2),
        ("2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z", 2),
        ("2026-01-03T00:00:00.000Z", None, 1),
    ],
    "day:ranges:01/01/2000,12/01/2026": [(None, "01/01/2000", 1), ("01/01/2000", "12/01/2026", 1), ("12/01/2026", None, 3)],
    "sold": [
        (None, "2000-01-01T00:00:00.000Z", 1),
        *((f"{year}-01-01T00:00:00.000Z", f"{year + 5}-01-01T00:00:00.000Z", 0) for year in range(2000, 2025, 5)),
        ("2025-01-01T00:00:00.000Z", None, 4),
    ],
}


@pytest.mark.parametrize("table", [PRODUCTS, PROSE, CODES], ids=["plain", "prose", "codes"])
async def test_facets(ground: Ground, table: Table) -> None:
    view = await ground.load(table, ROWS)
    assert await facets(ground, view, Search(), list(FACETS)) == list(FACETS.values())
    red = Search(text=parse_query("red", bytes_max=100, clauses_max=5), filters=(parse_filter("stock:eq:10", table.columns),))
    assert await facets(ground, view, red, ["active", "stock", "price"]) == [
        [(False, 1), (True, 1)],
        [(None, "10", 0), ("10", None, 2)],
        [(None, "1.2", 1), *((f"1.{n}", f"1.{n + 1}", 0) for n in range(2, 9)), ("1.9", "2", 0), ("2", None, 1)],
    ]
    nothing = Search(filters=(parse_filter("stock:eq:1", table.columns),))
    assert await facets(ground, view, nothing, ["active", "stock"]) == [[], []]


async def facets(ground: Ground, view: View, search: Search, texts: list[str]) -> list[list[tuple[object, ...]]]:
    asked = [facet for each in texts for facet in parse_facets([each], view.table.columns)]  # of one column several
    wanted = await find_bounds(ground.index, view, search, asked)
    counts = await ground.index.facets(view, search, wanted)
    return [
        [(each.low, each.high, each.count) if each.value is None else (msgspec.json.decode(each.value), each.count) for each in facet]
        for facet in counts
    ]


async def test_values_go_out_as_they_came_in(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    hits = {hit.row: msgspec.json.decode(hit.values, type=dict[str, msgspec.Raw]) for hit in (await find(ground, view)).hits}
    assert bytes(hits[1]["price"]) == b"1.10"
    assert bytes(hits[2]["price"]) == b"12345678901234567890.123456"
    assert bytes(hits[2]["stock"]) == b"9007199254740993"
    assert list(hits[4]) == [column.name for column in PRODUCTS.columns]
    assert msgspec.json.decode(hits[4]["name"]) == 'He said "hi" \\back\\slash'
    assert msgspec.json.decode(hits[4]["note"]) == "two\nlines ☂ 😀 \x02 john@example.com"
    assert bytes(hits[4]["price"]) == b"null"
    assert bytes(hits[1]["day"]) == b'"12/01/2026"'


async def test_a_reader_sees_its_version_only(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS + b"2,7,red new,,,,,,,\n")
    await ground.mark(PRODUCTS, "UPDATE rows_1 SET _until = 2 WHERE _row = 1")
    second, third = replace_version(view, 2), replace_version(view, 3)
    assert numbers(await find(ground, view)) == [1, 2, 3, 4, 5, 6]
    assert numbers(await find(ground, second)) == [2, 3, 4, 5, 6, 7]
    assert set(numbers(await find(ground, second, "red"))) == {5, 7}
    assert [await ground.index.count(each) for each in (view, second, third)] == [6, 6, 6]
    await ground.mark(PRODUCTS, "UPDATE rows_1 SET _until = 3 WHERE _row = 7")
    assert [await ground.index.count(each) for each in (view, second, third)] == [6, 6, 5]
    assert numbers(await find(ground, replace_version(view, 0))) == []


def replace_version(view: View, version: int) -> View:
    return msgspec.structs.replace(view, version=version)


async def test_putting_again_changes_nothing_and_deletions_forget(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    await ground.index.create(PRODUCTS)
    await ground.put(PRODUCTS)
    assert await ground.index.count(view) == 6
    ids = b"".join([block async for block in ground.rows.document_ids(PRODUCTS, 2, 5)])
    async with transaction(ground.engine) as connection:
        await ground.rows.delete_rows(connection, PRODUCTS, 2, 5)
    for _ in range(2):  # a document that is gone already is not refused
        await ground.index.delete(PRODUCTS, ids)
    await ground.index.refresh(PRODUCTS)
    assert numbers(await find(ground, view)) == [1, 5, 6]


async def test_totals_are_exact_up_to_ten_thousand(ground: Ground) -> None:
    table = Table(id=3, columns=(column("text"), column("place", "integer")))
    view = await ground.load(table, b"".join(b"1,%d,common %d,%d\n" % (row, row % 3, row) for row in range(15_003)))
    await asyncio.gather(*(ground.index.optimize(table, 1, in_background=number > 0) for number in range(3)))
    await ground.index.optimize(table, 1)
    for q, filters, total, relation in [
        ("common", [], 10_000, "gte"),
        ("", [], 10_000, "gte"),
        ("common 1", [], 5_001, "eq"),  # the row whose `place` is 1 is one of them
        ("common", ["place:lt:10000"], 10_000, "eq"),
    ]:
        page = await find(ground, view, q, filters, limit=2)
        assert (page.total.value, page.total.relation) == (total, relation), q
    assert await ground.index.count(view) == 15_003


async def test_wide_tables_are_searched_by_their_text(ground: Ground) -> None:
    table = Table(id=4, columns=tuple(column(f"c{place}") for place in range(2_000)), layout="cells")
    cells = [f"cell{place}" if place % 2 else "" for place in range(2_000)]
    view = await ground.load(table, f"1,1,{','.join(cells)}\n1,2,{','.join(['other words'] * 2_000)}\n".encode())
    assert numbers(await find(ground, view, "CELL1999")) == [1]
    assert numbers(await find(ground, view, '"words other"')) == []
    hit = (await find(ground, view, '"other words"')).hits[0]
    assert msgspec.json.decode(hit.values) == {f"c{place}": "other words" for place in range(2_000)}
    assert numbers(await find(ground, view, filters=["c1:eq:cell1"])) == [1]
    assert await walk(ground, view, "words OR cell1", sort="c1", limit=1) == [1, 2]


async def test_long_texts_are_kept_and_found(ground: Ground) -> None:
    table = Table(id=5, columns=(column("text"),))
    long = "begin " + "x" * 40_000 + " " + "many " * 20_000 + "end"
    view = await ground.load(table, f"1,1,{long}\n1,2,short\n".encode())
    assert numbers(await find(ground, view, "begin end")) == [1]
    assert numbers(await find(ground, view, filters=["text:exists:true"])) == [1, 2]
    assert msgspec.json.decode((await find(ground, view)).hits[0].values)["text"] == long


async def test_a_dropped_or_missing_index_is_said_to_be_missing(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    for _ in range(2):
        await ground.index.drop(PRODUCTS)
        async with transaction(ground.engine) as connection:
            await ground.rows.drop_table(connection, PRODUCTS)
    with pytest.raises(NotFound):
        await find(ground, view)
    with pytest.raises(NotFound):
        await ground.index.count(view)
    with pytest.raises(NotFound):
        await ground.index.count_rows(PRODUCTS, 0, 1)
    with pytest.raises(NotFound):
        _ = [block async for block in ground.index.documents(PRODUCTS, 0, 1)]


async def test_documents_are_counted_and_read_back_by_row(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    await ground.mark(PRODUCTS, f"UPDATE {PRODUCTS.name} SET _until = 3 WHERE _row = 4")
    assert [await ground.index.count_rows(PRODUCTS, *ends) for ends in ((0, 1 << 60), (2, 5), (7, 9))] == [6, 3, 0]
    found = [row for block in [block async for block in ground.index.documents(PRODUCTS, 2, 6)] for row in block]
    assert [(row.row, row.since, row.until) for row in found] == [(2, 1, None), (3, 1, None), (4, 1, 3), (5, 1, None)]
    assert b"12345678901234567890.123456" in bytes(found[0].values)
    assert bytes(found[0].values) == bytes((await find(ground, view, "brulee")).hits[0].values)
    assert [block async for block in ground.index.documents(PRODUCTS, 7, 9)] == []


async def test_reading_many_documents_back_loses_none(ground: Ground) -> None:
    table = Table(id=3, columns=(column("text"),))
    await ground.load(table, b"".join(b"1,%d,%b\n" % (row, b"x" * (row % 2000)) for row in range(3_000)))
    if ground.index.keeps_documents:  # one that is not Rowmill's, of a row that is there too
        assert await ground.index.put(table, document_line("stray", b'{"_from":1,"_row":70}')) == {}
        await ground.index.refresh(table)
    blocks = [block async for block in ground.index.documents(table, 0, 1 << 60)]
    assert len(blocks) > 3
    rows = [row for block in blocks for row in block if row.id != "stray"]
    assert [row.row for row in rows] == list(range(3_000))
    assert sum(map(len, blocks)) - len(rows) == ground.index.keeps_documents


async def test_a_cursor_of_another_order_is_refused(ground: Ground) -> None:
    view = await ground.load(PRODUCTS, ROWS)
    page = await find(ground, view, limit=1)
    with pytest.raises(BadRequest):
        await find(ground, view, sort="name,price", limit=1, after=page.hits[0])


async def test_refused_documents_are_named(ground: Ground) -> None:
    await ground.load(PRODUCTS, ROWS)
    good, bad = b'{"_from":1,"_row":7,"values":{"name":"good"}}', b'{"_from":"never","_row":8,"values":{"name":"bad"}}'
    documents = document_line("7", good) + document_line("8", bad)
    refused = await ground.index.put(PRODUCTS, documents)
    if ground.home == "embedded":  # the rows are the documents: nothing is put, and nothing can be refused
        assert refused == {}
        return
    assert list(refused) == ["8"]
    assert "_from" in refused["8"]


async def test_an_engine_that_is_away_is_unavailable(ground: Ground) -> None:
    await ground.index.check()
    if ground.home == "embedded":
        return
    away = ElasticsearchIndex("http://127.0.0.1:9", "rowmill-test")
    with pytest.raises(Unavailable):
        await away.check()
    with pytest.raises(Unavailable):
        await away.put(PRODUCTS, document_line("7", b"{}"))
    await away.close()


TEXTS = [
    "vaba-173710 don't example.com 3.14 1,000 foo_bar a:b 12:30 john@x.org O’Neil __x__ ___ Straße Ærø Łódź naïve ﬁn 日本語 ひらが 5;6 a·b",
    "<b>bold</b> &amp; /usr/local/bin http://example.com/a?b=c -5 +7 1.5e10 v1.2.3 5% 100€ “quoted” …dots «x» it's' a..b U.S.A.",
    "1,2,3 foo.bar.baz_qux 0x1A 12ab 3abc45 1.0.0.1 a_1 _ x_ _y 1_000 2026-01-02T03:04:05.120Z tab\there\nnew\x02ctl nbsp\xa0x C++ C#",
    "ÀÉÎ ÇÑ ÅØ ĐŁ ŒÆ ẞ İstanbul Привет МИР ΑΘΗΝΑ ά й",
    "O´Brien O`Brien OʼBrien O’Brien O‘Brien Hawaiʻi Foo™ Bar℠ ﬁx ①② Ｆｕｌｌ 1ª nº5 x² ŉ ´` rock`n´roll ™",
    "AB-1234/56 wi-fi O'Brien l'été node.js iPhone15 1.5kg v2.0.1 C++, c# rock'n'roll USB-C 12.50 3.00 Müller Größe 😀a สวัสดี 한국어 テキスト AT&T ™ ½",
]


@pytest.mark.parametrize("text_in", TEXTS)
async def test_words_are_cut_by_one_rule(ground: Ground, text_in: str) -> None:
    """Each word alone is found, and its first half is not, unless it is a word itself."""
    table = Table(id=2, columns=(column("text"),))
    quoted = '"' + text_in.replace('"', '""') + '"'
    view = await ground.load(table, f"1,1,{quoted}\n".encode())
    words = tokens(text_in)
    for word in folded_words(text_in):
        assert numbers(await find(ground, view, f'"{word}"')) == [1], word
    for half in {word[: len(word) // 2] for word in words if len(word) > 3} - set(words):
        if folded_words(half) == [half]:
            assert numbers(await find(ground, view, f'"{half}"')) == [], half


async def test_apostrophes_are_one_and_signs_are_no_letters(ground: Ground) -> None:
    names = ("O'Brien", "O’Brien", "O´Brien", "O`Brien", "OʼBrien", "O‘Brien")
    others = ("Foo™", "Foo", "ﬁx", "fix", "Ｆｕｌｌ", "①", "x²", "1ª", "ATM")
    view = await ground.load(
        Table(id=2, columns=(column("text"),)), "".join(f"1,{n},{v}\n" for n, v in enumerate((*names, *others), start=1)).encode()
    )
    for query in (*names, "obrien", "Brien", "O`Br*", "O’Br*"):
        assert sorted(numbers(await find(ground, view, query))) == [1, 2, 3, 4, 5, 6], query
    for query, found in (
        ("foo", [7, 8]),
        ("Foo™", [7, 8]),
        ("fix", [9, 10]),
        ("ﬁx", [9, 10]),
        ("full", [11]),
        ("1", [12, 14]),
        ("x2", [13]),
    ):
        assert sorted(numbers(await find(ground, view, query))) == found, query
    assert numbers(await find(ground, view, "tm")) == []


async def test_the_rule_of_words_is_the_same_in_sql(engine: AsyncEngine) -> None:
    pieces = "".join(TEXTS)
    shuffled = random.Random(7)
    texts = [*TEXTS, *("".join(shuffled.choices([*pieces, *pieces.split()], k=12)) for _ in range(400)), "x" * 600, "ü" + "1" * 300]
    async with transaction(engine) as connection:
        for text_in in texts:
            line = (await connection.execute(text("SELECT rowmill_tokens(:text)"), {"text": text_in})).scalar_one()
            assert line.split() == tokens(text_in) == token_line(text_in).split(), text_in


async def test_the_words_of_a_row_are_those_of_its_values(engine: AsyncEngine) -> None:
    """Values of ASCII alone have a way of their own in SQL, which must not be told from the other."""
    pieces = [*filter(str.isascii, "".join(TEXTS)), *filter(str.isascii, " ".join(TEXTS).split()), "`", "\n", "++", "#"]
    shuffled = random.Random(11)
    rare = ["", "x" * 600, "a-" * 300, "1" * 300 + "b", "9.50", "0.0", "1-2", "a&b", "c#1", "^ $ |", "a:b'c\\d", "O`Neil"]
    texts = [*TEXTS, *rare, *("".join(shuffled.choices(pieces, k=shuffled.randint(1, 14))) for _ in range(600))]
    rows = text("SELECT lines, tsvector_to_array(rowmill_word_vector(lines)) FROM rowmill_lines(CAST(:values AS text[])) AS lines")
    async with transaction(engine) as connection:
        for values in zip(texts, reversed(texts), strict=True):
            lines, words = (await connection.execute(rows, {"values": list(values)})).one()
            wanted = [token for value in values for token in tokens(value)]
            assert lines.split() == wanted, values
            assert set(words) - {"^", "$", "|"} == set(wanted) - {"^", "$", "|"}, values


async def test_many_are_searched_as_each_by_itself(ground: Ground) -> None:
    """In one table a page follows, one has nothing, one is prose and cells, and one is not there."""
    wide = msgspec.structs.replace(PROSE, id=3, layout="cells")
    views = [await ground.load(table, ROWS) for table in (PRODUCTS, PROSE, wide)]
    await ground.mark(PROSE, f"UPDATE {PROSE.name} SET _until = 2 WHERE _row = 1")
    later = msgspec.structs.replace(views[1], version=2)
    for q in ("red", "shoes OR sweet", "unheard", "red -light"):
        searches = [
            (view, Search(text=parse_query(q, bytes_max=4096, clauses_max=50, columns=view.table.columns), limit=1))
            for view in (*views, later)
        ]
        assert await ground.index.search_many(searches) == [await ground.index.search(view, search) for view, search in searches]
    assert await ground.index.search_many([]) == []
    gone = View(dataset="gone", table=msgspec.structs.replace(PRODUCTS, id=5), version=1)
    search = Search(text=parse_query("red", bytes_max=4096, clauses_max=50, columns=gone.table.columns), limit=1)
    assert (await ground.index.search_many([(gone, search)])) == [None]


@pytest.mark.long
async def test_small_tables_that_are_alike_are_searched_as_each_by_itself(ground: Ground) -> None:
    """Three are alike but for what a search does not ask for, one weighs a column otherwise, one is alone, one has another version."""
    small = [msgspec.structs.replace(PRODUCTS, id=number, documents="none") for number in range(1, 6)]
    name, *others = PRODUCTS.columns
    small[1] = msgspec.structs.replace(small[1], columns=(msgspec.structs.replace(name, title="Name", nulls=("-",)), *others))
    small[3] = msgspec.structs.replace(small[3], columns=(msgspec.structs.replace(name, weight=1), *others))
    small[4] = msgspec.structs.replace(small[4], columns=PROSE.columns)
    views = [await ground.load(table, ROWS) for table in small]
    async with transaction(ground.engine) as connection:
        await connection.execute(text("UPDATE rows_3 SET _until = 2 WHERE _row IN (1, 6)"))
        await connection.execute(text("DELETE FROM rows_2 WHERE _row = 5"))
    views[2] = msgspec.structs.replace(views[2], version=2)
    for q in QUERIES:
        for limit in (1, 4):
            searches = [
                (view, Search(text=parse_query(q, bytes_max=4096, clauses_max=50, columns=view.table.columns), limit=limit))
                for view in views
            ]
            together = await ground.index.search_many(searches)
            for page, (view, search) in zip(together, searches, strict=True):
                assert page is None or page == await ground.index.search(view, search), (q, view)
            assert None not in together or q in ("-red", "-(shoes OR red)", "-name:red", "NOT red"), q
