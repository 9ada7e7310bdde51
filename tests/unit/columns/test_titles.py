"""Titles and names as people write them in parameters."""

import pytest

from backbone.columns.key import find_key
from backbone.columns.names import name_columns
from backbone.columns.titles import find_column, split_column, split_list, split_titles
from backbone.errors import BadRequest, Rejected
from services.query.groups.groupings import parse_aggregates, parse_by, parse_group_sort
from services.query.search.facets import parse_facets
from services.query.search.fields import parse_fields
from services.query.search.filters import parse_filter, parse_sort

COLUMNS = name_columns(["Change", "Change %", "Time (hh:mm)", "price, net", "имя", "-x", 'a "b"'])
NAMES = {column.title: column.name for column in COLUMNS}


@pytest.mark.parametrize("text", ["Change", "change", "CHANGE"])
def test_a_column_by_title_or_name(text: str) -> None:
    assert find_column(text, COLUMNS).title == "Change"
    assert find_column("Change %", COLUMNS).title == "Change %"
    assert find_column("change  %", COLUMNS).title == "Change %"
    assert find_column(NAMES["Change %"], COLUMNS).title == "Change %"


def test_two_columns_could_be_meant() -> None:
    columns = name_columns(["Total", "TOTAL"])
    assert find_column("TOTAL", columns).title == "TOTAL"
    with pytest.raises(BadRequest) as refused:
        find_column("tOtAl", columns)
    assert refused.value.code == "column-ambiguous"
    with pytest.raises(Rejected) as stopped:
        find_key(["tOtAl"], columns)
    assert stopped.value.code == "column-ambiguous"


def test_a_key_is_a_title_first() -> None:
    columns = name_columns(["id #", "ID", "v"])
    assert find_key(["ID"], columns) == [columns[1].name]
    assert find_key(["id #"], columns) == [columns[0].name]
    assert find_key(["id"], columns) == [columns[1].name]
    with pytest.raises(Rejected):
        find_key(["sku"], columns)
    with pytest.raises(Rejected):
        find_key(["ID", "id"], columns)


def test_quotes_hold_commas_and_colons() -> None:
    assert split_list('a, -"b, c" ,sum:"d,e",5" pipe,f') == ["a", '-"b, c"', 'sum:"d,e"', '5" pipe', "f"]
    assert split_titles('sku,"price, net","say ""hi"""') == ["sku", "price, net", 'say "hi"']
    assert split_column('"Time (hh:mm)":gte:12:00') == ("Time (hh:mm)", "gte:12:00")
    assert split_column("price:lte:10") == ("price", "lte:10")
    assert split_column('"a" b:eq:1') == ('"a" b', "eq:1")


def test_every_parameter_takes_titles() -> None:
    assert parse_filter('"Time (hh:mm)":eq:12:00', COLUMNS).values == ("12:00",)
    assert parse_filter("имя:exists", COLUMNS).values == ("true",)
    assert parse_filter("Change %:eq:a:b", COLUMNS).column.title == "Change %"
    sorts = parse_sort('-"price, net",-Change %,-x', COLUMNS)
    assert [(sort.column.title, sort.descending) for sort in sorts] == [("price, net", True), ("Change %", True), ("-x", False)]
    assert [column.title for column in parse_fields('"price, net",имя', COLUMNS)] == ["price, net", "имя"]
    assert parse_facets(['"Time (hh:mm)":top:5'], COLUMNS)[0].top == 5
    by = parse_by('"price, net"', COLUMNS)
    aggregates = parse_aggregates('count,min:"Time (hh:mm)"', COLUMNS)
    assert [column.title for column in by] == ["price, net"]
    assert [one.name for one in parse_group_sort('-"price, net",min:"Time (hh:mm)"', by, aggregates)] == [by[0].name, aggregates[1].name]
