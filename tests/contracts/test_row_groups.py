"""RowGroups' contract, on both PostgreSQLs: exact aggregates, nulls as a group, pages that give each group once."""

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import BadRequest
from backbone.model import Column, ColumnType, Table, View
from backbone.postgres.engine import transaction
from backbone.query.ast import Grouping
from backbone.rows.groups import RowGroups
from backbone.rows.store import RowStore
from services.query.groups.groupings import check_names, parse_aggregates, parse_by, parse_group_sort
from services.query.search.filters import parse_filter
from services.query.search.query_language import parse_query


def column(name: str, type: ColumnType = "text", format: str | None = None) -> Column:
    return Column(name=name, title=name, type=type, format=format)


TABLE = Table(
    id=1,
    columns=(
        column("name"),
        column("price", "decimal"),
        column("stock", "integer"),
        column("active", "boolean"),
        column("day", "date", "%d/%m/%Y"),
    ),
)
ROWS = b"""\
1,1,shoe,0.10,9007199254740993,true,2026-01-12
1,2,shoe,0.20,1,false,2025-12-01
1,3,boot,1.10,,true,
1,4,boot,1.1,5,,2026-02-01
1,5,,3.000000000000000000001,7,true,2026-01-12
2,6,shoe,100,1,true,2026-01-12
"""


@pytest.fixture
async def view(engine: AsyncEngine) -> View:
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        await rows.create_table(connection, TABLE)
        await rows.copy_rows(connection, TABLE, ROWS)
    return View(dataset="d", table=TABLE, version=1)


async def groups(
    engine: AsyncEngine, view: View, by: str, agg: str = "", sort: str = "", q: str = "", filter: str = "", limit: int = 50
) -> list[str]:
    columns = view.table.columns
    aggregates = parse_aggregates(agg, columns)
    grouping = Grouping(
        by=parse_by(by, columns),
        aggregates=aggregates,
        sort=parse_group_sort(sort, parse_by(by, columns), aggregates),
        text=parse_query(q, bytes_max=100, clauses_max=10),
        filters=(parse_filter(filter, columns),) if filter else (),
        limit=limit,
    )
    found: list[str] = []
    while True:
        page = await RowGroups(engine).groups(view, grouping)
        found += [bytes(group.values).decode() for group in page.groups]
        assert len(page.groups) == limit or not page.more
        if not page.more:
            return found
        grouping = msgspec.structs.replace(grouping, after=page.groups[-1].position)


ASKED = [
    ("name", "", "", ['{"name":"boot","count":2}', '{"name":"shoe","count":2}', '{"name":null,"count":1}']),
    ("name", "count", "-count,-name", ['{"name":"shoe","count":2}', '{"name":"boot","count":2}', '{"name":null,"count":1}']),
    (
        "name",
        "sum:price,avg:price,sum:stock",
        "-sum_price",
        [
            '{"name":null,"sum_price":3.000000000000000000001,"avg_price":3.000000000000000000001,"sum_stock":7}',
            '{"name":"boot","sum_price":2.20,"avg_price":1.1,"sum_stock":5}',
            '{"name":"shoe","sum_price":0.30,"avg_price":0.15,"sum_stock":9007199254740994}',
        ],
    ),
    ("price", "count", "-count,price", None),
    ("active", "count:stock,min:name,max:day", "active", None),
    (
        "day",
        "count",
        "",
        ['{"day":"01/12/2025","count":1}', '{"day":"12/01/2026","count":2}', '{"day":"01/02/2026","count":1}', '{"day":null,"count":1}'],
    ),
    ("", "count,max:price,min:day", "", ['{"count":5,"max_price":3.000000000000000000001,"min_day":"01/12/2025"}']),
    ("name,active", "count", "-active,name", None),
]
EXPECTED = {
    "price": [
        '{"price":1.1,"count":2}',
        '{"price":0.10,"count":1}',
        '{"price":0.20,"count":1}',
        '{"price":3.000000000000000000001,"count":1}',
    ],
    "active": [
        '{"active":false,"count_stock":1,"min_name":"shoe","max_day":"01/12/2025"}',
        '{"active":true,"count_stock":2,"min_name":"boot","max_day":"12/01/2026"}',
        '{"active":null,"count_stock":1,"min_name":"boot","max_day":"01/02/2026"}',
    ],
    "name,active": [
        '{"name":"boot","active":true,"count":1}',
        '{"name":"shoe","active":true,"count":1}',
        '{"name":null,"active":true,"count":1}',
        '{"name":"shoe","active":false,"count":1}',
        '{"name":"boot","active":null,"count":1}',
    ],
}


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_groups_and_their_pages(engine: AsyncEngine, view: View, limit: int) -> None:
    for by, agg, sort, expected in ASKED:
        assert await groups(engine, view, by, agg, sort, limit=limit) == (expected or EXPECTED[by])


async def test_groups_of_a_search(engine: AsyncEngine, view: View) -> None:
    assert await groups(engine, view, "name", q="shoe OR 7") == ['{"name":"shoe","count":2}', '{"name":null,"count":1}']
    assert await groups(engine, view, "name", filter="price:lt:0.15") == ['{"name":"shoe","count":1}']
    assert await groups(engine, view, "name", filter="price:lt:0") == []
    assert await groups(engine, View(dataset="d", table=TABLE, version=2), "name", "sum:price", filter="name:eq:shoe") == [
        '{"name":"shoe","sum_price":100.30}'
    ]


@pytest.mark.parametrize(
    ("by", "agg", "sort"), [("nme", "", ""), ("name,name", "", ""), ("name", "sum:name", ""), ("name", "median:price", "")]
)
def test_what_is_refused(by: str, agg: str, sort: str) -> None:
    with pytest.raises(BadRequest):
        parse_by(by, TABLE.columns)
        parse_aggregates(agg, TABLE.columns)


def test_refused_sorts_and_names() -> None:
    with pytest.raises(BadRequest, match="sum_price"):
        parse_group_sort("price", parse_by("name", TABLE.columns), parse_aggregates("sum:price", TABLE.columns))
    counted = column("count")
    with pytest.raises(BadRequest, match="count"):
        check_names((counted,), parse_aggregates("", TABLE.columns))


async def test_numbers_are_ordered_as_numbers_on_every_page(engine: AsyncEngine) -> None:
    table = Table(id=9, columns=(column("n", "integer"),))
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        await rows.create_table(connection, table)
        await rows.copy_rows(connection, table, b"".join(b"1,%d,%d\n" % (number, number) for number in range(12)))
    view = View(dataset="d", table=table, version=1)
    found = [msgspec.json.decode(group)["n"] for group in await groups(engine, view, "n", limit=5)]
    assert found == list(range(12))


async def test_only_rows_that_are_named_are_grouped(engine: AsyncEngine, view: View) -> None:
    grouping = Grouping(by=parse_by("name", TABLE.columns), among=(1, 3, 4, 6, 99))
    page = await RowGroups(engine).groups(view, grouping)
    assert [bytes(group.values) for group in page.groups] == [b'{"name":"boot","count":2}', b'{"name":"shoe","count":1}']
    assert (await RowGroups(engine).groups(view, msgspec.structs.replace(grouping, among=()))).groups == ()
