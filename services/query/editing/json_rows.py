"""Rows as a program sends them: a JSON object, or an array of them, with every digit that was written. Pure.

Python's own reader of JSON, because it alone hands over numbers as they stand and tells of a name that stands twice in an object.
"""

import json
from typing import Any, Final

from backbone.columns.sent_values import Cell
from backbone.columns.written_number import Number
from backbone.errors import BadRequest, TooLarge

ROWS_MAX: Final = 10_000  # of one batch
BODY_BYTES_MAX: Final = 8 * 1024 * 1024

JsonRow = dict[str, Cell]


def read_rows(body: bytes) -> list[JsonRow]:
    """One row or more, in order. Raises `BadRequest`, `TooLarge`."""
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge("body-too-long", f"The body is longer than {BODY_BYTES_MAX} bytes. Send fewer rows at a time, or a file of them.")
    rows = _decode(body)
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad_json('it has to be an object, which is a row ({"sku": "T1", "price": 9.90}), or an array of such objects')
    if not rows:
        raise BadRequest("no-rows", "The array has no row in it. Send one object for each row.")
    if len(rows) > ROWS_MAX:
        raise TooLarge("too-many-rows", f"The body has {len(rows)} rows, and {ROWS_MAX} may come at once. Send fewer, or a file of them.")
    for number, row in enumerate(rows, start=1):
        _check(row, number)
    return rows


def _decode(body: bytes) -> Any:
    if not body.strip():
        raise BadRequest("empty-body", 'The request has no body. Send a row, {"sku": "T1", "price": 9.90}, or an array of rows.')
    try:
        return json.loads(
            body.decode("utf-8-sig"), parse_int=Number, parse_float=Number, parse_constant=_constant, object_pairs_hook=_members
        )
    except UnicodeDecodeError as error:
        raise _bad_json(f"it is no UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise _bad_json(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _bad_json("it is nested too deep") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest("column-twice", f"{twice!r} stands twice in one row. Name each column once.", column=twice)
    return members


def _constant(word: str) -> Any:
    raise _bad_json(f"{word} is no number of JSON. Send null where there is no value")


def _check(row: JsonRow, number: int) -> None:
    for name, value in row.items():
        if isinstance(value, dict | list):
            detail = f"Row {number}, column {name!r}: the value is an object or an array. Send a text, a number, true, false or null."
            raise BadRequest("bad-value", detail, row=number, column=name)
        if isinstance(value, str) and ("\0" in value or not _is_text(value)):
            detail = f"Row {number}, column {name!r}: the text has a null character, or half a surrogate pair, which none here can have."
            raise BadRequest("bad-character", detail, row=number, column=name)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bad_json(why: str) -> BadRequest:
    return BadRequest("bad-json", f"The body cannot be read as rows: {why}.")
