"""Reads records the exact way: Python's non-strict `csv`, which is the reference for what the records of a file are."""

import csv
import io
from typing import Any, Final

from backbone.model import Dialect

# The module's own limit of 128 KiB a field is process-wide; a record's length is limited long before this.
FIELD_CHARACTERS_MAX: Final = 2**31 - 1


def csv_options(dialect: Dialect) -> dict[str, Any]:
    """Arguments for `csv.reader`. Doubled quotes count even where there is an escape character: PHP, for one, writes both."""
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "escapechar": dialect.escape,
        "doublequote": True,
        "strict": False,
    }


def read_exact(data: bytes, dialect: Dialect) -> list[list[str]]:
    """One list of fields a unit (a blank line is an empty list). `data` holds whole units in UTF-8.

    Raises UnicodeDecodeError.
    """
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    return list(csv.reader(io.StringIO(data.decode(), newline=""), **csv_options(dialect)))
