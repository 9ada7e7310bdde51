"""Types that take both what a table has and what a file brings."""

import pytest
from msgspec import structs

from backbone.catalog.column_types import common_columns, remembered_columns, remembered_formats
from backbone.errors import Rejected
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


def test_columns_without_a_value_say_nothing_about_types() -> None:
    table = (column("a", "integer"),)
    assert common_columns(table, (structs.replace(column("a", "text"), undecided=True),)) == table


def test_a_column_without_a_value_gets_the_type_of_the_first_one() -> None:
    table = (structs.replace(column("a", "text"), undecided=True),)
    assert common_columns(table, (column("a", "integer"),), retype=False) == (column("a", "integer"),)
    assert common_columns(table, table, retype=False) == table


@pytest.mark.parametrize(
    ("table", "file", "expected"),
    [
        (column("a", "integer"), column("a", "text", declared=""), column("a", "text", declared="")),
        (column("a", "boolean"), column("a", "text", declared=""), column("a", "text", declared="")),
        (column("a", "integer"), column("a", "decimal", declared=","), column("a", "decimal", declared=",")),
        (column("a", "decimal"), column("a", "integer", declared=""), column("a", "decimal")),
        (column("a", "date"), column("a", "date", declared="%d.%m.%Y"), column("a", "date", declared="%d.%m.%Y")),
        (column("a", "text"), column("a", "date", declared="%d.%m.%Y"), None),
        (column("a", "boolean"), column("a", "integer", declared=""), None),
    ],
)
def test_a_declared_type_is_obeyed_or_refused(table: Column, file: Column, expected: Column | None) -> None:
    if expected is None:
        with pytest.raises(Rejected, match="types="):
            common_columns((table,), (file,), retype=False)
        return
    assert common_columns((table,), (file,), retype=False) == (expected,)


def test_what_was_declared_is_remembered() -> None:
    before = (column("a", "decimal", declared="1.234,56"), column("b", "integer"))
    file = (column("b", "text"), column("a", "decimal"), column("c", "date"))
    assert remembered_columns(before, file) == (file[0], before[0], file[2])
    assert [(finding.column, finding.code) for finding in remembered_formats(before, file)] == [("a", "format-remembered")]
    assert not remembered_formats(before, (column("a", "text", declared=""),))
