"""Types that the user declares: `types=price:decimal(1.234,56),created:date(%d/%m/%Y),active:boolean(yes/no),zip:text`."""

import difflib
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from backbone.errors import BadRequest
from backbone.model import Column, ColumnType
from backbone.types.registry import ALIASES, COLUMN_TYPES

AUTO: Final = "auto"
_ITEM: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^:]*?))\s*:\s*(\w+)\s*(?:\((.*)\))?\s*', re.DOTALL)
_PATTERNS: Final = {"percent": "12.5%"}  # of types that are a way of writing another


class DeclaredType(Struct, frozen=True):
    column: str  # its name or title
    type: ColumnType
    pattern: str  # empty: the usual ways to write this type

    @property
    def format(self) -> str | None:
        """How values of a timestamp look where they go in and out."""
        return COLUMN_TYPES[self.type].declared_format(self.pattern)


def read_types(text: str) -> tuple[DeclaredType, ...]:
    """Raises BadRequest that names the faulty part."""
    return tuple(_read_item(item) for item in _items(text) if item.strip().lower() != AUTO)


def is_auto(text: str) -> bool:
    """Whether the sure suggestions are to be taken for the columns of which nothing is declared."""
    return any(item.strip().lower() == AUTO for item in _items(text))


def declare_types(columns: tuple[Column, ...], declared: tuple[DeclaredType, ...]) -> tuple[Column, ...]:
    """Raises BadRequest for a column that is not there, or is declared twice."""
    indexes = {column.title: index for index, column in reversed([*enumerate(columns)])}
    indexes |= {column.name: index for index, column in enumerate(columns)}
    chosen: dict[int, DeclaredType] = {}
    for one in declared:
        if one.column not in indexes:
            known = ", ".join(column.name for column in columns[:20])
            raise BadRequest("unknown-column", f"types= names a column {one.column!r} that the file does not have. It has {known}.")
        if indexes[one.column] in chosen:
            raise BadRequest("bad-types", f"types= names the column {one.column!r} twice.")
        chosen[indexes[one.column]] = one
    return tuple(_with_type(column, chosen.get(index)) for index, column in enumerate(columns))


def _with_type(column: Column, declared: DeclaredType | None) -> Column:
    if declared is None:
        return column
    return structs.replace(column, type=declared.type, format=declared.format, declared=declared.pattern)


def _items(text: str) -> Iterator[str]:
    """Parts between commas, but not those inside parentheses or quotes."""
    depth, quoted, begin = 0, False, 0
    for index, character in enumerate(text):
        if character == '"' and not depth:
            quoted = not quoted
        depth += ((character == "(") - (character == ")")) * (not quoted)
        if character == "," and depth <= 0 and not quoted:
            yield text[begin:index]
            begin = index + 1
    if text[begin:].strip():
        yield text[begin:]


def _read_item(item: str) -> DeclaredType:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise BadRequest("bad-types", f"types= has a part that cannot be read: {item!r}. Write column:type or column:type(format).")
    quoted, plain, word, pattern = match.groups()
    column = quoted.replace('""', '"') if quoted is not None else plain
    return DeclaredType(column, *_read_type(column, word.lower(), (pattern or "").strip()))


def _read_type(column: str, word: str, pattern: str) -> tuple[ColumnType, str]:
    if word in _PATTERNS:
        word, pattern = "decimal", pattern or _PATTERNS[word]
    if word not in ALIASES:
        near = difflib.get_close_matches(word, [*ALIASES, *_PATTERNS], n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        raise BadRequest("bad-types", f"types= names a type {word!r} that does not exist.{guess} Types are {', '.join(COLUMN_TYPES)}.")
    kind = ALIASES[word]
    fault = COLUMN_TYPES[kind].check_pattern(pattern) if pattern else None
    if fault is not None:
        what = f"The format {pattern!r} of {column}" if kind != "text" else column
        raise BadRequest("bad-types", f"{what} {fault}")
    return kind, pattern
