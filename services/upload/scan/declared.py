"""Types that the user declares: `types=price:decimal(1.234,56),created:date(%d/%m/%Y),active:boolean(yes/no),zip:text`."""

import re
from collections.abc import Iterator
from typing import Final, get_args

from msgspec import Struct, structs

from backbone.csvread.conversions import WRITABLE_DIRECTIVES, read_number_pattern
from backbone.errors import BadRequest
from backbone.model import Column, ColumnType

_ALIASES: Final = {
    "int": "integer",
    "number": "decimal",
    "numeric": "decimal",
    "bool": "boolean",
    "datetime": "timestamp",
    "string": "text",
}
_ITEM: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^:]*?))\s*:\s*(\w+)\s*(?:\((.*)\))?\s*', re.DOTALL)
_DAY: Final = (("%Y", "%y"), ("%m", "%b", "%B"), ("%d", "%e"))
_MINUTE: Final = (("%H", "%I", "%k", "%l", "%T", "%R"), ("%M", "%T", "%R"))
_DIRECTIVE: Final = re.compile(r"%(?:\.\d?f|-?[A-Za-z%])")


class DeclaredType(Struct, frozen=True):
    column: str  # its name or title
    type: ColumnType
    pattern: str  # empty: the usual ways to write this type

    @property
    def format(self) -> str | None:
        """By which the value is written back; without one, ISO 8601."""
        if self.type not in ("date", "timestamp") or not self.pattern:
            return None
        is_writable = all(directive in WRITABLE_DIRECTIVES for directive in _DIRECTIVE.findall(self.pattern))
        return self.pattern if is_writable else None


def read_types(text: str) -> tuple[DeclaredType, ...]:
    """Raises BadRequest that names the faulty part."""
    return tuple(_read_item(item) for item in _items(text))


def declare_types(columns: tuple[Column, ...], declared: tuple[DeclaredType, ...]) -> tuple[Column, ...]:
    """Raises BadRequest for a column that is not there, or is declared twice."""
    places = {column.title: place for place, column in reversed([*enumerate(columns)])}
    places |= {column.name: place for place, column in enumerate(columns)}
    chosen: dict[int, DeclaredType] = {}
    for one in declared:
        if one.column not in places:
            known = ", ".join(column.name for column in columns[:20])
            raise BadRequest("unknown-column", f"types= names a column {one.column!r} that the file does not have. It has {known}.")
        if places[one.column] in chosen:
            raise BadRequest("bad-types", f"types= names the column {one.column!r} twice.")
        chosen[places[one.column]] = one
    return tuple(_with_type(column, chosen.get(place)) for place, column in enumerate(columns))


def _with_type(column: Column, declared: DeclaredType | None) -> Column:
    if declared is None:
        return column
    return structs.replace(column, type=declared.type, format=declared.format, declared=declared.pattern)


def _items(text: str) -> Iterator[str]:
    """Parts between commas, but not those inside parentheses or quotes."""
    depth, quoted, begin = 0, False, 0
    for place, character in enumerate(text):
        if character == '"' and not depth:
            quoted = not quoted
        depth += ((character == "(") - (character == ")")) * (not quoted)
        if character == "," and depth <= 0 and not quoted:
            yield text[begin:place]
            begin = place + 1
    if text[begin:].strip():
        yield text[begin:]


def _read_item(item: str) -> DeclaredType:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise BadRequest("bad-types", f"types= has a part that cannot be read: {item!r}. Write column:type or column:type(format).")
    quoted, plain, kind, pattern = match.groups()
    kind = _ALIASES.get(kind.lower(), kind.lower())
    if kind not in get_args(ColumnType):
        raise BadRequest("bad-types", f"types= names a type {kind!r} that does not exist. Types are {', '.join(get_args(ColumnType))}.")
    declared = DeclaredType(quoted.replace('""', '"') if quoted is not None else plain, kind, (pattern or "").strip())  # type: ignore[arg-type]
    _check_pattern(declared)
    return declared


def _check_pattern(declared: DeclaredType) -> None:
    pattern = declared.pattern
    if not pattern:
        return
    match declared.type:
        case "date" | "timestamp":
            _check_directives(declared)
        case "integer" | "decimal":
            if read_number_pattern(pattern) is None:
                detail = f"The format {pattern!r} of {declared.column} is not understood: write the number 1234.56 as the file does, e.g. 1.234,56."
                raise BadRequest("bad-types", detail)
        case "boolean":
            if len(words := pattern.split("/")) != 2 or words[0] == words[1]:
                raise BadRequest("bad-types", f"The format {pattern!r} of {declared.column} must be two words, for true and false: yes/no.")
        case "text":
            raise BadRequest("bad-types", f"{declared.column} is declared as text, which has no format.")


def _check_directives(declared: DeclaredType) -> None:
    found = set(_DIRECTIVE.findall(declared.pattern.replace("%F", "%Y-%m-%d").replace("-", "")))
    needed = _DAY + (_MINUTE if declared.type == "timestamp" else ())
    is_whole = all(found & set(choice) for choice in needed)
    if not is_whole or found & {"%z", "%Z", "%s"}:
        what = "year, month and day" if declared.type == "date" else "year, month, day, hour and minute"
        raise BadRequest(
            "bad-types", f"The format {declared.pattern!r} of {declared.column} must have {what}, and no zone: %Y-%m-%d %H:%M:%S."
        )
