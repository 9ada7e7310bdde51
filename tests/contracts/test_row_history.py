"""RowHistory's contract, on both PostgreSQLs and in both layouts: merging against a model, bringing back, copying, sweeping, changes."""

import json
import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, ColumnType, Layout, Table, View
from backbone.postgres.engine import transaction
from backbone.query.ast import Extract
from backbone.rows.document_lines import ID_END, id_lines
from backbone.rows.export import RowExport
from backbone.rows.history import Merged, RepeatedKey, RowHistory
from backbone.rows.history_sql import Meant
from backbone.rows.store import RowStore
from tests.contracts.cells_csv import fold_cells

ALL = (0, 1 << 60)


def column(name: str, type: ColumnType = "text", format: str | None = None) -> Column:
    return Column(name=name, title=name, type=type, format=format)


@pytest.fixture(params=["columns", "cells"])
def layout(request: pytest.FixtureRequest) -> Layout:
    return "cells" if request.param == "cells" else "columns"


def prices(layout: Layout, id: int = 1, type: ColumnType = "decimal") -> Table:
    return Table(id=id, columns=(column("sku", "integer"), column("price", type)), layout=layout)


KEY = (column("sku", "integer"),)


async def make(engine: AsyncEngine, table: Table) -> None:
    async with transaction(engine) as connection:
        await RowStore(engine).create_table(connection, table)


async def load(engine: AsyncEngine, table: Table, version: int, first_row: int, cells: list[str]) -> None:
    payload = "".join(f"{version},{first_row + number},{cell}\n" for number, cell in enumerate(cells)).encode()
    async with transaction(engine) as connection:
        await RowStore(engine).copy_rows(connection, table, fold_cells(payload) if table.layout == "cells" else payload)


async def merge(engine: AsyncEngine, table: Table, version: int) -> Merged:
    async with transaction(engine) as connection:
        return await RowHistory(engine).merge(connection, table, version, Meant(key=KEY))


async def seen(engine: AsyncEngine, table: Table, version: int) -> list[str]:
    exported = RowExport(engine).csv_records(View(dataset="d", table=table, version=version), Extract(columns=table.columns))
    records = b"".join([block async for block in exported])
    return sorted(records.decode().replace('"', "").splitlines())


async def rows_of(blocks: AsyncIterator[bytes]) -> dict[int, dict[str, object]]:
    lines = b"".join([block async for block in blocks]).splitlines()
    pairs = [line.split(ID_END) for line in lines]
    return {int(json.loads(id)): json.loads(document) for id, document in pairs}


async def test_the_last_record_of_a_key_wins_and_an_equal_one_changes_nothing(engine: AsyncEngine, layout: Layout) -> None:
    table = prices(layout)
    await make(engine, table)
    await load(engine, table, 1, 10, ["1,1.10", "2,2.00", "3,"])
    assert await merge(engine, table, 1) == Merged(inserted=3, updated=0, unchanged=0, duplicates=0, superseded=0)
    await load(engine, table, 2, 20, ["1,7", "1,1.1", "2,2.00", "3,", "4,4"])
    assert await merge(engine, table, 2) == Merged(
        inserted=1, updated=1, unchanged=2, duplicates=1, superseded=1, repeated=(RepeatedKey(20, "1"),)
    )
    assert await seen(engine, table, 1) == ["1,1.10", "2,2.00", "3,"]
    assert await seen(engine, table, 2) == ["1,1.1", "2,2.00", "3,", "4,4"]
    history = RowHistory(engine)
    (marked,) = (await rows_of(history.superseded_documents(table, 2, as_visible=False))).items()
    assert marked[0] == 10 and marked[1]["_until"] == 2
    (visible,) = (await rows_of(history.superseded_documents(table, 2, as_visible=True))).items()
    assert visible[0] == 10 and "_until" not in visible[1]


