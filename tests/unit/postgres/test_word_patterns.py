"""What a text is looked at first for: a match has what is possible, and what is certain is a match."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from backbone.postgres.words_sql import ascii_pattern, certain_pattern
from backbone.query.plan import Needle, exact_needles
from backbone.query.words import token_line

TEXTS = st.text("abAB12 -_./'&+#\n", max_size=14)
NEEDLES = st.builds(
    Needle, st.lists(st.sampled_from(["a", "b", "ab", "1", "12", "c++", "1.2"]), min_size=1, max_size=3).map(tuple)
) | st.builds(Needle, st.sampled_from([("a",), ("ab",), ("1",)]), st.just(True))


def has(needle: Needle, values: list[str]) -> bool:
    looked_for = " " + " ".join(needle.tokens) + ("" if needle.prefix else " ")
    return any(looked_for in f" {token_line(value)} " for value in values)


@given(st.lists(TEXTS, min_size=1, max_size=3), NEEDLES)
@example(["a-b"], Needle(("ab",)))
@example(["a", "b"], Needle(("a", "b")))
@example(["a1", "1a1"], Needle(("a", "1")))
@example(["a" * 300], Needle(("a",), True))
def test_what_is_certain_is_a_match_and_a_match_is_possible(values: list[str], needle: Needle) -> None:
    text = "\n".join(values)
    certain, possible = certain_pattern(needle), ascii_pattern(needle)
    if certain is not None and re.search(certain, text, re.IGNORECASE):
        assert has(needle, text.split("\n"))
    if has(needle, values):
        assert possible is not None
        assert re.search(possible, text, re.IGNORECASE)


def test_words_between_others_are_certain() -> None:
    (needle, *_) = exact_needles("shop")
    pattern = certain_pattern(needle) or ""
    assert [bool(re.search(pattern, text)) for text in ("a shop.", "shop7", "shops", "workshop", "sh-op")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert certain_pattern(Needle(("c++",))) is certain_pattern(Needle(("müller",))) is None
