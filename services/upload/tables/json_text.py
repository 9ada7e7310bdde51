"""JSON with numbers as they were written: read into texts that know they are numbers, written again digit by digit. Pure."""

import datetime
import json
import math
from decimal import Decimal
from typing import Any, Final

from backbone.columns.written_number import Number

PLAIN_EXPONENT_MAX: Final = 400  # digits that an exponent may stand for


def write_json(value: Any) -> str:
    """Compact, letters as they are. Raises `RecursionError`."""
    if isinstance(value, Number):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key), ensure_ascii=False)}:{write_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write_json, value)) + "]"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return json.dumps(value.hex())
    if isinstance(value, datetime.date | datetime.time):
        return json.dumps(value.isoformat())
    return json.dumps(str(value), ensure_ascii=False)


def plain(number: Number) -> str:
    """As a field: no exponent, for the columns of numbers have none, and no minus before nothing."""
    if "e" in number or "E" in number:
        exact = Decimal(number)
        exponent = exact.as_tuple().exponent
        is_short = isinstance(exponent, int) and abs(exponent) <= PLAIN_EXPONENT_MAX
        return f"{exact:f}" if is_short else str(number)
    return "0" if number == "-0" else str(number)
