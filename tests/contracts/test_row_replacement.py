"""What RowHistory says of replacements, on both PostgreSQLs and in both layouts: counts and changes against a model, over unlike tables."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, Layout, Table, View
from backbone.postgres.engine import transaction
from backbone.rows.history import Change, Merged, RepeatedKey, RowHistory
from backbone.rows.store import RowStore
from tests.contracts.test_row_history import column, layout, load, make, prices

__all__ = ["layout"]  # the fixture


async def replace(engine: AsyncEngine, table: Table, version: int, before: View | None, key: Sequence[Column]) -> Merged:
    async with transaction(engine) as connection:
        return await RowHistory(engine).compare_replaced(connection, table, version, key, before)


async def pages(engine: AsyncEngine, table: Table, version: int, before: View, key: Sequence[Column], kind: str = "") -> list[Change]:
    async def each() -> AsyncIterator[Change]:
        after = -1
        while page := await RowHistory(engine).replaced_changes(table, version, key, before, kind=kind, after=after, limit=2):
            for change in page:
                yield change
            after = page[-1].row

    return [change async for change in each()]


def values(raw: object) -> Any:
    return json.loads(bytes(raw), parse_float=str)  # type: ignore[call-overload]


async def test_a_replacement_agrees_with_a_dict(engine: AsyncEngine, layout: Layout) -> None:
    dice = random.Random(11)
    key = [column("sku", "integer")]
    before: View | None = None
    older: dict[int, str] = {}
    for version in range(1, 8):
        table = prices(layout, id=version)
        records = [(dice.randrange(8), dice.choice(["1", "1.0", "2.50", ""])) for _ in range(dice.randrange(10))]
        last = dict(records)
        await make(engine, table)
        await load(engine, table, version, version * 100, [f"{sku},{price}" for sku, price in records])
        merged = await replace(engine, table, version, before, key)
        same = {sku for sku, price in last.items() if older.get(sku) == price}
        assert merged == Merged(
            inserted=len(last.keys() - older.keys()),
            updated=len(last.keys() & older.keys()) - len(same),
            unchanged=len(same),
            duplicates=len(records) - len(last),
            superseded=0,
            removed=len(older.keys() - last.keys()),
            repeated=tuple(
                RepeatedKey(version * 100 + number, str(sku))
                for number, (sku, _) in enumerate(records)
                if sku in dict(records[number + 1 :])
            ),
        )
        if before is not None:
            changes = await pages(engine, table, version, before, key)
            went = {values(one.values)["sku"] for one in changes if one.is_removed}
            came = {values(one.values)["sku"] for one in changes if not one.is_removed and one.old_row is None}
            assert (went, came) == (older.keys() - last.keys(), last.keys() - older.keys())
            assert len(changes) == merged.removed + merged.inserted + merged.updated
            for kind, count in (("removed", merged.removed), ("inserted", merged.inserted), ("updated", merged.updated)):
                assert len(await pages(engine, table, version, before, key, kind)) == count
        before, older = View(dataset="d", table=table, version=version), last


@pytest.mark.parametrize("later", ["columns", "cells"])
async def test_tables_need_not_be_alike(engine: AsyncEngine, layout: Layout, later: Layout) -> None:
    """Other types, other order, a column that went and one that came."""
    old = Table(
        id=1, columns=(column("sku", "integer"), column("price", "decimal"), column("gone"), column("code", "integer")), layout=layout
    )
    new = Table(id=2, columns=(column("new"), column("code"), column("price", "decimal"), column("sku", "decimal")), layout=later)
    await make(engine, old)
    await make(engine, new)
    await load(engine, old, 1, 10, ["1,1.10,,7", "2,2,x,8", "3,3,,9", "4,4.0,,", "5,5,,1"])
    await load(engine, new, 2, 20, [",7,1.10,1", ",8,2,2", "y,9,3,3", ",,4,4", ",z,6,6"])
    before = View(dataset="d", table=old, version=1)
    merged = await replace(engine, new, 2, before, [column("sku", "decimal")])
    assert merged == Merged(inserted=1, updated=3, unchanged=1, duplicates=0, superseded=0, removed=1)
    changes = await pages(engine, new, 2, before, [column("sku", "decimal")])
    assert [(one.row, one.old_row, one.is_removed) for one in changes] == [
        (14, None, True),
        (21, 11, False),
        (22, 12, False),
        (23, 13, False),
        (24, None, False),
    ]


async def test_a_key_that_the_version_before_does_not_have_meets_nothing(engine: AsyncEngine, layout: Layout) -> None:
    old, new = prices(layout), Table(id=2, columns=(column("code"),), layout=layout)
    await make(engine, old)
    await make(engine, new)
    await load(engine, old, 1, 10, ["1,1", "2,2"])
    await load(engine, new, 2, 20, ["x"])
    merged = await replace(engine, new, 2, View(dataset="d", table=old, version=1), [column("code")])
    assert (merged.inserted, merged.removed) == (1, 2)


async def test_a_key_that_is_text_and_number_is_compared_as_written(engine: AsyncEngine, layout: Layout) -> None:
    old = Table(id=1, columns=(column("sku"), column("day", "date", "%Y-%m-%d")), layout=layout)
    new = Table(id=2, columns=(column("sku", "integer"), column("day")), layout=layout)
    await make(engine, old)
    await make(engine, new)
    await load(engine, old, 1, 10, ["7,2026-01-02", "007,", "A,"])
    await load(engine, new, 2, 20, ["7,2026-01-02"])
    merged = await replace(engine, new, 2, View(dataset="d", table=old, version=1), [column("sku", "integer")])
    assert (merged.inserted, merged.updated, merged.removed) == (0, 0, 2)


async def test_several_older_rows_of_a_key_are_one_that_changes(engine: AsyncEngine, layout: Layout) -> None:
    old, new = prices(layout), prices(layout, id=2)
    await make(engine, old)
    await make(engine, new)
    await RowStore(engine).index_rows(old)
    await load(engine, old, 1, 10, ["1,1", "1,1", ",9"])
    await load(engine, new, 2, 20, ["1,1"])
    before = View(dataset="d", table=old, version=1)
    merged = await replace(engine, new, 2, before, [column("sku", "integer")])
    assert (merged.inserted, merged.updated, merged.unchanged, merged.removed) == (0, 1, 0, 1)
    changes = await pages(engine, new, 2, before, [column("sku", "integer")])
    assert [(one.row, one.old_row, one.is_removed) for one in changes] == [(12, None, True), (20, 11, False)]
