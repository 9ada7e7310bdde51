"""What a reader should know of an answer that is right, and yet may not be what was meant: numbers that are texts are compared as texts. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from backbone.model import Column
from backbone.query.ast import Condition, Sort, filters_of
from services.query.responses import Note

VALUES_LOOKED_AT_MAX: Final = 20
_ORDERING: Final = ("lt", "lte", "gt", "gte")
_NUMBER: Final = re.compile(r"[^\w]{0,4}[0-9][0-9.,'\u2019\u00a0\u202f ]*\W{0,4}")


def notes_on_filters(conditions: Iterable[Condition]) -> list[Note]:
    """Of each column of texts that a number is compared with."""
    filters = [filter for condition in conditions for filter in filters_of(condition)]
    columns = [f.column for f in filters if f.op in _ORDERING and f.column.type == "text" and _is_number(f.values[0])]
    return [_compared_as_text(column, "filtered") for column in dict.fromkeys(columns)]


def notes_on_order(sorts: Sequence[Sort], rows: Sequence[msgspec.Raw]) -> list[Note]:
    """Of each column of texts that is sorted by, and has nothing but numbers in these rows."""
    columns = [sort.column for sort in sorts if sort.column.type == "text"]
    if not columns:
        return []
    values: list[Mapping[str, Any]] = [msgspec.json.decode(row) for row in rows[:VALUES_LOOKED_AT_MAX]]
    return [_compared_as_text(column, "sorted") for column in columns if _has_numbers_only([row.get(column.name) for row in values])]


def note_on_typos(rows: int) -> Note:
    message = f"Words that are like those of q were looked for in the first {rows:,} rows: one that stands in later rows alone is found only as it is written."
    return Note(code="typos-of-first-rows", column="", message=message)


def _has_numbers_only(values: Sequence[Any]) -> bool:
    texts = [value for value in values if value is not None]
    return bool(texts) and all(_is_number(text) for text in texts)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _compared_as_text(column: Column, how: str) -> Note:
    message = (
        f"Column {column.name} is text and is {how} as text, character by character: 10 comes before 9. "
        f"If its values are numbers, upload the file with types={column.name}:decimal(1.234,56), with the format that it has."
    )
    return Note(code="compared-as-text", column=column.name, message=message)
