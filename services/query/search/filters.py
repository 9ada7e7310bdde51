"""`filter=column:op:value` and `sort=-price,name`, read against the columns of a table. Pure.

Values are checked here, so that both homes of the search index get the same ones: a number is a number of the column's type, a time is in
the column's own form (an ISO date or time is understood too).
"""

import csv
from collections.abc import Sequence
from typing import Final, get_args

from backbone.columns.titles import find_column, split_column, split_list, unquote
from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import Filter, Operator, Sort
from backbone.types.definition import NotOfType
from backbone.types.registry import type_of

OPERATORS: Final[tuple[str, ...]] = get_args(Operator)
IN_VALUES_MAX: Final = 1_000
VALUE_CHARACTERS_SHOWN: Final = 100
_TEXT_ONLY: Final = ("prefix", "contains")
_ORDERING: Final = ("lt", "lte", "gt", "gte")


def parse_filter(text: str, columns: Sequence[Column]) -> Filter:
    """Raises `BadRequest` ("bad-filter", "unknown-column") that says what is possible."""
    name, rest = split_column(text)
    op, colon, value = rest.partition(":")
    if op == "exists" and not colon:
        colon, value = ":", "true"
    if not colon:
        raise BadRequest("bad-filter", f"A filter is written column:op:value, for example price:lte:10; {text!r} is not.", filter=text)
    column = find_column(name, columns)
    operator = _read_operator(op, column, text)
    if operator == "exists":
        return Filter(column, operator, (_one_of(value, ("true", "false"), text),))
    values = _split_list(value, text) if operator == "in" else [value]
    return Filter(column, operator, tuple(read_value(each, column, text) for each in values))


def parse_sort(text: str, columns: Sequence[Column]) -> tuple[Sort, ...]:
    """Columns by name or title with commas between; `-` before one turns its order round. Raises `BadRequest`."""
    sorts = tuple(_read_sort(part, columns) for part in split_list(text))
    names = [sort.column.name for sort in sorts]
    if len(set(names)) < len(names):
        raise BadRequest("bad-sort", "sort names a column twice.")
    return sorts


def _read_sort(name: str, columns: Sequence[Column]) -> Sort:
    if any(unquote(name) in (column.name, column.title) for column in columns):  # a title may begin with a dash
        return Sort(find_column(unquote(name), columns))
    descending = unquote(name).startswith("-")
    return Sort(find_column(unquote(unquote(name).removeprefix("-")), columns), descending)


def _read_operator(op: str, column: Column, text: str) -> Operator:
    if op not in OPERATORS:
        raise BadRequest("bad-filter", f"There is no operator {op!r}. There are: {', '.join(OPERATORS)}.", filter=text)
    needs_text = op in _TEXT_ONLY and column.type != "text"
    needs_order = op in _ORDERING and not type_of(column).is_ordered
    if needs_text or needs_order:
        other = "gte and lt" if needs_text else "eq or ne"
        raise BadRequest("bad-filter", f"{op} is not for column {column.name}, which is {column.type}. Use {other}.", filter=text)
    return op  # type: ignore[return-value]


def _split_list(value: str, text: str) -> list[str]:
    """Commas part the values; one that has a comma itself stands in quotes, as in a CSV file."""
    values = next(csv.reader([value]), [])
    if not 0 < len(values) <= IN_VALUES_MAX:
        raise BadRequest("bad-filter", f"in takes 1 to {IN_VALUES_MAX} values with commas between; here are {len(values)}.", filter=text)
    return values


def read_value(value: str, column: Column, text: str) -> str:
    try:
        return type_of(column).read_value(value, column.format)
    except NotOfType as wanted:
        shown = value if len(value) <= VALUE_CHARACTERS_SHOWN else f"{value[:VALUE_CHARACTERS_SHOWN]}…"
        detail = f"Column {column.name} is {column.type}: {shown!r} must be {wanted}."
        raise BadRequest("bad-filter", detail, filter=text) from None


def _one_of(value: str, possible: Sequence[str], text: str) -> str:
    if value in possible:
        return value
    raise BadRequest("bad-filter", f"{value!r} must be {' or '.join(possible)} in filter {text!r}.", filter=text)
