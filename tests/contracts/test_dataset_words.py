"""The words of small datasets: no dataset with a row that is looked for is left out, and few that have none are asked."""

import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog import dataset_words
from backbone.catalog.dataset_words import Named, languages_of_words, possible_datasets
from backbone.catalog.datasets import make_table, read_view
from backbone.catalog.search_settings import SearchSettings, change_settings
from backbone.errors import BadRequest
from backbone.model import Table
from backbone.postgres.engine import as_of_one_moment, transaction
from backbone.query.ast import Search
from backbone.rows.page_values import PageValues
from backbone.rows.places import RowPlaces
from backbone.rows.store import RowStore
from backbone.search.postgres.index import PostgresIndex
from backbone.settings import Settings
from services.indexer.indexing.gather_words import gather_words
from services.indexer.stores import Stores
from services.query.search import search_everywhere as everywhere
from services.query.search.long_pages import LongPages
from services.query.search.possible_words import possible_words
from services.query.search.query_language import parse_query
from services.query.search.search import RowSearch
from services.query.walks import Walks
from tests.contracts.cells_csv import fold_cells
from tests.contracts.test_search_index import PRODUCTS, QUERIES, ROWS

SETTINGS = Settings()


class Datasets:
    """Loaded by hand: what they have in common with real ones is what the catalog says of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.index = PostgresIndex(engine)
        self._rows = RowStore(engine)

    async def load(self, name: str, payload: bytes, like: Table = PRODUCTS) -> None:
        rows = payload.count(b"\n1,")
        async with transaction(self.engine) as connection:
            made = "INSERT INTO datasets (name, title, version, longest_row) VALUES (:name, '', 1, 200) RETURNING id"
            dataset = (await connection.execute(text(made), {"name": name})).scalar_one()
            table = await make_table(connection, dataset, like.columns, like.layout, documents="none")
            await self._rows.create_table(connection, table)
            await self._rows.copy_rows(connection, table, fold_cells(payload) if table.layout == "cells" else payload)
            await connection.execute(
                text("INSERT INTO versions (dataset_id, number, table_id, rows, published_at) VALUES (:dataset, 1, :table, :rows, now())"),
                {"dataset": dataset, "table": table.id, "rows": rows + 1},
            )

    async def change(self, statement: str) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement))

    async def gather(self) -> None:
        await gather_words(cast(Stores, SimpleNamespace(engine=self.engine, index=self.index)))

    async def possible(self, q: str) -> list[str]:
        async with as_of_one_moment(self.engine) as connection:
            words = possible_words(q, await languages_of_words(connection), SETTINGS)
            return [row["name"] for row in await possible_datasets(connection, Named(after="", seen="*", named="*"), words, 1_000)]

    async def found(self, name: str, q: str) -> int:
        async with transaction(self.engine) as connection:
            view = await read_view(connection, name)
        text = parse_query(q, bytes_max=4096, clauses_max=50, columns=view.table.columns, language=view.table.language)
        return (await self.index.search(view, Search(text=text, limit=1))).total.value

    def search(self) -> RowSearch:
        walks, pages = Walks(self.engine, 0), LongPages(PageValues(self.engine))
        return RowSearch(self.engine, self.index, b"k" * 32, RowPlaces(self.engine), SETTINGS, walks, pages)


@pytest.fixture
def datasets(engine: AsyncEngine) -> Datasets:
    return Datasets(engine)


def drawn_queries() -> Iterator[str]:
    pieces = [
        *(q for q in QUERIES if '"' not in q and "(" not in q),
        "name:",
        "note:red",
        "shoe",
        "light*",
        '"red and"',
        'name:"red shoes"',
        "c++",
    ]
    shuffled = random.Random(3)
    for _ in range(150):
        parts = shuffled.choices(pieces, k=shuffled.randint(1, 3))
        yield shuffled.choice([" ", " OR ", " AND "]).join(parts)


async def test_no_dataset_that_has_rows_is_left_out(datasets: Datasets) -> None:
    """Of other columns, layouts and languages, as queries mean other things in each."""
    titled = tuple(msgspec.structs.replace(column, title=f"The {column.name}", name=f"the_{column.name}") for column in PRODUCTS.columns)
    english = tuple(msgspec.structs.replace(column, language="english") for column in PRODUCTS.columns)
    await datasets.load("plain", ROWS)
    await datasets.load("titled", ROWS, msgspec.structs.replace(PRODUCTS, columns=titled))
    await datasets.load("english", ROWS, msgspec.structs.replace(PRODUCTS, columns=english))
    await datasets.load("cells", ROWS, msgspec.structs.replace(PRODUCTS, layout="cells"))
    await datasets.load("one", ROWS.split(b"\n")[0] + b"\n")
    await datasets.load("signs", b'1,1,"x c, x:y",c++,,,,,,\n')
    await datasets.gather()
    left_out = 0
    for q in (*QUERIES, *drawn_queries(), "x:c++", "x:y z:1 name:red", "comfortably", "shoe -comfort", "a:1 b:2 c:3 d:4 red"):
        try:
            possible = set(await datasets.possible(q))
        except BadRequest:
            continue
        for name in ("plain", "titled", "english", "cells", "one", "signs"):
            left_out += name not in possible
            assert name in possible or not await datasets.found(name, q), (q, name)
    assert left_out > 300


async def test_columns_may_be_called_as_what_gathers_their_words(datasets: Datasets) -> None:
    names = ("word", "next", "line", "following", "words", "pairs", "t", "language")
    called = [msgspec.structs.replace(column, name=name) for column, name in zip(PRODUCTS.columns, names, strict=True)]
    await datasets.load("called", ROWS, msgspec.structs.replace(PRODUCTS, columns=tuple(called)))
    await datasets.gather()
    assert (await datasets.possible("red"), await datasets.possible("unheard")) == (["called"], [])


async def test_phrases_are_of_words_that_follow_each_other(datasets: Datasets) -> None:
    await datasets.load("goods", ROWS)
    await datasets.gather()
    asked = {
        q: await datasets.possible(q) == ["goods"] for q in ('"red shoes"', '"shoes red"', "shoes red", '"light 10"', '"3 14"', "unheard")
    }
    assert asked == {'"red shoes"': True, '"shoes red"': False, "shoes red": True, '"light 10"': False, '"3 14"': True, "unheard": False}


async def test_one_whose_words_are_not_kept_is_asked(datasets: Datasets) -> None:
    await datasets.load("goods", ROWS)
    await datasets.load("others", ROWS)
    assert await datasets.possible("unheard") == ["goods", "others"]
    await datasets.gather()
    assert await datasets.possible("unheard") == []
    for statement in (
        "INSERT INTO versions SELECT dataset_id, 2, table_id, upload_id, rows, now() FROM versions WHERE dataset_id = 1",
        "UPDATE datasets SET version = 2 WHERE id = 1",
    ):
        await datasets.change(statement)
    assert await datasets.possible("unheard") == ["goods"]
    await datasets.gather()
    assert await datasets.possible("unheard") == []
    await datasets.change("UPDATE datasets SET version = 1 WHERE id = 1")  # an undo
    assert await datasets.possible("unheard") == ["goods"]
    await datasets.change("UPDATE datasets SET version = 0 WHERE id = 1")
    assert await datasets.possible("red") == ["others"]
    async with transaction(datasets.engine) as connection:
        await change_settings(connection, 2, SearchSettings(), language="english")
    assert await datasets.possible("unheard") == ["others"]
    await datasets.gather()
    assert (await datasets.possible("unheard"), await datasets.possible("lights")) == ([], ["others"])


async def test_of_many_words_none_is_known_not_to_be_there(datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = dataset_words._KEEP
    for most, is_asked in (("> 50 THEN '''!'''", (True, True)), ("FROM pairs) > 50", (True, False))):
        before = "> 300000 THEN '''!'''" if "!" in most else "FROM pairs) > 300000"
        assert before in kept
        monkeypatch.setattr(dataset_words, "_KEEP", kept.replace(before, most))
        await datasets.load(f"d{len(most)}", ROWS)
        await datasets.gather()
        asked = [f"d{len(most)}" in await datasets.possible(q) for q in ('"shoes red"', "unheard")]
        assert tuple(asked) == is_asked


async def test_large_ones_and_those_of_an_older_rule_stay_to_be_asked(datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        await datasets.load(f"d{number}", ROWS)
    await datasets.change("UPDATE versions SET rows = 5001 WHERE dataset_id = 1")
    await datasets.change("UPDATE row_tables SET words_rule = 1, documents = 'there' WHERE dataset_id = 2")
    monkeypatch.setattr(datasets.index, "keeps_documents", True)
    await datasets.gather()
    assert await datasets.possible("unheard") == ["d0", "d1"]
    monkeypatch.setattr(datasets.index, "keeps_documents", False)  # there the rows are searched as they lie
    await datasets.gather()
    assert await datasets.possible("unheard") == ["d0"]


async def test_pages_of_datasets_are_the_whole(datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
    few = b"1,1,blue cup,,,,,,,\n"
    for number in range(9):
        await datasets.load(f"d{number}", few if number in (2, 5, 6) else ROWS)
    await datasets.change("INSERT INTO datasets (name, title) VALUES ('d3-empty', '')")

    async def walk(q: str) -> list[dict[str, Any]]:
        pages: list[dict[str, Any]] = []
        cursor: str | None = None
        while not pages or cursor is not None:
            page = await everywhere.search_everywhere(datasets.search(), q, named="", hits=2, cursor=cursor)
            pages.append(msgspec.json.decode(msgspec.json.encode(page)))
            cursor = page.next_cursor
        return pages

    for is_gathered in (False, True):
        if is_gathered:
            await datasets.gather()
        monkeypatch.undo()
        (whole,) = await walk("shoes")
        assert (whole["searched"], list(whole["counts"])) == (10, ["d0", "d1", "d3", "d4", "d7", "d8"])
        for found_max, asked_max in ((2, 100), (3, 5), (100, 1)):
            monkeypatch.setattr(everywhere, "FOUND_MAX", found_max)
            monkeypatch.setattr(everywhere, "ASKED_MAX", asked_max)
            pages = await walk("shoes")
            assert sum(page["searched"] for page in pages) == 10
            assert [hits for page in pages for hits in page["datasets"]] == whole["datasets"]
            assert all(len(page["datasets"]) <= found_max for page in pages)
            assert len(pages) >= 2
            (nothing, *more) = await walk("unheard")
            assert nothing["datasets"] == []
            assert bool(more) is (not is_gathered and asked_max < 9)
