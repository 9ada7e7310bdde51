"""RowAudit' contract, on both PostgreSQLs: rows by number and in order, what differs from a payload, rows of the same key."""

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import NotFound, Rejected
from backbone.model import Column, ColumnType, Layout, Table, row_number
from backbone.postgres.engine import transaction
from backbone.rows.audit import RowAudit
from backbone.rows.store import RowStore
from tests.contracts.cells_csv import fold_cells

LAST = 1 << 60


def column(name: str, type: ColumnType = "text") -> Column:
    return Column(name=name, title=name, type=type)


def goods(layout: Layout = "columns", id: int = 1, stock: ColumnType = "integer") -> Table:
    return Table(id=id, columns=(column("sku"), column("stock", stock), column("price", "decimal")), layout=layout)


PAYLOAD = b'1,12,c,,0.5\n1,10,"a\n",1,1.10\n1,11,b,2,\n2,13,b,2,7.00\n2,14,,,\n'


@pytest.fixture(params=["columns", "cells"])
def table(request: pytest.FixtureRequest) -> Table:
    return goods("cells" if request.param == "cells" else "columns")


async def load(engine: AsyncEngine, table: Table, payload: bytes = PAYLOAD) -> RowAudit:
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        await rows.create_table(connection, table)
        await rows.copy_rows(connection, table, fold(table, payload))
    return RowAudit(engine)


def fold(table: Table, payload: bytes) -> bytes:
    return fold_cells(payload) if table.layout == "cells" else payload


async def run(engine: AsyncEngine, statement: str) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text(statement))


async def test_rows_come_in_order_with_their_versions(engine: AsyncEngine, table: Table) -> None:
    stored = await load(engine, table)
    await run(engine, f"UPDATE {table.name} SET _until = 2 WHERE _row = 11")
    found = [row for block in [block async for block in stored.in_order(table, 10, 14)] for row in block]
    assert [(row.row, row.since, row.until) for row in found] == [(10, 1, None), (11, 1, 2), (12, 1, None), (13, 2, None)]
    assert msgspec.json.decode(found[0].values) == {"sku": "a\n", "stock": 1, "price": 1.1}
    assert b"1.10" in bytes(found[0].values)
    assert [found[1].is_visible_in(version) for version in (0, 1, 2)] == [False, True, False]


async def test_blocks_of_many_rows_lose_none(engine: AsyncEngine) -> None:
    table = Table(id=3, columns=(column("text"),))
    stored = await load(engine, table, b"".join(b"1,%d,%b\n" % (row, b"x" * (row % 3000)) for row in range(5_000)))
    blocks = [block async for block in stored.in_order(table, 0, LAST)]
    assert len(blocks) > 3
    assert [row.row for block in blocks for row in block] == list(range(5_000))
    assert max(sum(len(bytes(row.values)) for row in block) for block in blocks) < 4 * 1024 * 1024


async def test_rows_by_number(engine: AsyncEngine, table: Table) -> None:
    stored = await load(engine, table)
    found = await stored.read(table, [14, 11, 99])
    assert sorted(found) == [11, 14]
    assert msgspec.json.decode(found[14].values) == {"sku": None, "stock": None, "price": None}


async def test_rows_are_counted_by_chunk(engine: AsyncEngine, table: Table) -> None:
    stored = await load(engine, table)
    await run(engine, f"UPDATE {table.name} SET _row = _row + {row_number(7, 0)} WHERE _row > 12")
    assert await stored.count_per_chunk(table) == {0: 3, 7: 2}


async def test_what_a_payload_says_otherwise(engine: AsyncEngine, table: Table) -> None:
    stored = await load(engine, table)
    assert await stored.compare(table, fold(table, PAYLOAD), 0, LAST, limit=9) == []
    other = b'1,12,c,,0.50\n1,10,"a\n",1,1.10\n2,11,b,2,\n2,13,b,2,7.00\n3,15,x,,\n3,16,rejected,,\n'
    found = await stored.compare(table, fold(table, other), 0, LAST, left_out=[16], limit=9)
    assert [(given and given.row, stored and stored.row) for given, stored in found] == [(11, 11), (12, 12), (None, 14), (15, None)]
    assert found[0][0] is not None and found[0][0].since == 2
    lacking = await stored.compare(table, fold(table, other), 0, LAST, may_lack=True, limit=9)
    assert [stored and stored.row for _, stored in lacking] == [11, 12, 14]
    assert len(await stored.compare(table, fold(table, other), 0, LAST, limit=2)) == 2
    assert [given and given.row for given, _ in await stored.compare(table, fold(table, other), 12, 13, left_out=(), limit=1)] == [10]
    assert sum((await stored.count_per_chunk(table)).values()) == 5


async def test_a_value_of_another_type_is_refused(engine: AsyncEngine) -> None:
    stored = await load(engine, goods())
    with pytest.raises(Rejected, match="bigint"):
        await stored.compare(goods(), b"1,10,a,many,\n", 0, LAST, limit=1)


async def test_rows_of_the_same_key(engine: AsyncEngine, table: Table) -> None:
    stored = await load(engine, table)
    key = [column("sku"), column("stock", "integer")]

    async def rows(home: Table, row: int, limit: int = 9) -> list[int]:
        return [found.row for found in await stored.same_key(table, home, row, key, limit)]

    assert [await rows(table, row) for row in (11, 13, 12, 14, 99)] == [[11, 13], [11, 13], [12], [14], []]
    assert await rows(table, 11, limit=1) == [11]
    retyped = goods(table.layout, id=2, stock="text")
    await load(engine, retyped, b"1,30,b,2,\n1,31,b,02,\n")
    assert [await rows(retyped, row) for row in (30, 31)] == [[11, 13], []]


async def test_a_table_that_is_gone(engine: AsyncEngine) -> None:
    with pytest.raises(NotFound):
        await RowAudit(engine).count_per_chunk(goods())
