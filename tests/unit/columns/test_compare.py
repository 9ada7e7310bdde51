"""A file's columns held against a dataset's: never confused, in any order; and what is told, or refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.columns.compare import Wanted, compare_columns
from backbone.columns.names import name_columns
from backbone.findings import Stopped
from backbone.model import Column, ColumnType, Mode


def titled(*titles: str, type: ColumnType = "text") -> tuple[Column, ...]:
    return tuple(Column(name=column.name, title=column.title, type=type) for column in name_columns(titles))


def met(file: tuple[Column, ...], table: tuple[Column, ...], wanted: Wanted | None = None) -> dict[str, str]:
    return {column.title: target.title for column, target in compare_columns(file, table, wanted or Wanted())[0].known}


def codes(file: tuple[Column, ...], table: tuple[Column, ...], wanted: Wanted | None = None) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in compare_columns(file, table, wanted or Wanted())[1]]


@pytest.mark.parametrize(
    "titles",
    [
        ("имя", "город"),
        ("id", "%", "€"),
        ("Symbol", "Change", "Change %"),
        ("编号", "名称"),
        ("x" * 80, "x" * 81, "x" * 59 + "y"),
        ("ID", "id #", "v"),
        ("Price", "Price €"),
    ],
)
def test_columns_of_any_order_find_their_titles(titles: tuple[str, ...]) -> None:
    table = titled(*titles)
    for turn in range(len(titles)):
        file = titled(*titles[turn:], *titles[:turn])
        match, findings = compare_columns(file, table, Wanted())
        assert {column.title: column.name for column in match.columns} == {column.title: column.name for column in table}
        assert findings == ()


@given(st.lists(st.sampled_from(["a", "A", "a %", "%", "€", "имя", "Имя", "", "x" * 70, "x" * 71, "_a", "a_2"]), min_size=1, unique=True))
def test_each_column_of_a_part_finds_its_own_title(titles: list[str]) -> None:
    table = titled(*random.Random(1).sample(titles, len(titles)))
    part = titled(*titles[: 1 + len(titles) // 2])
    match, _ = compare_columns(part, table, Wanted())
    assert all(column.title == target.title for column, target in match.known) and not match.added


def test_a_new_column_never_takes_anothers_name() -> None:
    table = titled("Symbol", "Change %")
    match, findings = compare_columns(titled("Symbol", "Change"), table, Wanted())
    assert met(titled("Symbol", "Change"), table) == {"Symbol": "Symbol"}
    assert match.columns[1].name not in {column.name for column in table}
    assert [(finding.code, finding.level) for finding in findings] == [("columns-added", "warning"), ("columns-missing", "warning")]
    assert met(titled("Symbol", "Price €"), titled("Symbol", "Price")) == {"Symbol": "Symbol"}


def test_capitals_and_blanks_do_not_matter_where_it_is_clear() -> None:
    assert met(titled("NAME ", "unit_price"), titled("Name", "Unit price")) == {"NAME ": "Name", "unit_price": "Unit price"}
    assert met(titled("name", "NAME"), titled("Name", "name")) == {"name": "name", "NAME": "Name"}
    for file, table in ((titled("NAME"), titled("Name", "name")), (titled("NAME", "nAME"), titled("Name", "x"))):
        with pytest.raises(Stopped) as stopped:
            compare_columns(file, table, Wanted())
        assert stopped.value.code == "column-ambiguous"


def test_a_name_is_understood_where_no_title_is_meant() -> None:
    table = titled("Change %", "Symbol")
    assert met(titled("change", "symbol"), table) == {"change": "Change %", "symbol": "Symbol"}
    assert codes(titled("change", "symbol"), table) == [("columns-matched-by-name", "info")]


def test_the_same_title_twice_goes_by_occurrence() -> None:
    table, file = titled("a", "b", "a"), titled("a", "a", "b")
    match, _ = compare_columns(file, table, Wanted())
    assert [column.name for column in match.columns] == [table[0].name, table[2].name, table[1].name]


def test_no_title_is_known() -> None:
    file, table = titled("价格", "数量"), titled("编号", "名称")
    modes: tuple[Mode, ...] = ("append", "upsert")
    for mode in modes:
        with pytest.raises(Stopped) as stopped:
            compare_columns(file, table, Wanted(mode=mode))
        assert stopped.value.code == "columns-unknown"
    assert codes(file, table, Wanted(policy="any")) == [("columns-added", "warning"), ("columns-missing", "warning")]


def test_strict_allows_no_difference() -> None:
    table = titled("a", "b")
    assert codes(titled("b", "a"), table, Wanted(policy="strict")) == []
    for file in (titled("a"), titled("a", "b", "c"), titled("a", "c")):
        with pytest.raises(Stopped):
            compare_columns(file, table, Wanted(policy="strict"))


def test_a_file_without_a_header_goes_by_position_where_it_fits() -> None:
    table = (*titled("sku", type="integer"), *titled("name"))
    file = (Column(name="column_1", title="", type="integer"), Column(name="column_2", title="", type="text"))
    headerless = Wanted(has_titles=False)
    match, findings = compare_columns(file, table, headerless)
    assert [(column.name, column.title) for column in match.columns] == [("sku", "sku"), ("name", "name")]
    assert [(finding.code, finding.level) for finding in findings] == [("columns-matched-by-position", "warning")]
    assert findings[0].suggest is not None and (findings[0].suggest.option, findings[0].suggest.value) == ("names", "sku,name")
    for other in (file[:1], file[::-1]):
        with pytest.raises(Stopped) as stopped:
            compare_columns(other, table, headerless)
        assert stopped.value.code == "columns-unknown" and "names=" in stopped.value.detail
    assert codes(file, file, headerless) == []


def test_position_when_it_is_asked_for() -> None:
    table = titled("a", "b")
    wanted = Wanted(policy="position")
    assert met(titled("x", "y"), table, wanted) == {"x": "a", "y": "b"}
    assert codes(titled("x", "y"), table, wanted) == [("columns-matched-by-position", "info")]
    with pytest.raises(Stopped):
        compare_columns(titled("x"), table, wanted)


def test_what_is_missing_and_retyped_is_told() -> None:
    table = (*titled("sku"), *titled("price", type="integer"))
    assert codes(titled("sku"), table) == [("columns-missing", "warning")]
    assert codes(titled("sku"), table, Wanted(mode="upsert")) == [("columns-missing", "info")]
    assert codes(titled("sku"), table, Wanted(mode="upsert", missing="null")) == [("columns-missing", "warning")]
    assert codes(titled("sku", "price"), table) == [("column-type-differs", "warning")]
    assert codes(titled("sku", "price"), table, Wanted(retype=True)) == [("columns-retyped", "info")]
    assert codes(titled("sku", "price"), table, Wanted(empty={"price"})) == []
