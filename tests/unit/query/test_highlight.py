"""Highlights: the matches of a query, marked in short pieces of the values."""

import pytest

from backbone.model import Column
from backbone.query.words import fold, folded_words
from services.query.search.highlight import CONTEXT_CHARACTERS, FRAGMENTS_MAX, highlight
from services.query.search.query_language import parse_query

COLUMNS = tuple(Column(name=name, title=name, type="text") for name in ("a", "b"))


def marked(q: str, value: object) -> list[str]:
    node = parse_query(q, bytes_max=4096, clauses_max=50)
    assert node is not None
    return highlight({"a": value, "b": None}, node, COLUMNS).get("a", [])


@pytest.mark.parametrize(
    ("q", "value", "fragment"),
    [
        ("shoes", "Red Shoes", "Red <mark>Shoes</mark>"),
        ("sho*", "Shoes, shovel", "<mark>Shoes</mark>, <mark>shovel</mark>"),
        ('"red shoes"', "red red shoes shoes", "red <mark>red shoes</mark> shoes"),
        ("creme", "Crème brûlée", "<mark>Crème</mark> brûlée"),
        ("STRASSE", "Łódź Straße", "Łódź <mark>Straße</mark>"),
        ("vaba-17*", "sku vaba-173710!", "sku <mark>vaba-173710</mark>!"),
        ("red -shoes OR blue", "red shoes blue", "<mark>red</mark> shoes <mark>blue</mark>"),
        ("b", "<b>b & c</b>", "&lt;<mark>b</mark>&gt;<mark>b</mark> &amp; c&lt;/<mark>b</mark>&gt;"),
        ("1.10", "1.10", "<mark>1.10</mark>"),
        ("true", True, "<mark>true</mark>"),
        ("語", "日本語", "日本<mark>語</mark>"),
        ('"a b" "b c"', "a b c", "<mark>a b c</mark>"),
    ],
)
def test_what_is_marked(q: str, value: object, fragment: str) -> None:
    assert marked(q, value) == [fragment]


def test_nothing_found_is_nothing_marked() -> None:
    assert marked("red", "blue") == []
    assert marked("-red", "red") == []
    assert marked("red", None) == []


def test_long_texts_come_in_short_pieces() -> None:
    text = " ".join(["word"] * 100 + ["needle"] + ["word"] * 200 + ["needle", "needle"] + ["word"] * 100)
    fragments = marked("needle", text)
    assert [fragment.count("<mark>") for fragment in fragments] == [1, 2]
    assert all(fragment.startswith("… word") and fragment.endswith("word …") for fragment in fragments)
    assert all(len(fragment) < 3 * CONTEXT_CHARACTERS for fragment in fragments)
    assert len(marked("needle", text * 10)) == FRAGMENTS_MAX


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vaba-173710", ["vaba", "173710"]),
        ("3.14 1,000 5;6 a,b", ["3.14", "1,000", "5;6", "a", "b"]),
        ("don't O’Neil 'x'", ["don't", "o'neil", "x"]),
        ("john@example.com U.S.A.", ["john", "example.com", "u.s.a"]),
        ("foo_bar ___ _x", ["foo_bar", "_x"]),
        ("a.1 12:30 a:b a·b", ["a", "1", "12", "30", "a:b", "a·b"]),
        ("日本 ひら テキスト", ["日", "本", "ひ", "ら", "テキスト"]),
        ("😀 ☂ -- …", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert folded_words(text) == words


def test_folding() -> None:
    assert fold("ÀÉÎ Łódź STRASSE Straße Ærø İstanbul") == "aei lodz strasse strasse aero istanbul"
    assert fold("ёлка й ΑΘΗΝΑ ά") == "ёлка й αθηνα ά"
