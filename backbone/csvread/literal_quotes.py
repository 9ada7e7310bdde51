"""Reads a record whose quotes are not all legal so that none of its text is lost: a quote closes a field only before a delimiter or the
record's end, one that opens a field and never closes is a character, and so are all others (`"5 inch,pen`, `"Smith, "Bob" Jr",7`).

Python's `csv` drops such quotes, or runs over the delimiters up to the next one. What it reads stands wherever it has as many fields as the
table; this reading is for records that would be rejects or filled with nulls otherwise, and only where it has that many (`repair_quotes`).
"""

import re
from collections.abc import Collection
from functools import lru_cache

from backbone.model import Dialect


def repair_quotes(fields: list[str], record: str, dialect: Dialect, widths: Collection[int]) -> list[str]:
    """`fields`: the `record` as `csv` reads it; `widths`: how many a record of the table has."""
    if len(fields) in widths or not dialect.quote or dialect.escape or dialect.quote not in record:
        return fields
    text = record.rstrip("\r\n")
    if "\n" in text or "\r" in text:  # the lines that the quote took in may be records
        return fields
    if _legal(dialect).fullmatch(text):  # it is short, or long, and its quotes have nothing to do with it
        return fields
    ways = ((False, True), (True, True), *(() if dialect.blank_after else ((True, False),)))
    literal = (read_literally(text, dialect, may_reopen=may_reopen, before_blank=before_blank) for may_reopen, before_blank in ways)
    return next((reading for reading in literal if len(reading) in widths), fields)


def read_literally(text: str, dialect: Dialect, *, may_reopen: bool, before_blank: bool = True) -> list[str]:
    """`text`: one record of one line, without its line end. `may_reopen`: a quote right behind a delimiter may be text of the field that is
    open; or else it opens the next one, and the quote before it was a character. `before_blank`: a delimiter with a blank behind it ends a
    quoted field too; or else it is of a sentence (`"one, "two", three"`)."""
    quoted, plain = _patterns(dialect, may_reopen, before_blank)
    fields: list[str] = []
    begin = 0
    while begin <= len(text):
        match = quoted.match(text, begin)
        if match:
            fields.append(match[1].replace(dialect.quote * 2, dialect.quote) + match[2])
        else:
            match = plain.match(text, begin)
            assert match is not None  # it matches the empty text as well
            fields.append(match[1])
        begin = match.end() + 1
    return fields


@lru_cache(maxsize=32)
def _legal(dialect: Dialect) -> re.Pattern[str]:
    """Of a record whose quotes all stand around fields, doubled within them."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    leading = " *" if dialect.blank_after else ""
    field = rf"{leading}{quote}(?:[^{quote}]+|{quote}{quote})*+{quote}|[^{quote}{delimiter}]*+"
    return re.compile(rf"(?:{field})(?:{delimiter}(?:{field}))*+")


@lru_cache(maxsize=32)
def _patterns(dialect: Dialect, may_reopen: bool, before_blank: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    blanks = "" if dialect.delimiter == " " else " *"  # behind a closing quote: `csv` keeps them as the field's text
    leading = " *" if dialect.blank_after else ""
    close = rf"{delimiter}|\Z" if before_blank else rf"{delimiter}(?! )|\Z"
    before = "" if may_reopen else f"(?<!{delimiter})"
    inside = rf"(?:[^{quote}]+|{quote}{quote}|{before}{quote}(?!{quote}|{blanks}(?:{close})))*+"
    return re.compile(rf"{leading}{quote}({inside}){quote}({blanks})(?={close})"), re.compile(rf"{leading}([^{delimiter}]*)")
