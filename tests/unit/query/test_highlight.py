"""Highlights: the matches of a query, marked in short pieces of the values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.model import Column
from backbone.query.words import find_words, fold, folded_words, token_line, tokens
from services.query.search.highlight import CONTEXT_CHARACTERS, FRAGMENTS_MAX, highlight
from services.query.search.query_language import parse_query

COLUMNS = tuple(Column(name=name, title=name, type="text") for name in ("a", "b"))


def marked(q: str, value: object) -> list[str]:
    node = parse_query(q, bytes_max=4096, clauses_max=50, columns=COLUMNS)
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
        ("wifi", "a wi-fi router", "a <mark>wi-fi</mark> router"),
        ("usbc", "USB-C cable", "<mark>USB-C</mark> cable"),
        ("mueller", "Anna Müller", "Anna <mark>Müller</mark>"),
        ("a:red", "red", "<mark>red</mark>"),
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
    ("text", "line"),
    [
        ("vaba-173710", "^ vaba 173710 $ vaba173710 |"),
        ("AB-1234/56", "^ ab 1234 56 $ ab123456 |"),
        ("wi-fi", "^ wi fi $ wifi |"),
        ("O'Brien O’Neil 'x'", "^ o brien o neil x $ obrien | oneil |"),
        ("l'été", "^ l ete $ lete |"),
        ("rock'n'roll", "^ rock n roll $ rocknroll |"),
        ("node.js example.com U.S.A.", "^ node js example com u s a $ nodejs | examplecom | usa |"),
        ("iPhone15 1.5kg v2.0.1", "^ iphone 15 1 5 kg v 2 0 1 $ iphone15 | 15kg | v201 |"),
        ("foo_bar ___ _x a--b", "^ foo bar x a b $ foobar |"),
        ("3.14 12.50 3.00 1,000 2026-01-02", "^ 3 14 12 50 3 00 1 000 2026 01 02 $ 3.14 | 12.5 | 3 | 2026.01.02 |"),
        ("C++, c# and c", "^ c c and c $ c++ | c# |"),
        ("Müller Größe Straße", "^ muller grosse strasse $ mueller | groesse |"),
        ("日本 ひら テキスト สวัสดี 한국", "^ 日 本 ひ ら テ キ ス ト ส ว ั ส ด ี 한 국 $"),
        ("😀 ☂ -- …", ""),
        ("😀a", "^ a $"),
        ("x" * 300, "^ " + "x" * 255 + " " + "x" * 45 + " $"),
    ],
)
def test_words(text: str, line: str) -> None:
    assert " ".join(tokens(text)) == line
    assert " ".join(token_line(text).split()) == line


# Marks of other scripts change places with accents when a text is taken apart; no highlight depends on them.
LETTERS = st.characters(exclude_categories=("Cs", "Mn", "Mc", "Me")) | st.sampled_from("\u0300\u0301\u0308")


@given(st.text(LETTERS, max_size=30))
def test_parts_are_found_where_they_stand(text: str) -> None:
    words = list(find_words(text))
    assert [word.folded for word in words] == folded_words(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)


def test_folding() -> None:
    assert fold("ÀÉÎ Łódź STRASSE Straße Ærø İstanbul") == "aei lodz strasse strasse aero istanbul"
    assert fold("ёлка й ΑΘΗΝΑ ά") == "ёлка й αθηνα ά"
