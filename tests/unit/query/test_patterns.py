"""Regular expressions against Python's own, on patterns and texts of ASCII in lower case, where the two have to agree; and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.errors import BadRequest
from backbone.query.patterns import read_pattern

ATOMS = st.sampled_from(["a", "b", "1", ".", "\\.", "[ab]", "[^a]", "[a-c1]", "\\d", "\\w", "\\S", "x-y", " "])
QUANTIFIERS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{0,}"])


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = parts.map("({})".format) | parts.map("(?:{})".format)
    return (
        st.tuples(group | ATOMS, QUANTIFIERS).map("".join)
        | st.lists(parts, max_size=3).map("".join)
        | st.tuples(parts, parts).map("|".join)
    )


PATTERNS = st.recursive(st.tuples(ATOMS, QUANTIFIERS).map("".join), joined, max_leaves=6)


def as_python(pattern: str) -> str:
    """PostgreSQL's pattern in Python's writing: they differ in the prefix only."""
    return pattern.removeprefix("***:")


@given(pattern=PATTERNS, text=st.text("ab1c.x-y \n", max_size=12))
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    try:
        read = read_pattern(pattern)
    except BadRequest as error:
        assert "repeated" in error.detail or "repeats" in error.detail  # a{2}{2}, which Python refuses too, and the like
        return
    assert bool(re.search(as_python(read), text)) == bool(re.search(pattern, text)), read


@pytest.mark.parametrize(
    ("pattern", "folded"),
    [("Straße", "strasse"), ("CAFÉ", "cafe"), ("[À-Ý]+", "e"), ("Σ", "σ"), ("(ß|x){2}", "ssss"), ("^ŁÓDŹ$", "lodz"), ("Ж", "ж")],
)
def test_case_and_accents_are_taken_from_the_pattern(pattern: str, folded: str) -> None:
    assert re.fullmatch(as_python(read_pattern(pattern)), folded)


@pytest.mark.parametrize(
    "pattern",
    [
        "a**",
        "*a",
        "(a",
        "a)",
        "[a",
        "[]",
        "[z-a]",
        "(?=a)",
        "(?P<x>a)",
        "(a)\\1",
        "\\b",
        "\\",
        "a{101}",
        "a{3,2}",
        "((a{50}){50}){50}",
        "a{1,2}{3}",
        "[ß]",
        "[[:alpha:]]",
        "a" * 201,
        "(" * 30 + ")" * 30,
        "{2}",
    ],
)
def test_what_could_take_long_or_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(BadRequest):
        read_pattern(pattern)
