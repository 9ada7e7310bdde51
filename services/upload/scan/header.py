"""Where a file's header stands: behind which lines of preamble, or whether there is none."""

import re
from typing import Final

from backbone.columns.names import clean_name

PREAMBLE_LINES_MAX: Final = 20
_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)*%?")
_TIME: Final = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ]\d\d?:\d\d.*)?|\d\d?:\d\d(?::\d\d)?")
_YEARS: Final = range(1800, 2101)


def kind_of(field: str) -> str:
    """A rough type, enough to tell a title from a value."""
    text = field.strip()
    if not text:
        return "empty"
    if _NUMBER.fullmatch(text):
        return "number"
    if _TIME.fullmatch(text):
        return "time"
    return "boolean" if text.lower() in ("true", "false") else "text"


def find_preamble(text: bytes, records: list[list[str]]) -> int:
    """How many lines stand before the header: titles of a report, notes, `#` comments. Zero wherever there is doubt, for a header
    taken for preamble loses the names of all columns."""
    if len(records) < 3:
        return 0
    widths = [len(record) for record in records]
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    if usual < 2:
        return 0
    first = next(place for place, record in enumerate(records) if _may_be_header(record, usual))
    notes = records[:first]
    is_preamble = 0 < first <= PREAMBLE_LINES_MAX and all(_is_note(note, usual) for note in notes) and widths[first + 1 :].count(usual)
    if not is_preamble:
        return 0
    return _line_of(text, first)


def _may_be_header(record: list[str], usual: int) -> bool:
    return len(record) == usual and not _is_note(record, usual)


def _is_note(record: list[str], usual: int) -> bool:
    """One filled field where records have more, or a comment."""
    filled = [field for field in record if field.strip()]
    is_comment = record[0].lstrip().startswith("#") and len(record) != usual
    return is_comment or (len(filled) == 1 and bool(record[0].strip()) and len(record) in (1, usual))


def _line_of(text: bytes, place: int) -> int:
    """Physical lines before the record at `place`, blank ones included. Only asked for notes, each of which is one line."""
    lines = text.decode("utf-8", "ignore").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [number for number, line in enumerate(lines) if line]
    return filled[place] if place < len(filled) else 0


def has_header(records: list[list[str]]) -> bool:
    """False only where the first record is evidently one like all others: where columns hold numbers or times throughout, and it has
    such values there too."""
    if not records:
        return True
    first, others = records[0], records[1:]
    kinds = [kind_of(field) for field in first]
    if not others:
        return not kinds or any(kind in ("text", "empty") for kind in kinds)
    for_header = against = 0
    for place, kind in enumerate(kinds):
        below = {kind_of(record[place]) for record in others if place < len(record)} - {"empty"}
        if len(below) != 1 or below == {"text"}:
            continue
        if {kind} == below:
            against += 1
        elif kind == "text":
            for_header += 1
    if for_header or not against:
        return True
    return _is_sequence_of_years(first)


def _is_sequence_of_years(record: list[str]) -> bool:
    """`country,2019,2020,2021` is a header, though it is made of numbers."""
    years = [int(field) for field in record if field.strip().isdecimal()]
    are_years = all(year in _YEARS for year in years)
    has_names = any(clean_name(field) and kind_of(field) == "text" for field in record)
    return has_names and are_years and 1 < len(years) == len(set(years))