async def test_merging_agrees_with_a_dict(engine: AsyncEngine, layout: Layout) -> None:
    dice = random.Random(7)
    table = prices(layout)
    await make(engine, table)
    model: dict[int, str] = {}
    views = []
    for version in range(1, 12):
        records = [(dice.randrange(6), dice.choice(["1", "1.0", "2.50", ""])) for _ in range(dice.randrange(8))]
        await load(engine, table, version, version * 100, [f"{sku},{price}" for sku, price in records])
        before, last = dict(model), dict(records)
        model |= last
        merged = await merge(engine, table, version)
        unchanged = sum(before.get(sku) == price for sku, price in last.items() if sku in before)
        assert merged.inserted == len(last.keys() - before.keys())
        assert (merged.unchanged, merged.updated) == (unchanged, len(last.keys() & before.keys()) - unchanged)
        assert merged.duplicates == len(records) - len(last)
        views.append(sorted(f"{sku},{price}" for sku, price in model.items()))
    for version, view in enumerate(views, start=1):
        assert await seen(engine, table, version) == view


async def test_unmerge_brings_back_what_was_superseded(engine: AsyncEngine, layout: Layout) -> None:
    table = prices(layout)
    await make(engine, table)
    await load(engine, table, 1, 10, ["1,1", "2,2"])
    await load(engine, table, 2, 20, ["1,5"])
    await merge(engine, table, 2)
    async with transaction(engine) as connection:
        await RowStore(engine).delete_rows(connection, table, 20, 30)
        await RowHistory(engine).unmerge(connection, table, 2)
    assert await seen(engine, table, 9) == ["1,1", "2,2"]


async def test_a_copy_has_the_rows_as_they_stood_before_a_version(engine: AsyncEngine, layout: Layout) -> None:
    source, target = prices(layout), prices(layout, id=2, type="text")
    target = Table(id=2, columns=(*target.columns, column("new")), layout=layout)
    await make(engine, source)
    await make(engine, target)
    await load(engine, source, 1, 10, ["1,1.10", "2,2"])
    await load(engine, source, 2, 20, ["2,2.5"])
    await merge(engine, source, 2)
    await load(engine, source, 3, 30, ["1,9", "3,3"])
    await merge(engine, source, 3)
    history = RowHistory(engine)
    async with transaction(engine) as connection:
        await history.copy_before(connection, source, target, 3)
    assert await seen(engine, target, 1) == ["1,1.10,", "2,2,"]
    assert await seen(engine, target, 3) == ["1,1.10,", "2,2.5,"]
    async with transaction(engine) as connection:
        await history.copy_version(connection, source, target, 3)
        assert await history.merge(connection, target, 3, Meant(key=KEY)) == Merged(
            inserted=1, updated=1, unchanged=0, duplicates=0, superseded=1
        )
    assert await seen(engine, target, 3) == ["1,9,", "2,2.5,", "3,3,"]


@pytest.mark.parametrize("type", ["decimal", "text"])
async def test_merging_with_rows_of_another_table_brings_them_along(engine: AsyncEngine, layout: Layout, type: ColumnType) -> None:
    source = prices(layout)
    target = Table(id=2, columns=(column("sku", type), column("price", type), column("new")), layout=layout)
    await make(engine, source)
    await make(engine, target)
    await load(engine, source, 1, 10, ["1,1.10", "2,2", "3,3.0", "9,9"])
    await load(engine, source, 2, 20, ["9,8"])
    await merge(engine, source, 2)
    await load(engine, target, 3, 30, ["1,1.1,", "2,2,", "2,2,", "4,4,x"])
    async with transaction(engine) as connection:
        merged = await RowHistory(engine).merge(connection, target, 3, Meant(key=(target.columns[0],)), source)
    assert merged == Merged(inserted=1, updated=1, unchanged=1, duplicates=1, superseded=1, repeated=(RepeatedKey(31, "2"),))
    assert await seen(engine, target, 1) == ["1,1.10,", "2,2,", "3,3.0,", "9,9,"]
    assert await seen(engine, target, 2) == ["1,1.10,", "2,2,", "3,3.0,", "9,8,"]
    assert await seen(engine, target, 3) == ["1,1.1,", "2,2,", "3,3.0,", "4,4,x", "9,8,"]


