"""What RowHistory says of any two versions, on both PostgreSQLs and in both layouts: against a model, over copies, with a key and without."""

import json
import random
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, Layout, View
from backbone.postgres.engine import transaction
from backbone.rows.history import Change, RowHistory
from tests.contracts.test_row_history import KEY, layout, load, make, merge, prices

__all__ = ["layout"]  # the fixture


async def differences(engine: AsyncEngine, view: View, before: View, key: Sequence[Column] = KEY, kind: str = "") -> list[Change]:
    """By pages of two."""
    listed: list[Change] = []
    after = (False, -1)
    while page := await RowHistory(engine).compared(view, key, before, kind=kind, after=after, limit=2):
        listed += page
        after = (not page[-1].is_removed, page[-1].row)
    return listed


def price(raw: object) -> tuple[str, str]:
    values = json.loads(bytes(raw), parse_float=str, parse_int=str)  # type: ignore[call-overload]
    return values["sku"], values["price"] or ""


async def test_any_two_versions_agree_with_dicts(engine: AsyncEngine, layout: Layout) -> None:
    dice = random.Random(5)
    table = prices(layout)
    await make(engine, table)
    model: dict[str, str] = {}
    states: list[dict[str, str]] = [{}]
    for version in range(1, 7):
        records = [(str(dice.randrange(6)), dice.choice(["1", "2.50", ""])) for _ in range(dice.randrange(1, 6))]
        await load(engine, table, version, version * 100, [f"{sku},{cost}" for sku, cost in records])
        await merge(engine, table, version)
        model |= dict(records)
        states.append(dict(model))
    for older, newer in ((1, 2), (1, 6), (2, 5), (3, 4), (4, 6)):
        view, before = (View(dataset="d", table=table, version=number) for number in (newer, older))
        one, other = states[older], states[newer]
        changes = await differences(engine, view, before)
        came = dict(price(change.values) for change in changes if change.old_row is None)
        updated = {price(change.old_values): price(change.values) for change in changes if change.old_row is not None}
        assert came == {sku: other[sku] for sku in other.keys() - one.keys()}
        assert updated == {(sku, one[sku]): (sku, other[sku]) for sku in one if one[sku] != other[sku]}
        assert not any(change.is_removed for change in changes)
        assert len(await differences(engine, view, before, kind="updated")) == len(updated)


async def test_what_went_and_what_came_back_in_a_copy(engine: AsyncEngine, layout: Layout) -> None:
    """The copy shows rows with the numbers that they had: one of them was superseded before."""
    table, copy = prices(layout), prices(layout, id=2)
    await make(engine, table)
    await make(engine, copy)
    await load(engine, table, 1, 10, ["1,1", "2,2", "3,3"])
    await load(engine, table, 2, 20, ["1,9", "4,4"])
    await merge(engine, table, 2)
    async with transaction(engine) as connection:  # version 3: as if version 2 had never been
        await RowHistory(engine).copy_before(connection, table, copy, 2)
    await load(engine, copy, 3, 30, ["5,5"])
    view, before = View(dataset="d", table=copy, version=3), View(dataset="d", table=table, version=2)
    listed = [(change.row, change.old_row, change.is_removed) for change in await differences(engine, view, before)]
    assert listed == [(21, None, True), (10, 20, False), (30, None, False)]
    by_number = [(change.row, change.old_row, change.is_removed) for change in await differences(engine, view, before, key=())]
    assert by_number == [(20, None, True), (21, None, True), (10, None, False), (30, None, False)]
    assert [change.row for change in await differences(engine, view, before, kind="removed")] == [21]
    assert [change.row for change in await differences(engine, view, before, kind="inserted")] == [30]
