"""Texts without regard to case and accents, in both homes as in Python: sorted, contained, matched; and conditions of several filters."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from backbone.model import Table, View
from backbone.query.ast import Search
from backbone.query.words import fold
from services.query.search.filters import parse_condition, parse_sort
from tests.contracts.test_search_index import Ground, column, ground, home, numbers, place, walk  # noqa: F401

WORDS = [
    "zebra",
    "Äpfel",
    "apfel",
    "Apfel",
    "",
    "STRASSE",
    "Straße",
    "straße",
    "łódź",
    "Lodz",
    "Ødegård",
    "odegard",
    "Привет",
    "ПРИВЕТ",
    "Ёж",
    "ΑΘΗΝΑ",
]
WORDS += [
    "Αθήνα",
    "日本",
    "İzmir",
    "izmir",
    "naïve",
    "naive",
    "a b",
    "a-b",
    "ab",
    "A_B",
    "100%",
    "c:\\dir",
    "x",
    "",
    "œuvre",
    "Oeuvre",
    "Հայ",
    "ﬁn",
    "é",
    "e\u0301",
    "O'Neil",
    "O´Neil",
    "OʼNeil",
    "O’Neil",
    "O`Neil",
    "Foo™",
    "Foo®",
    "Foo℠ bar",
    "Footm",
]
TABLE = Table(id=1, columns=(column("word"), column("n", "integer")))


def quoted(word: str) -> str:
    return f'"{word}"' if word else ""  # in quotes, it would be a text without letters


@pytest.fixture
async def view(ground: Ground) -> View:  # noqa: F811
    lines = [f"1,{row},{quoted(word)},{row % 5 if row % 7 else ''}" for row, word in enumerate(WORDS)]
    return await ground.load(TABLE, ("\n".join(lines) + "\n").encode())


async def filtered(ground: Ground, view: View, text: str) -> list[int]:  # noqa: F811
    return numbers(await ground.index.search(view, Search(filters=(parse_condition(text, TABLE.columns),), limit=100)))


@pytest.mark.parametrize("descending", [False, True])
async def test_texts_are_sorted_as_in_python(ground: Ground, view: View, descending: bool) -> None:  # noqa: F811
    there = [row for row, word in enumerate(WORDS) if word]
    nulls = [row for row, word in enumerate(WORDS) if not word]
    sign = "-" if descending else ""
    by_language = sorted(there, key=lambda row: (fold(WORDS[row]), WORDS[row]), reverse=descending)
    by_code_point = sorted(there, key=lambda row: WORDS[row], reverse=descending)
    assert await walk(ground, view, sort=f"{sign}word", limit=7) == by_language + nulls
    assert await walk(ground, view, sort=f"{sign}word:binary", limit=7) == by_code_point + nulls
    assert parse_sort("-word:binary", TABLE.columns)[0].binary


@pytest.mark.parametrize(
    "part",
    [
        "apf",
        "ÄPF",
        "STRASS",
        "aße",
        "ŁÓ",
        "привет",
        "ёж",
        "αθη",
        "%",
        "_",
        "\\",
        "日",
        "e",
        "É",
        "FIN",
        "-",
        "O'N",
        "o´n",
        "oʼN",
        "`",
        "foo™",
        "oo",
        "tm",
    ],
)
async def test_parts_are_found_whatever_their_case_and_accents(ground: Ground, view: View, part: str) -> None:  # noqa: F811
    expected = [row for row, word in enumerate(WORDS) if word and fold(part) in fold(word)]
    assert await filtered(ground, view, f"word:contains:{part}") == expected
    escaped = re.sub(r"([%_\\])", r"\\\1", part)
    assert await filtered(ground, view, f"word:ilike:%{escaped}%") == expected
    assert await filtered(ground, view, f"word:regex:{re.escape(part)}") == expected


PATTERNS = ["^a.b$", "^[a-z]+$", "stra(ß|SS)e", "\\d+%", "^.{1,2}$", "^(Ä|o)", "[^a-z]", "\\W", "(a|e)+i", "^$", ".", "^\\w+$"]


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_regular_expressions_match_as_in_python(ground: Ground, view: View, pattern: str) -> None:  # noqa: F811
    folded = pattern.replace("ß", "ss").replace("SS", "ss").replace("Ä", "a")
    beyond = re.compile(folded.replace("\\w", "[0-9a-z_\\u0080-\\U0010ffff]").replace("\\W", "[^0-9a-z_\\u0080-\\U0010ffff]"))
    expected = [row for row, word in enumerate(WORDS) if word and beyond.search(fold(word))]
    assert await filtered(ground, view, f"word:regex:{pattern}") == expected


def value(row: int) -> dict[str, Any]:
    return {"word": WORDS[row] or None, "n": row % 5 if row % 7 else None}


CONDITIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "(n:eq:1)or(word:contains:apf)": lambda v: v["n"] == 1 or (v["word"] and "apf" in fold(v["word"])),
    "(n:gte:1)and(n:lt:3)": lambda v: v["n"] is not None and 1 <= v["n"] < 3,
    "not(n:lt:3)": lambda v: v["n"] is None or v["n"] >= 3,
    "not((n:lt:3)or(word:exists:false))": lambda v: (v["n"] is None or v["n"] >= 3) and v["word"],
    "((n:eq:1)and(word:ne:x))or(not(n:exists))": lambda v: (v["n"] == 1 and v["word"] != "x") or v["n"] is None,
    "not(n:ne:1)": lambda v: v["n"] == 1,
    'not(word:in:"apfel",x)': lambda v: v["word"] not in ("apfel", "x"),
    "(n:in:1,2)or(not(word:regex:^[a-z]))": lambda v: v["n"] in (1, 2) or not (v["word"] and re.search("^[a-z]", fold(v["word"]))),
    "n:eq:1": lambda v: v["n"] == 1,
}


@pytest.mark.parametrize("text", list(CONDITIONS))
async def test_filters_are_joined_as_in_python(ground: Ground, view: View, text: str) -> None:  # noqa: F811
    assert await filtered(ground, view, text) == [row for row in range(len(WORDS)) if CONDITIONS[text](value(row))]
