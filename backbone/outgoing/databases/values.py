"""Values of a database as the fields of a CSV file, exactly: no digit is lost, a time keeps its zone. Pure.

A null is an empty field, an empty text is two quotes: who reads CSV as Rowmill does takes both for null.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID


def csv_line(fields: Iterable[str | None]) -> str:
    return ",".join(_quoted(field) for field in fields) + "\n"


def _quoted(field: str | None) -> str:
    if field is None:
        return ""
    needs_quotes = not field or any(character in field for character in ',"\n\r') or field[0] in " \t" or field[-1] in " \t"
    return '"' + field.replace('"', '""') + '"' if needs_quotes else field


def text_of(value: Any) -> str | None:
    """As Rowmill's types read it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, int | float | UUID | timedelta):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    return "".join(csv_line(text_of(value) for value in row) for row in rows).encode()
