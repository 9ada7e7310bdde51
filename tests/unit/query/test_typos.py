"""Which words count as mistyped, and the pattern by which PostgreSQL finds them: whatever the rule takes, the pattern finds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.query.typos import mistypable, pattern_of_similar, similar_words


@pytest.mark.parametrize(
    ("typed", "near", "steps"),
    [
        ("tepot", "teapot", 1),
        ("taepot", "teapot", 1),
        ("teapott", "teapot", 1),
        ("teabot", "teapot", 1),
        ("tepott", "teapot", None),
        ("chokolat", "chocolate", 2),
        ("hcocolaet", "chocolate", 2),
        ("chokolats", "chocolatier", None),
        ("привит", "привет", 1),
    ],
)
def test_one_step_for_short_words_and_two_for_long_ones(typed: str, near: str, steps: int | None) -> None:
    assert [similar.steps for similar in similar_words(typed, {near: 1})] == ([] if steps is None else [steps])


@pytest.mark.parametrize(
    ("text", "word"), [("Tépot", "tepot"), ("cup", None), ("AB1234", None), ("12345", None), ("wi-fi", None), ("x" * 31, None)]
)
def test_codes_short_words_and_compounds_are_not_corrected(text: str, word: str | None) -> None:
    assert mistypable(text) == word


def test_the_nearest_first_then_the_most_frequent() -> None:
    counts = {"depot": 1, "teapot": 3, "tepot": 1, "tpot": 3, "gone": 0}
    assert [similar.word for similar in similar_words("tepot", counts)] == ["tepot", "teapot", "tpot", "depot"]


@settings(deadline=None)
@given(st.text("abe", min_size=4, max_size=12), st.text("abe", min_size=2, max_size=14))
def test_the_pattern_finds_whatever_is_near(word: str, other: str) -> None:
    if similar_words(word, {other: 1}):
        assert re.findall(pattern_of_similar(word), f"x {other}.")[0] == other
