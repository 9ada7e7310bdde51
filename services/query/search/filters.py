"""`filter=column:op:value` and `sort=-price,name`, read against the columns of a table. Pure.

Filters are joined in one form: each stands in parentheses, with `or` or `and` between, and `not` before the parentheses:
`filter=(price:lt:10)or(stock:eq:0)`, `filter=not((name:eq:Cup)or(name:eq:Jug))`. A parenthesis inside a value stands in double quotes with
the whole value there, its own quotes doubled: `(note:eq:"a (b")or(note:exists:false)`.

Values are checked here, so that both homes of the search index get the same ones: a number is a number of the column's type, a time is in
the column's own form (an ISO date or time is understood too).
"""

from collections.abc import Sequence
from typing import Final, get_args

from backbone.columns.titles import find_column, split_column, split_list, unquote
from backbone.csvread.value_list import split_values
from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import AllOf, AnyOf, Condition, Filter, NoneOf, Operator, Sort, filters_of
from backbone.query.patterns import read_pattern
from backbone.types.definition import NotOfType
from backbone.types.registry import type_of
from services.query.search.parentheses import split_condition

BINARY: Final = ":binary"
OPERATORS: Final[tuple[str, ...]] = get_args(Operator)
IN_VALUES_MAX: Final = 1_000
VALUE_CHARACTERS_SHOWN: Final = 100
_TEXT_ONLY: Final = ("prefix", "contains", "ilike", "regex")
FILTERS_MAX: Final = 50  # in one condition
DEPTH_MAX: Final = 10
LIKE_CHARACTERS_MAX: Final = 1_000
_ORDERING: Final = ("lt", "lte", "gt", "gte")


def parse_condition(text: str, columns: Sequence[Column]) -> Condition:
    """A filter, or filters joined by `or`, `and` and `not`. Raises `BadRequest` as `parse_filter`."""
    condition = _joined(text, columns, 0)
    if sum(1 for _ in filters_of(condition)) > FILTERS_MAX:
        raise BadRequest("bad-filter", f"A filter joins at most {FILTERS_MAX} filters.")
    return condition


def _joined(text: str, columns: Sequence[Column], depth: int) -> Condition:
    if depth > DEPTH_MAX:
        raise BadRequest("bad-filter", f"Filters stand at most {DEPTH_MAX} parentheses deep.")
    parts = split_condition(text)
    if parts is None:
        return _in_parentheses(text, columns) if depth else parse_filter(text, columns)
    word, insides = parts
    conditions = tuple(_joined(inside, columns, depth + 1) for inside in insides)
    if word == "not":
        return NoneOf(conditions[0])
    if len(conditions) == 1:
        return conditions[0]
    return AnyOf(conditions) if word == "or" else AllOf(conditions)


def _in_parentheses(text: str, columns: Sequence[Column]) -> Filter:
    """Where a value may stand in quotes, for its parentheses."""
    _, rest = split_column(text)
    op, _, value = rest.partition(":")
    plain = value if op == "in" else unquote(value)
    return parse_filter(text[: len(text) - len(value)] + plain if value else text, columns)


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
    if operator in ("regex", "ilike"):
        return Filter(column, operator, (read_pattern(value) if operator == "regex" else _like(value, text),))
    values = _split_list(value, text) if operator == "in" else [value]
    return Filter(column, operator, tuple(read_value(operand, column, text) for operand in values))


def _like(value: str, text: str) -> str:
    """`%` is any text, `_` any character, and behind a backslash each of them is itself."""
    backslashes = len(value) - len(value.rstrip("\\"))
    if backslashes % 2 or len(value) > LIKE_CHARACTERS_MAX:
        what = (
            "ends with a backslash, which stands before a character"
            if backslashes % 2
            else f"is longer than {LIKE_CHARACTERS_MAX} characters"
        )
        raise BadRequest(
            "bad-filter", f"The pattern of ilike {what}. % is any text, _ any character, \\% and \\_ are these signs.", filter=text[:200]
        )
    return value


def parse_sort(text: str, columns: Sequence[Column]) -> tuple[Sort, ...]:
    """Columns by name or title with commas between; `-` before one turns its order round, `:binary` behind one sorts texts by their code
    points. Raises `BadRequest`."""
    sorts = tuple(_read_sort(part, columns) for part in split_list(text))
    names = [sort.column.name for sort in sorts]
    if len(set(names)) < len(names):
        raise BadRequest("bad-sort", "sort names a column twice.")
    return sorts


def _read_sort(name: str, columns: Sequence[Column]) -> Sort:
    if any(unquote(name) in (column.name, column.title) for column in columns):  # a title may begin with a dash
        return Sort(find_column(unquote(name), columns))
    asked, binary = (name.removesuffix(BINARY), True) if name.endswith(BINARY) else (name, False)
    descending = unquote(asked).startswith("-")
    column = find_column(unquote(unquote(asked).removeprefix("-")), columns)
    if binary and column.type != "text":
        raise BadRequest("bad-sort", f"{BINARY} is for texts; column {column.name} is {column.type}, and has one order.")
    return Sort(column, descending, binary)


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
    values = split_values(value)
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
