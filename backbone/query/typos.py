"""Which words count as another one mistyped: one letter away for words of 4 to 7 letters, two for longer ones. Pure.

A letter that is missing, one too many, another one, or two that changed places are one step. Words with digits are codes: another digit is
another thing.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations_with_replacement
from typing import Final

from msgspec import Struct
from rapidfuzz.distance import OSA

from backbone.query.words import LETTER_SQL, folded_words

LETTERS_MIN: Final = 4
TWO_STEPS_FROM: Final = 8
LETTERS_MAX: Final = 30  # nobody types longer words, and their patterns grow with the square
SIMILAR_MAX: Final = 20


class SimilarWord(Struct, frozen=True, kw_only=True):
    """A word of the rows of a view, folded; in how many of them it is; and by how many steps it is another. 0: the very word."""

    word: str
    rows: int
    steps: int


def mistypable(text: str) -> str | None:
    """The word folded, if it is one that may be mistyped."""
    words = folded_words(text)
    is_one = len(words) == 1 and words[0].isalpha() and LETTERS_MIN <= len(words[0]) <= LETTERS_MAX
    return words[0] if is_one else None


def steps_max(word: str) -> int:
    return 2 if len(word) >= TWO_STEPS_FROM else 1


def similar_words(word: str, counts: Mapping[str, int] | Iterable[tuple[str, int]], at_most: int = SIMILAR_MAX + 1) -> list[SimilarWord]:
    """Those of the counted words that are near enough: the nearest first, then the most frequent, then by the alphabet."""
    rows: dict[str, int] = {}
    for other, count in counts.items() if isinstance(counts, Mapping) else counts:
        rows[other] = rows.get(other, 0) + count
    limit = steps_max(word)
    near = [
        SimilarWord(word=other, rows=count, steps=steps)
        for other, count in rows.items()
        if count and other.isalpha() and (steps := OSA.distance(word, other, score_cutoff=limit)) <= limit
    ]
    return sorted(near, key=lambda similar: (similar.steps, -similar.rows, similar.word))[:at_most]


def pattern_of_similar(word: str) -> str:
    """A regular expression of PostgreSQL, for folded texts, that finds every word near enough, and others; group 1 is the word."""
    places = range(len(word) + 1)
    gap = f"{LETTER_SQL}{{0,2}}"
    if steps_max(word) == 1:
        pieces = {f"{word[:at]}{gap}{word[at + 1 :]}" for at in places}
        pieces |= {f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(len(word) - 1)}
    else:
        pairs = combinations_with_replacement(places, 2)
        pieces = {f"{word[:first]}{gap}{word[first + 1 : second]}{gap}{word[max(second, first) + 1 :]}" for first, second in pairs}
    return f"(?<!{LETTER_SQL})({'|'.join(sorted(pieces))})(?!{LETTER_SQL})"
