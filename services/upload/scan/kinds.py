"""What a field looks like, roughly: enough to tell a title from a value, and a whole value from half of one."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from msgspec import Struct

TYPED_SHARE_MIN: Final = 0.8  # of a column's filled fields, for the column to be of a kind
SHORT: Final = 100  # characters of a field whose kind is remembered: every candidate asks for the kinds of the same fields
YEARS: Final = range(1800, 2101)
_NUMBER: Final = re.compile(r"[-+(]?[$€£¥]?\s?[-+]?(?:\d[\d.,' \u00a0]*|[.,]\d+)(?:[eE][-+]?\d+)?\s?(?:%|€|\$|£|EUR|USD|-|\))?")
_DATE: Final = r"(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4})"
_CLOCK: Final = r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[aApP][mM])?\s?(?:Z|[-+]\d\d:?\d{0,2})?"
_TIME: Final = re.compile(rf"{_DATE}(?:[T ]{_CLOCK})?|{_CLOCK}")
_NULLS: Final = frozenset(("", "-", "--", "n/a", "na", "nan", "null", "none", "\\n", "?", "#n/a", "."))


def kind_of(field: str) -> str:
    """`empty`, `number`, `time`, `boolean` or `text`."""
    return _kind_of_short(field) if len(field) <= SHORT else _kind_of(field)


@lru_cache(maxsize=8192)
def _kind_of_short(field: str) -> str:
    return _kind_of(field)


def _kind_of(field: str) -> str:
    text = field.strip()
    if not text:
        return "empty"
    if _NUMBER.fullmatch(text):
        return "number"
    if _TIME.fullmatch(text):
        return "time"
    return "boolean" if text.lower() in ("true", "false") else "text"


def is_null(field: str) -> bool:
    return field.strip().lower() in _NULLS


class ColumnKind(Struct, frozen=True):
    kind: str  # `empty`: no field is filled
    are_years: bool = False


def kind_of_column(fields: Iterable[str]) -> ColumnKind:
    """What nearly all filled fields are; else text."""
    filled = [field for field in fields if not is_null(field)]
    if not filled:
        return ColumnKind("empty")
    kind, count = Counter(map(kind_of, filled)).most_common(1)[0]
    if kind == "text" or count < TYPED_SHARE_MIN * len(filled):
        return ColumnKind("text")
    return ColumnKind(kind, are_years=all(is_year(field) for field in filled))


def is_year(field: str) -> bool:
    text = field.strip()
    return len(text) == 4 and text.isdecimal() and int(text) in YEARS
