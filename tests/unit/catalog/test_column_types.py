"""Types that take both what a table has and what a file brings."""

from backbone.catalog.column_types import common_columns
from backbone.model import Column, ColumnType


def column(name: str, type: ColumnType, format: str | None = None, declared: str | None = None) -> Column:
    return Column(name=name, title=name, type=type, format=format, declared=declared)


def test_nothing_to_do() -> None:
    table = (column("a", "decimal"), column("b", "text"))
    new = column("new", "text")
    assert common_columns(table, (column("a", "integer"), column("b", "date"), new)) == (*table, new)
    assert common_columns(table, ()) == table


def test_the_narrowest_type_that_takes_both() -> None:
    table = (column("a", "integer"), column("b", "integer"), column("c", "date", "%Y-%m-%d"), column("d", "date", "%d/%m/%Y"))
    file = (column("new", "text"), column("b", "text"), column("a", "decimal"), column("d", "date", "%Y-%m-%d"))
    assert [(one.name, one.type, one.format) for one in common_columns(table, file)] == [
        ("a", "decimal", None),
        ("b", "text", None),
        ("c", "date", "%Y-%m-%d"),
        ("d", "text", None),
        ("new", "text", None),
    ]


def test_columns_without_a_value_and_declared_ones_say_nothing_about_types() -> None:
    table = (column("a", "integer"), column("d", "date", "%Y-%m-%d"))
    assert common_columns(table, (column("a", "text"),), {"a"}) == table
    assert common_columns(table, (column("d", "date", "%d.%m.%Y", declared="%d.%m.%Y"),)) == table
