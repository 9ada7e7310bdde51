"""The language of q, filters and sorts: what is understood, and what a refusal says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import All, Any, Filter, Node, Not, Phrase, Sort, Word
from services.query.search.filters import parse_filter, parse_sort
from services.query.search.query_language import parse_query


def parse(text: str, clauses_max: int = 50) -> Node | None:
    return parse_query(text, bytes_max=4096, clauses_max=clauses_max, columns=COLUMNS)


A, B, C = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", None),
        ("  \n ", None),
        ("a", A),
        ("a b", All((A, B))),
        ("a OR b", Any((A, B))),
        ("a or b", All((A, Word("or"), B))),
        ("a b OR c", All((A, Any((B, C))))),
        ("a OR b OR c", Any((A, B, C))),
        ("(a b) OR c", Any((All((A, B)), C))),
        ("-a", Not(A)),
        ("--a", A),
        ("-(a b)", Not(All((A, B)))),
        ("a -b OR c", All((A, Any((Not(B), C))))),
        ('"a b" c', All((Phrase("a b"), C))),
        ('-"a b"', Not(Phrase("a b"))),
        ("a*", Word("a", prefix=True)),
        ("a** b", All((Word("a", prefix=True), B))),
        ("a.*", Word("a.")),
        ("vaba-173710", Word("vaba-173710")),
        ("a - & * () b", All((A, B))),
        ("x(a)b", All((Word("x"), A, B))),
        ("don't", Word("don't")),
        ('"" a', A),
        ("a AND b", All((A, B))),
        ("a AND b OR c", All((A, Any((B, C))))),
        ("a NOT b", All((A, Not(B)))),
        ("a AND NOT b", All((A, Not(B)))),
        ("NOT (a b)", Not(All((A, B)))),
        ("and not", All((Word("and"), Word("not")))),
        ("name:a b", All((Word("a", column="name"), B))),
        ("NAME:a*", Word("a", prefix=True, column="name")),
        ('name:"a b"', Phrase("a b", column="name")),
        ("-name:a", Not(Word("a", column="name"))),
        ("other:a", Word("other:a")),
        ("12:30", Word("12:30")),
        ("name: a", All((Word("name:"), A))),
        ("日本*", Phrase("日本")),
        ("a,b*", All((Phrase("a,"), Word("b", prefix=True)))),
    ],
)
def test_what_is_understood(text: str, node: Node | None) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "character", "sentence"),
    [
        ('red "shoes', 5, "never closed"),
        ('"', 1, "never closed"),
        ("a (b", 3, "never closed"),
        ("a) b", 2, "never opened"),
        ("OR a", 1, "left"),
        ("a OR", 3, "right"),
        ("a OR OR b", 3, "right"),
        ("(a OR) b", 4, "right"),
        ("AND a", 1, "left"),
        ("a AND", 3, "right"),
        ("a AND OR b", 3, "right"),
        ("a NOT", 3, "right"),
        ("- * &", 1, "no word"),
        ("( )", 1, "no word"),
    ],
)
def test_errors_point_at_the_character(text: str, character: int, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence) as refused:
        parse(text)
    assert refused.value.code == "query-syntax"
    assert refused.value.place["character"] == character


@pytest.mark.parametrize(
    ("text", "code"), [("a" * 4097, "query-too-long"), ("a b c d", "query-too-complex"), ("(" * 100 + "a" + ")" * 100, "query-too-complex")]
)
def test_limits(text: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(text, clauses_max=3)
    assert refused.value.code == code


@given(st.text(alphabet='ab:name ANDOT"()-*é\n', max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        parse(text)
    except BadRequest as refused:
        character = refused.place.get("character", 1)
        assert isinstance(character, int) and 1 <= character <= len(text) + 1


NAME = Column(name="name", title="Name", type="text")
STOCK = Column(name="stock", title="Stock", type="integer")
PRICE = Column(name="price", title="Price", type="decimal")
ACTIVE = Column(name="active", title="Active", type="boolean")
MADE = Column(name="made", title="Made", type="date")
SOLD = Column(name="sold", title="Sold", type="timestamp", format="%Y-%m-%dT%H:%M:%S%.3fZ")
DAY = Column(name="day", title="Day", type="date", format="%d/%m/%Y")
COLUMNS = (NAME, STOCK, PRICE, ACTIVE, MADE, SOLD, DAY)


@pytest.mark.parametrize(
    ("text", "filter"),
    [
        ("name:eq:a:b", Filter(NAME, "eq", ("a:b",))),
        ("name:eq:", Filter(NAME, "eq", ("",))),
        ('name:in:a,"b,c"', Filter(NAME, "in", ("a", "b,c"))),
        ("stock:gte:-5", Filter(STOCK, "gte", ("-5",))),
        ("price:lt:1.50", Filter(PRICE, "lt", ("1.50",))),
        ("active:eq:true", Filter(ACTIVE, "eq", ("true",))),
        ("name:exists", Filter(NAME, "exists", ("true",))),
        ("name:exists:false", Filter(NAME, "exists", ("false",))),
        ("made:eq:2026-01-02", Filter(MADE, "eq", ("2026-01-02",))),
        ("sold:gte:2026-01-02", Filter(SOLD, "gte", ("2026-01-02T00:00:00.000Z",))),
        ("sold:gte:2026-01-02T03:04:05Z", Filter(SOLD, "gte", ("2026-01-02T03:04:05.000Z",))),
        ("day:lt:12/01/2026", Filter(DAY, "lt", ("12/01/2026",))),
        ("day:lt:2026-01-12", Filter(DAY, "lt", ("12/01/2026",))),
    ],
)
def test_filters(text: str, filter: Filter) -> None:
    assert parse_filter(text, COLUMNS) == filter


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("name", "bad-filter", "column:op:value"),
        ("name:eq", "bad-filter", "column:op:value"),
        ("nam:eq:x", "unknown-column", "name"),
        ("name:like:x", "bad-filter", "contains"),
        ("stock:eq:1.5", "bad-filter", "whole number"),
        ("stock:eq:9223372036854775808", "bad-filter", "whole number"),
        ("price:gt:cheap", "bad-filter", "9.99"),
        ("price:gt:1e5", "bad-filter", "9.99"),
        ("active:eq:yes", "bad-filter", "true or false"),
        ("active:gt:true", "bad-filter", "eq or ne"),
        ("stock:prefix:1", "bad-filter", "gte and lt"),
        ("made:eq:yesterday", "bad-filter", "2026-01-31"),
        ("sold:eq:2026-13-01", "bad-filter", "2026-01-31T12:00:00.000Z"),
        ("day:eq:31/02/2026", "bad-filter", "31/01/2026"),
        ("name:exists:maybe", "bad-filter", "true or false"),
        ("stock:in:", "bad-filter", "whole number|1 to"),
    ],
)
def test_refused_filters_say_what_is_possible(text: str, code: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence) as refused:
        parse_filter(text, COLUMNS)
    assert refused.value.code == code


def test_sorts() -> None:
    assert parse_sort("", COLUMNS) == ()
    assert parse_sort("-price, name", COLUMNS) == (Sort(PRICE, descending=True), Sort(NAME))
    for text in ("prise", "name,-name"):
        with pytest.raises(BadRequest):
            parse_sort(text, COLUMNS)
