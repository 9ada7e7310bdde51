"""The formats that texts of a column may be written in, where reading them is not lossless or not sure: numbers, words for true and false,
dates and times. Texts that stand for a missing value are set aside. Pure.
"""

import re
from itertools import product
from typing import Final

import polars as pl
from msgspec import Struct

from backbone.csvread.conversions import convert
from backbone.csvread.values import Kind, fits, guess_type
from backbone.model import ColumnType

_NULLS: Final = (
    "NULL", "null", "Null", "(NULL)", "(null)", "<NULL>", "<null>", "[NULL]", "[null]", "\\N", "nil", "NIL", "None", "none", "NONE",
    "N/A", "n/a", "N.A.", "n.a.", "NA", "#N/A", "#NA", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "NaN", "nan", "NAN",
    "k.A.", "-", "--", "---", "–", "—", "?", "??", ".", "..", "...",
)  # fmt: skip
# MySQL's zero date, and the same as others write dates.
_ZERO_DATE: Final = r"^(?:0000[-/.]?00[-/.]?00|00[-/.]00[-/.]0000)(?:[ T]00:00(?::00(?:\.0+)?)?(?:Z|[-+]00:?00)?)?$"
_SIGN: Final = r"(?:[$€£¥₹₽%‰]|EUR|USD|GBP|CHF|JPY|kr|zł|Kč)"
_UNIT: Final = re.compile(rf"[-+(]?({_SIGN}\s?)?[-+]?(?:\d[\d.,'\s]*?|[.,]\d+)(?:[eE][-+]?\d+)?(\s?{_SIGN})?[-)]?")
_CODE: Final = re.compile(r"[-+]?0\d+")  # 007 is rather a code than a number
_WORDS: Final = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("ja", "nein"), ("j", "n"), ("oui", "non"), ("o", "n"),
    ("si", "no"), ("sí", "no"), ("sì", "no"), ("sim", "não"), ("tak", "nie"), ("ja", "nej"), ("ja", "nee"), ("да", "нет"),
    ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso"), ("vero", "falso"),
)  # fmt: skip
_ANY_CASE: Final = _WORDS[:5]  # of which a boolean without a pattern takes every writing
_DAYS: Final = (
    ("%d.%m.%Y", "dmy"), ("%d/%m/%Y", "dmy"), ("%m/%d/%Y", "mdy"), ("%d-%m-%Y", "dmy"), ("%m-%d-%Y", "mdy"), ("%Y/%m/%d", "ymd"),
    ("%Y.%m.%d", "ymd"), ("%d.%m.%y", "dmy"), ("%d/%m/%y", "dmy"), ("%m/%d/%y", "mdy"), ("%d-%b-%Y", "dmy"), ("%d-%b-%y", "dmy"),
    ("%d %b %Y", "dmy"), ("%d %B %Y", "dmy"), ("%b %d, %Y", "mdy"), ("%B %d, %Y", "mdy"), ("%b %d %Y", "mdy"), ("%Y-%m-%d", "ymd"),
)  # fmt: skip
_CLOCK: Final = re.compile(
    r"(?P<blank>[T ]|, )(?P<clock>\d\d?:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|[-+]\d\d(?::?\d\d)?)| UTC| GMT)?$"
)


class Candidate(Struct, frozen=True):
    """`reading` differs where the same text would be another value."""

    type: ColumnType
    pattern: str = ""
    reading: str = ""
    kind: Kind | None = None  # lossless, but for texts that stand for null

    def takes(self, values: pl.Series) -> bool:
        if self.kind is not None:
            return bool(fits(values, self.kind).all())
        return not convert(values, (self.type, None), self.pattern).is_null().any()

    @property
    def written(self) -> str:
        return f"{self.type}({self.pattern})" if self.pattern else self.type


def stand_for_null(values: pl.Series) -> pl.Series:
    """Which of them look like a missing value; null itself does not."""
    return values.is_in(_NULLS) | values.str.contains(_ZERO_DATE) | (values.str.strip_chars().str.len_bytes() == 0)


def find_candidates(sample: pl.Series, was: Kind | None) -> list[Candidate]:
    """`was`: what the values before were, where they were not text."""
    texts = [text.strip() for text in sample.to_list()]
    kind = guess_type(texts[0]) if was is None else was
    lossless = [] if kind[0] == "text" else [Candidate(kind[0], kind=kind)]
    if lossless and kind[0] == "integer":
        lossless.append(Candidate("decimal", kind=("decimal", None)))
    possible = [*lossless, *_numbers(texts, was), *_words(texts, was), *_times(texts, was)]
    return [candidate for candidate in possible if candidate.takes(sample)]


