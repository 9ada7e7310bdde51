"""Rejects as a CSV file that can be mended and uploaded again: the file's own columns, then `_record`, `_line`, `_reason`. Pure.

The scan recognises those three columns at the end of a header and leaves them out, so the mended file needs nothing cut from it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from backbone.model import Column, Dialect, Reject
from backbone.query.formulas import without_formulas

PLACE: Final = ("_record", "_line", "_reason")


def mendable_header(columns: Sequence[Column], *, safe: bool = False) -> str:
    return _lines([[*(column.title for column in columns), *PLACE]], safe)


def mendable(rejects: Iterable[Reject], columns: Sequence[Column], dialect: Dialect, *, safe: bool = False) -> str:
    """`safe`: as no spreadsheet takes a field for a formula. Then it is to be looked at, not to be uploaded again."""
    return _lines((_fields(reject, len(columns), dialect) for reject in rejects), safe)


def _fields(reject: Reject, width: int, dialect: Dialect) -> list[str]:
    """Fields beyond the columns come last, behind the reason: whoever mends the record sees them, and nothing is lost."""
    source = io.StringIO(reject.raw, newline="")
    reader = csv.reader(
        source,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    fields = next((record for record in reader if record), [])
    data, index, extra = fields[:width], [str(reject.record), str(reject.line), reject.reason], fields[width:]
    return [*data, *[""] * (width - len(data)), *index, *extra]


def _lines(records: Iterable[Sequence[str]], safe: bool) -> str:
    text = io.StringIO()
    written = ([without_formulas(field) for field in record] for record in records) if safe else records
    csv.writer(text, lineterminator="\n").writerows(written)
    return text.getvalue()
