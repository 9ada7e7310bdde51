"""How much a reading of the sample looks like a table, from 0 to 1: records of one width, a header among them, fields that are whole
values and not halves of something.

Scoring by pattern and type is the idea of van den Burg et al., "Wrangling messy CSV files by detecting row and type patterns" (2019),
much simplified.
"""

import re
from typing import Final

from msgspec import Struct

from backbone.model import Dialect
from services.upload.scan.candidates import DELIMITERS, UNUSUAL_DELIMITERS, USUAL_DELIMITERS
from services.upload.scan.header import EVEN_SHARE_MIN, TablePlace, place_table
from services.upload.scan.kinds import kind_of
from services.upload.scan.sample import SampleRecord
from services.upload.scan.swallowed import count_swallowed

_HALF: Final = re.compile(r"""[";|\t](?=\S)|,(?=[^\s\d])|(?<=\D),(?=\d)""")  # what stands in fields that a wrong delimiter made
_QUOTED_BORDER: Final = re.compile(r"""(?<=\S)(["'])[;,|\t]\1""")  # of two fields that another delimiter parts
_TIME: Final = re.compile(r"\d:\d\d(?!\d)")
_QUOTED_TITLES: Final = re.compile(r'"[^"]*"(?: "[^"]*")+')  # as R's `write.table` puts them, without a title for the names of rows
SINGLE: Final = 0.2  # one column is what every wrong delimiter finds: two even ones beat it


class Reading(Struct, frozen=True):
    dialect: Dialect
    records: list[SampleRecord]
    place: TablePlace | None  # None: no record that is not blank
    score: float
    swallowed: int  # lines of the file's width inside quotes
    score_but_one: float = 0.0  # if one record more were of the width that most have


def score_reading(dialect: Dialect, records: list[SampleRecord], *, has_header: bool | None, may_skip: bool) -> Reading:
    filled = [record for record in records if not record.is_blank]
    if not filled:
        return Reading(dialect, records, None, 0.0, 0)
    place = place_table(records, has_header=has_header, may_skip=may_skip)
    table = [record for record in records[place.begin :] if not record.is_blank]
    if not table:  # nothing but comments
        return Reading(dialect, records, None, 0.0, 0)
    swallowed = count_swallowed(table, dialect, place.width)
    worth = _shape(table, place) * (0.2 + 0.8 * _wholeness(table, dialect)) * _own_header(table, filled, place)
    worth *= _usualness(dialect, place, table)
    body = table[1:] if place.has_header and len(table) > 1 else table
    even = sum(1 for record in body if record.width == place.width)
    lines = sum(len(record.lines) for record in body)
    worth *= 1 - swallowed / max(1, lines)
    but_one = min(even + 1, len(body))
    return Reading(dialect, records, place, worth * (even / len(body)) ** 2, swallowed, worth * (but_one / len(body)) ** 2)


def _shape(table: list[SampleRecord], place: TablePlace) -> float:
    return SINGLE if place.width < 2 else 1 - 1 / (place.width + 0.5)


def _own_header(table: list[SampleRecord], filled: list[SampleRecord], place: TablePlace) -> float:
    factor = 0.75 if len(table) < len(filled) or place.header_delimiter or table[0].width != place.width else 1.0
    is_parted_otherwise = table[0].width < 2 and any(_parts_all(delimiter, table) for delimiter in USUAL_DELIMITERS)
    return factor * (0.5 if is_parted_otherwise or _skips_a_header(filled, table) else 1.0)


def _skips_a_header(filled: list[SampleRecord], table: list[SampleRecord]) -> bool:
    """A line before the table is parted by another delimiter, and so are the records: that is the header of another reading. A decimal
    comma stands in the records, not in the header above them."""
    skipped = [record.text for record in filled[: len(filled) - len(table)] if record.width < 2]
    return any(_parts_all(delimiter, table) and any(_partings(line, delimiter) for line in skipped) for delimiter in USUAL_DELIMITERS)


def _parts_all(delimiter: str, table: list[SampleRecord]) -> bool:
    parted = sum(1 for record in table if delimiter in record.text)
    return delimiter in table[0].text and parted >= EVEN_SHARE_MIN * len(table)


def _partings(line: str, delimiter: str) -> int:
    """Delimiters that no blank follows, as in a sentence."""
    return line.count(delimiter) - line.count(f"{delimiter} ")


def _wholeness(table: list[SampleRecord], dialect: Dialect) -> float:
    fields = [field for record in table for field in record.fields if field.strip()]
    return sum(_worth(field, dialect) for field in fields) / max(1, len(fields))


def _worth(field: str, dialect: Dialect) -> float:
    if (dialect.quote and dialect.quote in (field[:1], field[-1:])) or (field[:1] in ('"', "'") and field[:1] == field[-1:]):
        return 0.0
    if _QUOTED_BORDER.search(field):
        return 0.0
    if kind_of(field) != "text":
        return 0.9 if field[:1] == " " else 1.0
    is_torn = (field[:1] in ('"', "'")) != (field[-1:] in ('"', "'"))
    # A field with the delimiter in it stood in quotes.
    return 0.3 if is_torn or _HALF.search(field.replace(dialect.delimiter, " ")) else 0.8


def _usualness(dialect: Dialect, place: TablePlace, table: list[SampleRecord]) -> float:
    rank = DELIMITERS.index(dialect.delimiter) if dialect.delimiter in DELIMITERS else 0
    factor = 1 - 0.004 * rank - 0.03 * (dialect.quote == "'") - 0.02 * (dialect.quote == "") - 0.01 * (dialect.escape is not None)
    if dialect.delimiter not in UNUSUAL_DELIMITERS:
        return factor + 0.02 * dialect.blank_after
    if dialect.delimiter == " ":
        is_table = bool(place.evidence) and table[0].width == place.width
        is_of_r = _QUOTED_TITLES.fullmatch(table[0].text.strip("\r\n")) is not None and table[0].width >= place.width - 1
        return factor * 0.5 * (place.width > 2 and (is_table or is_of_r))
    if dialect.delimiter == ":" and 2 * sum(1 for record in table if _TIME.search(record.text)) >= len(table):
        return 0.0  # hours and minutes are one value
    return factor * (0.6 if dialect.delimiter in ":^~" else 0.9)
