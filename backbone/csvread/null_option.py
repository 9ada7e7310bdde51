"""Texts that stand for null, besides the empty field: `null=NULL,N/A,-` everywhere, `null=price:-,n/a;name:NULL` in single columns. Pure.

Parts between semicolons; one that begins with a column and a colon is about that column. A text with a semicolon or a colon in it stands
in double quotes, as does one with a comma.
"""

import re
from functools import lru_cache
from typing import Final

from backbone.csvread.value_list import split_values

_PART: Final = re.compile(r'((?:"(?:[^"]|"")*"|[^";])*)(?:;|$)')
_OF_COLUMN: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^":,]+)):(.*)', re.DOTALL)


@lru_cache(maxsize=256)
def null_texts(option: str) -> tuple[str, ...]:
    """Those of all columns."""
    return tuple(text for column, texts in _read(option) if column is None for text in texts)


@lru_cache(maxsize=256)
def column_nulls(option: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Those of single columns, by name or title."""
    return tuple((column, texts) for column, texts in _read(option) if column is not None)


def _read(option: str) -> list[tuple[str | None, tuple[str, ...]]]:
    return [_read_part(part) for part in _PART.findall(option) if part]


def _read_part(part: str) -> tuple[str | None, tuple[str, ...]]:
    match = _OF_COLUMN.fullmatch(part)
    if match is None:
        return None, _texts(part)
    quoted, plain, texts = match.groups()
    return (quoted.replace('""', '"') if quoted is not None else plain.strip()), _texts(texts)


def _texts(part: str) -> tuple[str, ...]:
    return tuple(text for text in split_values(part) if text)