async def test_sweeping_takes_what_no_version_shows(engine: AsyncEngine, layout: Layout) -> None:
    table = prices(layout)
    await make(engine, table)
    for version in (1, 2, 3):
        await load(engine, table, version, version * 10, [f"1,{version}", f"{version + 1},0"])
        await merge(engine, table, version)
    history = RowHistory(engine)
    before = [await seen(engine, table, version) for version in (2, 3)]
    gone = b"".join([block async for block in history.swept_ids(table, 2, (3, 3))])
    assert gone == id_lines(["10"])
    async with transaction(engine) as connection:
        await history.sweep(connection, table, 2, (3, 3))
    assert [await seen(engine, table, version) for version in (2, 3)] == before
    assert await RowStore(engine).count_rows(table, *ALL) == 5
    async with transaction(engine) as connection:
        await history.sweep(connection, table, 2, (2, 3))
    assert await RowStore(engine).count_rows(table, *ALL) == 3


async def test_changes_come_in_pages_with_old_and_new(engine: AsyncEngine, layout: Layout) -> None:
    table = prices(layout)
    await make(engine, table)
    await load(engine, table, 1, 10, ["1,1", "2,2", "3,3"])
    await load(engine, table, 2, 20, ["3,3", "2,5", "4,4", "1,7"])
    await merge(engine, table, 2)
    history = RowHistory(engine)
    both = await history.changes(table, 2, Meant(key=KEY), kind="", after=-1, limit=10)
    assert [(one.row, one.old_row) for one in both] == [(21, 11), (22, None), (23, 10)]
    assert both[0].old_values is not None
    assert (json.loads(bytes(both[0].values)), json.loads(bytes(both[0].old_values))) == ({"sku": 2, "price": 5}, {"sku": 2, "price": 2})
    assert [one.row for one in await history.changes(table, 2, Meant(key=KEY), kind="updated", after=21, limit=10)] == [23]
    assert [one.row for one in await history.changes(table, 2, Meant(key=KEY), kind="inserted", after=-1, limit=10)] == [22]
    assert [one.row for one in await history.changes(table, 1, Meant(), kind="", after=10, limit=1)] == [11]


async def test_columns_that_the_file_lacks_keep_their_values(engine: AsyncEngine, layout: Layout) -> None:
    table = Table(id=1, columns=(*prices(layout).columns, column("name"), column("stock", "integer")), layout=layout)
    kept = table.columns[2:]
    await make(engine, table)
    await load(engine, table, 1, 10, ["1,1.10,pen,5", "2,2.00,cup,", "3,3,bag,7"])
    await merge(engine, table, 1)
    await load(engine, table, 2, 20, ["1,7,,", "1,8,,", "2,2.00,,", "4,4,,"])
    history = RowHistory(engine)
    async with transaction(engine) as connection:
        merged = await history.merge(connection, table, 2, Meant(key=KEY), kept=kept)
    assert merged == Merged(inserted=1, updated=1, unchanged=1, duplicates=1, superseded=1, repeated=(RepeatedKey(20, "1"),))
    assert await seen(engine, table, 1) == ["1,1.10,pen,5", "2,2.00,cup,", "3,3,bag,7"]
    assert await seen(engine, table, 2) == ["1,8,pen,5", "2,2.00,cup,", "3,3,bag,7", "4,4,,"]
    # Taken out of the middle: what was kept of the removed version goes with it.
    await load(engine, table, 3, 30, ["1,9,,"])
    async with transaction(engine) as connection:
        await history.merge(connection, table, 3, Meant(key=KEY), kept=kept)
    target = Table(id=2, columns=table.columns, layout=layout)
    await make(engine, target)
    async with transaction(engine) as connection:
        await history.copy_version(connection, table, target, 3, kept)
        await history.merge(connection, target, 3, Meant(key=KEY), kept=kept)
    assert await seen(engine, target, 3) == ["1,9,,"]


async def test_kept_values_come_along_from_another_table(engine: AsyncEngine, layout: Layout) -> None:
    source = Table(id=1, columns=(*prices(layout).columns, column("name")), layout=layout)
    target = Table(id=2, columns=(*prices(layout, type="text").columns, column("name"), column("new")), layout=layout)
    await make(engine, source)
    await make(engine, target)
    await load(engine, source, 1, 10, ["1,1.10,pen", "2,2,cup"])
    await load(engine, target, 2, 20, ["1,9,,x", "2,2,,"])
    async with transaction(engine) as connection:
        merged = await RowHistory(engine).merge(connection, target, 2, Meant(key=KEY), source, kept=[target.columns[2]])
    assert (merged.updated, merged.unchanged) == (1, 1)
    assert await seen(engine, target, 2) == ["1,9,pen,x", "2,2,cup,"]
