"""The tokens of many values at once, by tables of bytes over all of them: what `backbone.query.words` says, several times as fast. Pure.

A load makes tokens of each value, so here their price is a part of its time. What most values are (letters of Western Europe, digits, signs that part
them) is read in the bytes of a whole column; `backbone.query.words` is asked for the rest, value by value.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from backbone.query.words import WORD_CHARACTERS_MAX, compounds, fold, token_line

PIECE_CHARACTERS_MAX: Final = 8_000  # between blanks: no analyzer cuts a shorter piece where the rule does not
SPACED_MIN: Final = 2  # a column with fewer blanks than one in so many values is one of codes
_ENCODING: Final = "cp1252"
_BETWEEN: Final = "\0"  # values, which cannot have it
_LETTER, _DIGIT, _JOINER, _SIGN, _OTHER, _UNKNOWN = b"a0-+ X"

# Letters, digits and signs that an analyzer of Elasticsearch (`standard`, cut where letters meet digits or signs, lower case, without accents) reads as
# the rule of words does; found by trying them all.
_READ_ALIKE: Final = re.compile(
    "[\0-\xa7\xab-\xad\xb0\xb1\xb6\xb7\xbb\xbf-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u017f\u0386-\u038a\u038c\u038e-\u03a1\u03a3-\u03c1\u03c3-\u03ce"
    "\u0400-\u0481\u048a-\u052f\u1e00-\u1e99\u1e9e-\u1ef9\u2000-\u2016\u2018-\u203b\u20a0-\u20a7\u20a9-\u20c0]*"
)
_JOINERS: Final = b"-_./'&"
_CODE: Final = re.compile(rb"[a-z0-9]+(?:[-_./'&][a-z0-9]+)*").fullmatch
_CODE_OR_WORD: Final = re.compile(
    f"(?!.{{{WORD_CHARACTERS_MAX + 1}}})(?:[A-Za-z]*|[0-9]+|(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]+(?:[-_./'&][A-Za-z0-9]+)*)"
).fullmatch
_LONG_RUN: Final = re.compile(f"[^\\s!-/:-@\\[-`{{-~]{{{WORD_CHARACTERS_MAX + 1}}}")

_LONG_PIECE: Final = re.compile(f"\\S{{{PIECE_CHARACTERS_MAX}}}")


def _table(of: Callable[[str], int]) -> bytes:
    return bytes(of(bytes([code]).decode(_ENCODING, "replace")) for code in range(256))


def _kind(letter: str) -> int:
    if letter.isascii() and letter.isalnum():
        return _DIGIT if letter.isdigit() else _LETTER
    if letter == _BETWEEN:
        return 0
    if letter in "+#":
        return _SIGN
    if letter in "-_./'&`\u2018\u2019\u00b7":
        return _JOINER
    if letter.isascii():
        return _OTHER
    if not _READ_ALIKE.fullmatch(letter):
        return _UNKNOWN
    return _LETTER if letter.isalpha() else _OTHER


def _one_letter_kind(letter: str) -> int:
    """Where one letter is folded into two, or anything but a letter into some, the rule itself is asked."""
    return _kind(letter) if letter.isascii() or len(fold(letter)) == 1 else _UNKNOWN


def _plain(letter: str) -> int:
    """As it stands in a line of tokens."""
    folded = fold(letter)
    is_word = len(folded) == 1 and folded.isascii() and folded.isalnum()
    return ord(folded) if is_word else 0 if letter == _BETWEEN else ord(" ")


_KINDS: Final = _table(_kind)
_ONE_LETTER_KINDS: Final = _table(_one_letter_kind)
_PLAIN: Final = _table(_plain)
_UMLAUTS: Final = _table(lambda letter: ord("u") if letter in "äöüÄÖÜ" else 0)
# Each begins with the rarest letter, which is what is looked for: several times as fast as two letters are.
_BORDERS: Final = tuple(re.compile(each) for each in (rb"0(?:(?=a)|(?<=a0))", rb"-(?<=[a0]-)(?=[a0])", rb"\+(?<=a\+)"))
_PIECES: Final = (b"X", b"a" * (WORD_CHARACTERS_MAX + 1), b"0" * (WORD_CHARACTERS_MAX + 1))


def token_lines(values: Sequence[str]) -> list[bytes]:
    """Of each value its `token_line`, blanks between the tokens more or fewer."""
    column, unknown = _encoded(values)
    kinds = column.translate(_ONE_LETTER_KINDS)
    plain = column.translate(_PLAIN).split(b"\0")
    lines = [b"^ " + each + b" $" if not each.isspace() and each else b"" for each in plain]
    for place in _with_borders(kinds, column, values, unknown):
        lines[place] = token_line(values[place]).encode()
    return lines


def left_to_an_analyzer(values: Sequence[str]) -> Iterator[tuple[int, bytes, bool]]:
    """For values whose parts an analyzer finds: the place of each value that needs more, what it needs, and whether that is the whole line.

    The line where the analyzer would read the value otherwise; else what is found as one word though it is several, if there is any.
    """
    column, unknown = _encoded(values)
    if column.isascii() and not unknown and column.count(b" ") * SPACED_MIN < len(values):
        if not column.translate(None, b"\0").isalpha() or _PIECES[1] in column.translate(_KINDS):
            yield from _of_codes(column, values)
    else:
        for place in sorted(_with_borders(column.translate(_KINDS), column, values, unknown)):
            yield from _of_value(place, values[place])


def left_to_codes_analyzer(values: Sequence[str]) -> Iterator[tuple[int, bytes, bool]]:
    """As `left_to_an_analyzer`, for one that cuts at blanks and signs and joins what stood between two blanks as well. It reads one code as
    the rule does; of any other value it would join too much, or put what it joins where a sequence of words could meet it."""
    for place in [place for place, value in enumerate(values) if not is_code_or_word(value)]:
        if line := token_line(values[place]):
            yield place, line.encode(), True


def is_code_or_word(value: str) -> bool:
    """A run of letters, one of digits, or one run in which there are both; all of them ASCII. Empty texts too."""
    return _CODE_OR_WORD(value) is not None


def are_codes(values: Sequence[str]) -> bool:
    """And words among them; at least one has several parts, and is found as one word."""
    return all(map(is_code_or_word, values)) and not all(not value or value.isalpha() or value.isdigit() for value in values)


def _of_codes(column: bytes, values: Sequence[str]) -> Iterator[tuple[int, bytes, bool]]:
    """Of values such as `AB-12`, one run with a letter in it, what is found is the run without what joins it: for all of them in one go."""
    lower = column.lower()
    for place, (value, joined) in enumerate(zip(lower.split(b"\0"), lower.translate(None, _JOINERS).split(b"\0"), strict=True)):
        if len(value) <= WORD_CHARACTERS_MAX:
            if not value or value.isalpha() or value.isdigit():
                continue
            if not joined.isdigit() and _CODE(value):
                yield place, joined, False
                continue
        yield from _of_value(place, values[place])


def _of_value(place: int, value: str) -> Iterator[tuple[int, bytes, bool]]:
    if not _is_read_alike(value):
        yield place, token_line(value).encode(), True
    elif joined := compounds(value):
        yield place, " | ".join(joined).encode(), False


def _is_read_alike(value: str) -> bool:
    is_cut_alike = len(value) <= WORD_CHARACTERS_MAX or not (_LONG_RUN.search(value) or _LONG_PIECE.search(value))
    return is_cut_alike and (value.isascii() or _READ_ALIKE.fullmatch(value) is not None)


def _encoded(values: Sequence[str]) -> tuple[bytes, list[int]]:
    """All values in one, and the places of those that cannot be in it (and are empty there)."""
    column = _BETWEEN.join(values)
    if column.isascii():
        return column.encode(), []
    try:
        return column.encode(_ENCODING), []
    except UnicodeEncodeError:
        unknown = [place for place, value in enumerate(values) if not _is_encodable(value)]
    encodable = list(values)
    for place in unknown:
        encodable[place] = ""
    return _BETWEEN.join(encodable).encode(_ENCODING), unknown


def _is_encodable(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode(_ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _with_borders(kinds: bytes, column: bytes, values: Sequence[str], unknown: list[int]) -> set[int]:
    """The places of values that are not words between blanks and signs alone."""
    ends = _Ends(values, unknown)
    places = set(unknown)
    for border in _BORDERS:
        places.update(ends.value_at(match.start()) for match in border.finditer(kinds))
    for piece in _PIECES:
        places |= _values_with(piece, kinds, ends)
    if not column.isascii():
        places |= _values_with(b"u", column.translate(_UMLAUTS), ends)
    return places


def _values_with(piece: bytes, column: bytes, ends: "_Ends") -> set[int]:
    places, start = set(), column.find(piece)
    while start >= 0:
        place = ends.value_at(start)
        places.add(place)
        start = column.find(piece, ends.end(place))
    return places


class _Ends:
    """Where values end in the column of them all; counted when first asked for, as most columns have nothing to ask for."""

    def __init__(self, values: Sequence[str], unknown: list[int]) -> None:
        self._values = values
        self._unknown = frozenset(unknown)
        self._ends: list[int] = []

    def value_at(self, position: int) -> int:
        return bisect_right(self._all(), position)

    def end(self, place: int) -> int:
        return self._all()[place]

    def _all(self) -> list[int]:
        if not self._ends:
            lengths = [0 if place in self._unknown else len(value) for place, value in enumerate(self._values)]
            self._ends = list(accumulate(length + 1 for length in lengths))
        return self._ends
