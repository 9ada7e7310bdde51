"""What the parser does for tables of layout `cells`, done again slowly for the contract tests: folds the cells of each record into one array literal. Pure.

Callers give the same payload for both layouts (`_from,_row`, then the cells); a table with one array column cannot COPY that as it is.
Inside the literal every element is quoted with `\\` before quotes and backslashes, and the literal itself is one quoted CSV field, so a
quote in a value ends up as `\\""`.
"""

import re
from typing import Final

_FIELD: Final = re.compile(rb'(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\r?\n|$)')
_BOOKKEEPING_FIELDS: Final = 2  # _from, _row


def fold_cells(payload: bytes) -> bytes:
    """The payload with two plain fields and one array literal a record. Quoted and unquoted fields, line breaks within quotes, nulls."""
    if b'"' not in payload and b"\\" not in payload and b"\r" not in payload:
        return b"".join(_fold_plain(line) for line in payload.split(b"\n") if line)
    return b"".join(_fold_records(payload))


def _fold_plain(line: bytes) -> bytes:
    first, row, cells = line.split(b",", _BOOKKEEPING_FIELDS)
    elements = b",".join(b'""%b""' % cell if cell else b"NULL" for cell in cells.split(b","))
    return b'%b,%b,"{%b}"\n' % (first, row, elements)


def _fold_records(payload: bytes) -> list[bytes]:
    out: list[bytes] = []
    record: list[bytes] = []
    for field in _FIELD.finditer(payload):
        in_quotes, plain, end = field.groups()
        if not end and not plain and in_quotes is None and not record:
            break  # behind the last line break
        record.append(plain if len(record) < _BOOKKEEPING_FIELDS else _element(in_quotes, plain))
        if end != b",":
            out.append(b'%b,%b,"{%b}"\n' % (record[0], record[1], b",".join(record[_BOOKKEEPING_FIELDS:])))
            record = []
    return out


def _element(in_quotes: bytes | None, plain: bytes) -> bytes:
    if in_quotes is not None:
        return b'""%b""' % in_quotes.replace(b"\\", b"\\\\").replace(b'""', b'\\""')
    return b'""%b""' % plain.replace(b"\\", b"\\\\") if plain else b"NULL"
