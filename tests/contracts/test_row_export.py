"""RowExport's contract, on both PostgreSQLs and in both layouts: exact bytes, the order and the columns asked for, sizes of decimals."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Layout, Table, View
from backbone.query.ast import Extract, Filter, Sort
from backbone.rows.export import DecimalSize, RowExport
from tests.contracts.test_row_store import PAYLOAD, VALUES, column, compact, load, typed_table


@pytest.fixture(params=["columns", "cells"])
def layout(request: pytest.FixtureRequest) -> Layout:
    return "cells" if request.param == "cells" else "columns"


async def whole(blocks: AsyncIterator[bytes]) -> str:
    return b"".join([block async for block in blocks]).decode()


async def filled(engine: AsyncEngine, table: Table, payload: bytes = PAYLOAD) -> RowExport:
    await load(engine, table, payload)
    return RowExport(engine)


async def test_records_are_as_in_the_file(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    export = await filled(engine, table)
    text = await whole(export.csv_records(View(dataset="d", table=table, version=1), Extract(columns=table.columns)))
    first, second = text.splitlines()
    cells = ['a ""quoted"", \\back\\slash', "9007199254740993", "1.10", "true", "2026-01-02", "2026-01-02T03:04:05.120Z", "12/01/2026"]
    quoted = layout == "cells"
    assert first == ",".join(f'"{cell}"' if quoted or '"' in cell else cell for cell in cells)
    assert second == ",".join(['""'] * 7 if quoted else [""] * 7)


async def test_plain_records_have_iso_times(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    export = await filled(engine, table)
    chosen = (table.columns[6], table.columns[5])
    extract = Extract(
        columns=chosen, filters=(Filter(table.columns[1], "exists", ("true",)),), sort=(Sort(table.columns[1]),), form="plain"
    )
    lines = (await whole(export.csv_records(View(dataset="d", table=table, version=2), extract))).splitlines()
    found = [[cell.strip('"') for cell in line.split(",")] for line in lines]
    assert [cells[0][:10] for cells in found] == ["2026-12-01", "2026-01-12"]
    assert [cells[1] for cells in found] == ["1999-12-31 23:59:59.999", "2026-01-02 03:04:05.12"]


async def test_json_lines_are_the_values(engine: AsyncEngine, layout: Layout) -> None:
    table = typed_table(layout)
    export = await filled(engine, table)
    view = View(dataset="d", table=table, version=2)
    lines = (await whole(export.json_lines(view, Extract(columns=table.columns)))).splitlines()
    assert [compact(line.encode()) for line in lines] == list(VALUES.values())  # type: ignore[arg-type]
    some = Extract(columns=(table.columns[2], table.columns[0]), filters=(Filter(table.columns[0], "prefix", ("line",)),))
    assert (
        await whole(export.json_lines(view, some))
        == '{"price":12345678901234567890.123456789,"name":"line one\\nline two ☂ é\\t\\u0002"}\n'
    )


async def test_values_in_filters_are_never_sql(engine: AsyncEngine, layout: Layout) -> None:
    table = Table(id=3, columns=(column("text"),), layout=layout)
    nasty = "it's \\ $1 {\"a\"} '; DROP TABLE rows_3; --"
    export = await filled(engine, table, b'1,1,"' + nasty.replace('"', '""').encode() + b'"\n1,2,other\n')
    view = View(dataset="d", table=table, version=1)
    for op in ("eq", "in", "prefix", "contains"):
        extract = Extract(columns=table.columns, filters=(Filter(table.columns[0], op, (nasty,)),))
        assert (await whole(export.json_lines(view, extract))).count("\n") == 1, op


async def test_sizes_of_decimals(engine: AsyncEngine, layout: Layout) -> None:
    table = Table(id=4, columns=(column("a", "decimal"), column("b", "decimal"), column("c", "decimal")), layout=layout)
    export = await filled(engine, table, b"1,1,-123.4,0.00001,\n1,2,5,10,\n2,3,1.123456,1,1\n")
    found = await export.decimal_sizes(View(dataset="d", table=table, version=1), table.columns)
    assert found == {"a": DecimalSize(3, 1), "b": DecimalSize(2, 5)}
