"""Reads records the exact way: Python's non-strict `csv`, which is the reference for what the records of a file are."""

import csv
import io
import re
from typing import Any, Final

from backbone.model import Dialect

# The module's own limit of 128 KiB a field is process-wide; a record's length is limited long before this.
FIELD_CHARACTERS_MAX: Final = 2**31 - 1
SEQUENCES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "Z": "\x1a"}  # behind an escape


def csv_options(dialect: Dialect) -> dict[str, Any]:
    """Arguments for `csv.reader`. Doubled quotes count even where there is an escape character: PHP, for one, writes both."""
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "escapechar": dialect.escape,
        "doublequote": True,
        "skipinitialspace": dialect.blank_after,
        "strict": False,
    }


def read_exact(data: bytes, dialect: Dialect) -> list[list[str]]:
    """One list of fields a unit (a blank line is an empty list). `data` holds whole units in UTF-8.

    Raises UnicodeDecodeError.
    """
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    text = data.decode()
    if dialect.escape and dialect.escape in text:
        text = _write_out(text, dialect)
    return list(csv.reader(io.StringIO(text, newline=""), **csv_options(dialect)))


def quoted_field(dialect: Dialect) -> str:
    """A pattern of one, from the delimiter before it to the one behind, neither included. It needs `re.DOTALL`."""
    quote, blanks = re.escape(dialect.quote), " *" if dialect.blank_after else ""
    escaped = f"{re.escape(dialect.escape)}.|" if dialect.escape else ""
    return f"{blanks}{quote}(?:{escaped}{quote}{quote}|[^{quote}])*+{quote}"


def _but_quoted(match: re.Match[str]) -> str:
    return match[1] or "" if match.re.groups else ""


def _write_out(text: str, dialect: Dialect) -> str:
    """What `csv` does not know of escapes: a null marker that begins with one, and those that stand for another character."""
    if dialect.null == f"{dialect.escape}N":
        ends = re.escape(dialect.delimiter) + "\r\n"
        kinds = f"({quoted_field(dialect)})|{re.escape(dialect.null)}" if dialect.quote else re.escape(dialect.null)
        text = re.sub(rf"(?:(?<=[{ends}])|^)(?:{kinds})(?=[{ends}]|$)", _but_quoted, text, flags=re.DOTALL)
    if not dialect.sequences:
        return text
    escape = dialect.escape or ""
    return re.sub(f"{re.escape(escape)}(.)", lambda match: escape + SEQUENCES.get(match[1], match[1]), text, flags=re.DOTALL)
