"""RowStore's contract, on both PostgreSQLs: exact values, the caller's transaction, both layouts, tables of any width."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Rejected
from backbone.model import Column, ColumnType, Layout, Table, View
from backbone.postgres.engine import make_engine, transaction
from backbone.rows.document_lines import ID_END, count_lines
from backbone.rows.store import RowStore
from tests.contracts.cells_csv import fold_cells

MOMENTS = "%Y-%m-%dT%H:%M:%S%.3fZ"
DAYS = "%d/%m/%Y"
FIRST, LAST = 0, 1 << 60


def column(name: str, type: ColumnType = "text", format: str | None = None) -> Column:
    return Column(name=name, title=name, type=type, format=format)


def typed_table(layout: Layout) -> Table:
    columns = (
        column("name"),
        column("stock", "integer"),
        column("price", "decimal"),
        column("active", "boolean"),
        column("made", "date"),
        column("sold", "timestamp", MOMENTS),
        column("day", "date", DAYS),
    )
    return Table(id=1, columns=columns, layout=layout)


PAYLOAD = (
    '1,10,"a ""quoted"", \\back\\slash",9007199254740993,1.10,true,2026-01-02,2026-01-02T03:04:05.120Z,2026-01-12\n'
    "1,11,,,,,,,\n"
    '2,12,"line one\nline two ☂ é\t\x02",-5,12345678901234567890.123456789,false,0999-12-31,1999-12-31T23:59:59.999Z,2026-12-01\n'
).encode()
VALUES = {
    10: (
        '{"name":"a \\"quoted\\", \\\\back\\\\slash","stock":9007199254740993,"price":1.10,"active":true,'
        '"made":"2026-01-02","sold":"2026-01-02T03:04:05.120Z","day":"12/01/2026"}'
    ),
    11: '{"name":null,"stock":null,"price":null,"active":null,"made":null,"sold":null,"day":null}',
    12: (
        '{"name":"line one\\nline two ☂ é\\t\\u0002","stock":-5,"price":12345678901234567890.123456789,"active":false,'
        '"made":"0999-12-31","sold":"1999-12-31T23:59:59.999Z","day":"01/12/2026"}'
    ),
}


class Document(msgspec.Struct):
    _from: int
    _row: int
    values: msgspec.Raw
    _until: int | None = None
    _text: list[str] | None = None


@pytest.fixture(params=["columns", "cells"])
def layout(request: pytest.FixtureRequest) -> Layout:
    return "cells" if request.param == "cells" else "columns"


async def load(engine: AsyncEngine, table: Table, payload: bytes) -> RowStore:
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        await rows.create_table(connection, table)
        await rows.copy_rows(connection, table, fold_cells(payload) if table.layout == "cells" else payload)
    return rows


async def lines(blocks: AsyncIterator[bytes]) -> list[bytes]:
    return b"".join([block async for block in blocks]).splitlines()


async def documents(rows: RowStore, table: Table) -> dict[int, Document]:
    pairs = [line.split(ID_END) for line in await lines(rows.documents(table, FIRST, LAST))]
    read = [msgspec.json.decode(document, type=Document) for _, document in pairs]
    assert [json.loads(id) for id, _ in pairs] == [str(document._row) for document in read]
    return {document._row: document for document in read}


def compact(values: msgspec.Raw) -> str:
    """The object with its exact digits, without the blanks around them."""
    pairs = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
    return "{" + ",".join(json.dumps(name) + ":" + bytes(value).decode() for name, value in pairs.items()) + "}"


async def test_values_come_back_character_for_character(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    rows = await load(engine, table, PAYLOAD)
    found = await documents(rows, table)
    assert {row: compact(document.values) for row, document in found.items()} == VALUES
    assert [(document._from, document._until) for document in found.values()] == [(1, None), (1, None), (2, None)]
    read = await rows.rows(View(dataset="d", table=table, version=1), [10, 11, 12, 99])
    assert {row: compact(values) for row, values in read.items()} == {10: VALUES[10], 11: VALUES[11]}


async def test_rows_and_books_commit_together(engine: AsyncEngine) -> None:
    table = typed_table("columns")
    rows = await load(engine, table, b"")
    with pytest.raises(ZeroDivisionError):
        async with transaction(engine) as connection:
            assert await rows.copy_rows(connection, table, fold_cells(PAYLOAD) if table.layout == "cells" else PAYLOAD) == 3
            raise ZeroDivisionError
    assert await rows.count_rows(table, FIRST, LAST) == 0


async def test_a_refused_value_is_rejected_and_named(engine: AsyncEngine) -> None:
    table = typed_table("columns")
    with pytest.raises(Rejected, match="bigint"):
        await load(engine, table, b"1,1,a,many,,,,,\n")


async def test_counts_and_deletes_by_range_and_version(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    rows = await load(engine, table, PAYLOAD)
    assert await rows.count_visible(View(dataset="d", table=table, version=1)) == 2
    assert await rows.count_visible(View(dataset="d", table=table, version=2)) == 3
    assert await lines(rows.document_ids(table, 11, 13)) == [b'"11"', b'"12"']
    await rows.index_rows(table)
    await rows.index_rows(table)
    async with transaction(engine) as connection:
        await rows.delete_rows(connection, table, 10, 12)
    assert await rows.count_rows(table, FIRST, LAST) == 1
    assert await rows.have_rows(table, [(0, 10), (10, 12), (12, 13), (13, LAST)]) == [False, False, True, False]
    assert await rows.have_rows(table, []) == []


async def test_the_index_is_made_with_the_rows_and_locks_nothing_once_it_is_there(engine: AsyncEngine) -> None:
    table, rows = typed_table("columns"), RowStore(engine)
    async with transaction(engine) as connection:
        await rows.create_table(connection, table)
        await rows.copy_rows(connection, table, PAYLOAD)
        await rows.index_new_rows(connection, table)
    async with transaction(engine) as sweeping, transaction(engine) as adding:
        await rows.delete_rows(sweeping, table, 10, 11)
        await adding.execute(text("SET LOCAL lock_timeout = '2s'"))
        await rows.index_new_rows(adding, table)
    with pytest.raises(IntegrityError):
        async with transaction(engine) as connection:
            await connection.execute(text(f"UPDATE {table.name} SET _row = 12"))


async def test_added_columns_are_null_in_older_rows(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    rows = await load(engine, table, PAYLOAD)
    more = (column("note"), column("weight", "decimal"))
    wider = Table(id=table.id, columns=table.columns + more, layout=layout)
    async with transaction(engine) as connection:
        await rows.add_columns(connection, table, more)
        more_rows = b"3,13,x,1,1.0,true,,,,new,0.50\n"
        await rows.copy_rows(connection, wider, fold_cells(more_rows) if layout == "cells" else more_rows)
    found = await documents(rows, wider)
    assert compact(found[10].values).endswith('"note":null,"weight":null}')
    assert compact(found[13].values).endswith('"note":"new","weight":0.50}')


@pytest.mark.parametrize(("width", "wide_layout"), [(120, "columns"), (1_000, "columns"), (10_000, "cells")])
async def test_any_width(engine: AsyncEngine, width: int, wide_layout: Layout) -> None:
    table = Table(
        id=2, columns=tuple(column(f"c{place}", "integer" if place % 2 else "text") for place in range(width)), layout=wide_layout
    )
    cells = ["" if place % 7 == 0 else str(place) for place in range(width)]
    rows = await load(engine, table, f"1,1,{','.join(cells)}\n".encode())
    document = (await documents(rows, table))[1]
    expected = {f"c{place}": None if not cell else int(cell) if place % 2 else cell for place, cell in enumerate(cells)}
    assert json.loads(bytes(document.values)) == expected
    assert document._text == (None if width == 120 else [cell for cell in cells if cell])


async def test_blocks_are_whole_documents_of_four_mebibytes(engine: AsyncEngine) -> None:
    table = Table(id=3, columns=(column("text"),))
    rows = await load(engine, table, b"".join(b"1,%d,%b\n" % (row, b"x\\" * 500) for row in range(10_000)))
    blocks = [block async for block in rows.documents(table, FIRST, LAST)]
    assert len(blocks) > 2
    assert all(block.endswith(b"\n") and len(block) < 5 * 1024 * 1024 for block in blocks)
    assert sum(count_lines(block) for block in blocks) == 10_000
    assert {len(json.loads(line.split(ID_END)[1])["values"]["text"]) for line in blocks[1].splitlines()} == {1_000}


async def test_a_reader_may_leave_early(engine: AsyncEngine) -> None:
    table = Table(id=3, columns=(column("text"),))
    rows = await load(engine, table, b"".join(b"1,%d,%b\n" % (row, b"x" * 1_000) for row in range(8_000)))
    for _ in range(6):  # more often than the pool has connections
        blocks = rows.documents(table, FIRST, LAST)
        async for _block in blocks:
            break
        await blocks.aclose()  # type: ignore[attr-defined]
    assert await rows.count_rows(table, FIRST, LAST) == 8_000


async def test_dropping_twice_is_no_error(engine: AsyncEngine) -> None:
    table = typed_table("columns")
    rows = await load(engine, table, PAYLOAD)
    for _ in range(2):
        async with transaction(engine) as connection:
            await rows.drop_table(connection, table)


def test_few_rows_are_small_unless_they_are_long() -> None:
    rows = RowStore(make_engine("postgresql://h/d", 1), small_rows_max=5_000)
    assert rows.is_small(5_000, 1_000) and not rows.is_small(5_001, 1_000)
    assert rows.is_small(4, 1_000_000) and not rows.is_small(5_000, 10_000)
    assert not RowStore(make_engine("postgresql://h/d", 1)).is_small(1, 1)
