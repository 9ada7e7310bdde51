"""`by=name&agg=count,sum:price,avg:price&sort=-count`, read against the columns of a table. Pure."""

from collections.abc import Sequence
from typing import Final, get_args

from backbone.columns.titles import find_column, split_list, split_titles, unquote
from backbone.errors import BadRequest
from backbone.model import Column
from backbone.query.ast import Aggregate, AggregateOperator, GroupSort
from backbone.types.registry import type_of
from services.query.search.filters import BINARY

OPERATORS: Final[tuple[str, ...]] = get_args(AggregateOperator)
BY_MAX: Final = 10
AGGREGATES_MAX: Final = 20


def parse_by(text: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns by name or title with commas between; none makes one group of all rows. Raises `BadRequest` ("unknown-column", "bad-group")."""
    by = tuple(find_column(part, columns) for part in split_titles(text))
    if len({column.name for column in by}) < len(by) or len(by) > BY_MAX:
        raise BadRequest("bad-group", f"by names at most {BY_MAX} columns, each once.")
    return by


def parse_aggregates(text: str, columns: Sequence[Column]) -> tuple[Aggregate, ...]:
    """`count`, `count:column` (rows with a value there), `sum:`, `avg:`, `min:`, `max:column`, with commas between."""
    aggregates = tuple(_parse_aggregate(part, columns) for part in split_list(text))
    if len({aggregate.name for aggregate in aggregates}) < len(aggregates) or len(aggregates) > AGGREGATES_MAX:
        raise BadRequest("bad-group", f"agg names at most {AGGREGATES_MAX} aggregates, each once.")
    return aggregates or (Aggregate("count"),)


def parse_group_sort(text: str, by: Sequence[Column], aggregates: Sequence[Aggregate]) -> tuple[GroupSort, ...]:
    """What is grouped by, by name or title, and aggregates (`sum_price`, `sum:Price`); `-` before one turns its order round,
    `:binary` behind a column of texts sorts it by code points."""
    known = [column.name for column in by] + [aggregate.name for aggregate in aggregates]
    sorts = tuple(_read_sort(part, by, aggregates) for part in split_list(text))
    for sort in sorts:
        if sort.binary and sort.name not in {column.name for column in by if column.type == "text"}:
            raise BadRequest("bad-sort", f":binary is for columns of text that are grouped by, not for {sort.name!r}.")
        if sort.name not in known:
            raise BadRequest("bad-sort", f"Groups cannot be sorted by {sort.name!r}, only by: {', '.join(known)}.", near=known)
    if len({sort.name for sort in sorts}) < len(sorts):
        raise BadRequest("bad-sort", "sort names something twice.")
    return sorts


def _read_sort(text: str, by: Sequence[Column], aggregates: Sequence[Aggregate]) -> GroupSort:
    asked, binary = (text.removesuffix(BINARY), True) if text.endswith(BINARY) else (text, False)
    descending = asked.startswith("-")
    wanted = asked.removeprefix("-")
    op, _, of = wanted.partition(":")
    for aggregate in aggregates:
        if of and aggregate.op == op and aggregate.column is not None and unquote(of) in (aggregate.column.name, aggregate.column.title):
            return GroupSort(aggregate.name, descending)
    titled = [column for column in by if column.title == unquote(wanted)]
    is_name = wanted in {column.name for column in by} | {aggregate.name for aggregate in aggregates}
    return GroupSort(wanted if is_name or len(titled) != 1 else titled[0].name, descending, binary)


def check_names(by: Sequence[Column], aggregates: Sequence[Aggregate]) -> None:
    """A group is one JSON object: a column named `count` beside the aggregate of that name would hide it."""
    if taken := {column.name for column in by} & {aggregate.name for aggregate in aggregates}:
        raise BadRequest("bad-group", f"Both a column and an aggregate are called {', '.join(sorted(taken))}. Leave one of them out.")


def _parse_aggregate(text: str, columns: Sequence[Column]) -> Aggregate:
    op, _, name = text.partition(":")
    if op not in OPERATORS or (not name and op != "count"):
        raise BadRequest("bad-group", f"There is no aggregate {text!r}. There are count and, with a column, {', '.join(OPERATORS)}.")
    column = find_column(unquote(name), columns) if name else None
    if column is not None and op in ("sum", "avg") and not type_of(column).is_number:
        raise BadRequest("bad-group", f"{op} is for numbers; column {column.name} is {column.type}.")
    if column is not None and op in ("min", "max") and not type_of(column).is_ordered:
        raise BadRequest("bad-group", f"{op} is not for column {column.name}, which is {column.type}.")
    return Aggregate(op, column)  # type: ignore[arg-type]
