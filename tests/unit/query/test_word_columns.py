"""Words of many values at once are those of each value by itself."""

from hypothesis import example, given
from hypothesis import strategies as st

from backbone.query.plan import Needle, exact_needles
from backbone.query.word_columns import is_code_or_word, left_to_an_analyzer, left_to_codes_analyzer, token_lines
from backbone.query.words import WORD_CHARACTERS_MAX, compounds, folded_words, token_line, tokens

CODES = st.from_regex(r"[A-Za-z0-9]{1,4}([-_./'&][a-z0-9]{0,3}){0,3}", fullmatch=True)
SIGNS = st.text("aB1 -_./'&`´’‘ʼ™ﬁ²+#:ü\u00e9\u0416\u4e2d\n", max_size=12)
LONG = st.integers(WORD_CHARACTERS_MAX - 2, WORD_CHARACTERS_MAX + 2).flatmap(
    lambda size: st.sampled_from(["a" * size, "1" * size, "a-" * size])
)
ANY = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
VALUES = st.lists(CODES | SIGNS | LONG | ANY | st.just(""), min_size=1, max_size=12) | st.lists(CODES, min_size=1, max_size=8)


@given(VALUES)
@example(["AB-12", "12", "abc", "", "1-2", "a" * (WORD_CHARACTERS_MAX + 1)])
def test_lines_of_a_column_are_the_lines_of_its_values(values: list[str]) -> None:
    assert [line.split() for line in token_lines(values)] == [token_line(value).encode().split() for value in values]


@given(VALUES)
@example(["AB-12", "12", "abc", "", "1-2", "12.50", "c++", "a" * (WORD_CHARACTERS_MAX + 1)])
def test_what_an_analyzer_leaves_is_what_is_found_as_one_word(values: list[str]) -> None:
    for place, line, is_whole in left_to_an_analyzer(values):
        expected = tokens(values[place]) if is_whole else " | ".join(compounds(values[place])).split()
        assert line.decode().split() == expected


@given(VALUES)
def test_no_value_that_needs_something_is_left_out(values: list[str]) -> None:
    told = {place for place, _, _ in left_to_an_analyzer(values)}
    assert {place for place, value in enumerate(values) if compounds(value)} <= told


@given(VALUES)
@example(["AB-12", "wi-fi", "12.50", "a" * (WORD_CHARACTERS_MAX + 1), "ab 12", "c++", "?"])
def test_what_codes_leave_is_the_whole_line_of_all_others(values: list[str]) -> None:
    others = {place: tokens(value) for place, value in enumerate(values) if not is_code_or_word(value) and tokens(value)}
    assert {place: line.decode().split() for place, line, is_whole in left_to_codes_analyzer(values) if is_whole} == others


@given(CODES)
def test_a_code_is_its_parts_and_all_of_them_joined(value: str) -> None:
    """Which is what the analyzer of codes makes of it; what is joined has a letter and a digit, so no part of another text is equal to it."""
    parts, joined = folded_words(value), compounds(value)
    if is_code_or_word(value):
        assert joined == (["".join(parts)] if len(parts) > 1 else [])
        assert all(not word.isalpha() and not word.isdigit() for word in joined)


def test_what_indices_of_before_have_is_looked_for_too() -> None:
    """They had letters where the rule has none any more."""
    assert exact_needles("Foo™") == (Needle(("foo",)), Needle(("footm",)))
    assert exact_needles("OʼBrien") == (Needle(("o", "brien")), Needle(("obrien",)), Needle(("oʼbrien",)))
    assert exact_needles("O'Brien") == exact_needles("O`Brien") == exact_needles("O´Brien") == exact_needles("OʼBrien")[:2]
