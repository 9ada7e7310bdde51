"""What a reader of a table format gives: a head, the CSV records, and what only the end knows. And how its values are written. Pure."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, Protocol

from backbone.findings import Finding
from services.upload.scan.formats.table import TableHead

_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]')
_HALVES: Final = re.compile("[\ud800-\udfff]")
WHOLE_MAX: Final = 2.0**53  # a float beyond it is no count of anything


class Table(Protocol):
    @property
    def head(self) -> TableHead: ...
    def records(self) -> Iterator[bytes]:
        """Each with its line end, the header first where it is known. Raises Rejected."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Behind the last record."""
        ...


def record(fields: Iterable[str | None], null: str = "") -> bytes:
    """One record, `null` in the place of None. A text that is empty, or could be read as something else, stands in quotes."""
    text = ",".join(null if field is None else quoted(field) for field in fields) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a pair, which JSON can write and no text can have
        return _HALVES.sub("\ufffd", text).encode()


def has_halves(fields: Iterable[str | None]) -> bool:
    return any(field is not None and not field.isascii() and _HALVES.search(field) for field in fields)


def tell_not_finite(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{count} values are NaN or infinite, which no column of numbers can hold: they became null."
    return (Finding(code="not-a-number", level="warning", message=message, count=count),)


def quoted(field: str) -> str:
    if not field or field != field.strip() or _NEEDS_QUOTES.search(field):
        return '"' + field.replace('"', '""') + '"'
    return field


def number_text(number: float) -> str:
    """As many digits as tell it from its neighbours, and no exponent: what JSON and CSV readers of any language read back as it was."""
    text = repr(number)
    return f"{Decimal(text):f}" if "e" in text else text