def _numbers(texts: list[str], was: Kind | None) -> list[Candidate]:
    if was is not None and was[0] not in ("integer", "decimal"):
        return []
    match = _UNIT.fullmatch(texts[0])
    if match is None or any(_CODE.fullmatch(text) for text in texts):
        return []
    before, behind = match[1] or "", match[2] or ""
    commas = [Candidate("decimal", f"{before}{number}{behind}", "comma") for number in ("1234,56", "1.234,56", "1 234,56")]
    points = [Candidate("decimal", f"{before}{number}{behind}", "point") for number in ("1234.56", "1,234.56", "1'234.56")]
    if was is not None and was[0] == "decimal":
        commas = []
    plain = [] if before or behind else [Candidate("decimal", "", "point")]
    if plain and (was is None or was[0] == "integer"):
        plain.insert(0, Candidate("integer"))  # with blanks or a plus
    return [*plain, *(candidate for candidate in points if candidate.pattern != "1234.56"), *commas]


def _words(texts: list[str], was: Kind | None) -> list[Candidate]:
    """As the file writes them, and in any letter case. One word alone may be one of several pairs until the other comes."""
    if was is not None and was[0] != "boolean":
        return []
    folded = {text.lower() for text in texts}
    pairs = [pair for pair in (_WORDS[:1] if was is not None else _WORDS) if folded <= {*pair}]
    written = [Candidate("boolean", _written_pair(pair, texts)) for pair in pairs]
    return written + [Candidate("boolean") for pair in pairs if pair in _ANY_CASE][:1]


def _written_pair(pair: tuple[str, str], texts: list[str]) -> str:
    """A word that has not come is taken to be written as the other one."""
    seen = {text.lower(): text for text in reversed(texts)}
    other = next(iter(seen.values()))
    style = str.upper if other.isupper() else str.title if other.istitle() else str.lower
    return "/".join(seen.get(word, style(word)) for word in pair)


def _times(texts: list[str], was: Kind | None) -> list[Candidate]:
    if not re.match(r"\d|[A-Z][a-z]{2,8} \d", texts[0]) or (was is not None and was[0] != "timestamp"):
        return []
    clock = _CLOCK.search(texts[0])
    day = texts[0][: clock.start()] if clock else texts[0]
    days = [(pattern, order) for pattern, order in _DAYS if re.fullmatch(_shape_of(pattern), day)]
    if _is_unpadded(texts):
        days = [(pattern.replace("%d", "%-d").replace("%m", "%-m"), order) for pattern, order in days]
    if clock is None:
        return [Candidate("date", pattern, order) for pattern, order in days]
    clocks = _clock_patterns(clock)
    forms = [Candidate("timestamp", f"{pattern}{behind}", order) for (pattern, order), behind in product(days, clocks)]
    return [*forms, Candidate("timestamp", "", "ymd")] if clock["zone"] is None else forms


def _clock_patterns(clock: re.Match[str]) -> list[str]:
    """With the blank before it, and the zone behind. A fraction of the second may be missing in some values."""
    zone = clock["zone"] or ""
    if zone.strip() not in ("", "UTC", "GMT"):
        zone = f"{' ' * zone.startswith(' ')}%z"
    half = "" if clock["half"] is None else f"{' ' * clock['half'].startswith(' ')}%p"
    hour = "%I" if half else "%H"
    seconds = [":%S", ":%S%.f"] if clock["clock"].count(":") > 1 else [""]
    return [f"{clock['blank']}{hour}:%M{second}{half}{zone}" for second in seconds]


def _shape_of(pattern: str) -> str:
    shapes = {"%Y": r"\d{4}", "%b": r"[^\W\d]{3}", "%B": r"[^\W\d]{3,9}"}
    parts = re.split(r"(%.)", pattern)
    return "".join(shapes.get(part, r"\d{1,2}") if part.startswith("%") else re.escape(part) for part in parts)


def _is_unpadded(texts: list[str]) -> bool:
    days = [_CLOCK.sub("", text) for text in texts]
    is_padded = any(re.search(r"(?:^|\D)0\d", day) for day in days)
    return not is_padded and any(re.search(r"(?:^|\D)\d(?:\D|$)", day) for day in days)
