"""A search, as a value: what the query service asks of a search index, whichever home it has."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from backbone.model import Column

AggregateOperator = Literal["count", "sum", "avg", "min", "max"]
Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "prefix", "exists", "contains", "ilike", "regex"]


class Word(Struct, frozen=True, tag=True):
    """One word as the user wrote it; with `prefix`, every word that starts like it. Case and accents do not matter.

    With `column` (a name), in that column only. `forms` are this word too, in the dataset's language; `typos` are words that count as this one
    mistyped, of the dataset's own.
    """

    text: str
    prefix: bool = False
    column: str | None = None
    typos: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


class Phrase(Struct, frozen=True, tag=True):
    """Words that follow each other directly, as the user wrote them between quotes."""

    text: str
    column: str | None = None


class Not(Struct, frozen=True, tag=True):
    node: "Node"


class All(Struct, frozen=True, tag=True):
    nodes: "tuple[Node, ...]"


class Any(Struct, frozen=True, tag=True):
    nodes: "tuple[Node, ...]"


Node = Word | Phrase | Not | All | Any


class Filter(Struct, frozen=True):
    """`column:op:value`. `values` hold text in the column's own form; one for each op but `in` (several) and `exists` (true/false).

    `contains`, `ilike` and `regex` take no account of case and accents. The value of `regex` is a pattern as
    `backbone.query.patterns.read_pattern` gives it.
    """

    column: Column
    op: Operator
    values: tuple[str, ...]


class AnyOf(Struct, frozen=True):
    conditions: "tuple[Condition, ...]"


class AllOf(Struct, frozen=True):
    conditions: "tuple[Condition, ...]"


class NoneOf(Struct, frozen=True):
    """True of every row that the condition is not true of, those without a value too."""

    condition: "Condition"


Condition = Filter | AnyOf | AllOf | NoneOf


def filters_of(condition: Condition) -> Iterator[Filter]:
    """All that stand in it, at whatever depth."""
    if isinstance(condition, Filter):
        yield condition
    elif isinstance(condition, NoneOf):
        yield from filters_of(condition.condition)
    else:
        for part in condition.conditions:
            yield from filters_of(part)


class Sort(Struct, frozen=True):
    """Nulls come last in both directions; `_row` is always the tie-break.

    Texts are sorted without regard to case and accents, equal ones by their code points; with `binary`, by their code points alone.
    """

    column: Column
    descending: bool = False
    binary: bool = False


class Facet(Struct, frozen=True):
    """How many rows there are of each value of a column: of the `top` most frequent values, or, with `bounds`, of the ranges between them.

    Bounds are ascending texts in the column's own form; n of them make n + 1 ranges, the first and the last without an end.
    """

    column: Column
    top: int = 10
    bounds: tuple[str, ...] = ()


class Search(Struct, frozen=True, kw_only=True):
    """One page of a search over a view. Without `text` and `sort`: file order; with `text` and no `sort`: relevance.

    `after` is the `position` of a row (JSON values only), in the order that this search has: the page begins behind it, or with
    `backward` ends before it. A page's rows are in the search's order either way.
    """

    text: Node | None = None
    filters: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    limit: int = 50
    after: tuple[str | int | float | bool | None, ...] | None = None
    backward: bool = False  # with `after` only
    first_row: int | None = None  # in file order only: the page begins with this row, or where it is not there with the next one
    exact_total: bool = False  # count all that is found, however many
    among: tuple[int, ...] | None = None  # of these rows alone
    is_keys_only: bool = False  # hits without their values, which may be too long for all of them to be read


class Extract(Struct, frozen=True, kw_only=True):
    """All rows that a search finds, in one go: in file order, or as `sort` says. Relevance orders nothing here.

    `form` is how values are written: as they stood in the `file`; the same, but `safe` for spreadsheets, which take a text that begins
    like one for a formula (`backbone.query.formulas`: an apostrophe goes before it, except in columns of numbers); or `plain`, dates and
    times in ISO 8601 whatever the file had. JSON is always as the file.
    """

    columns: tuple[Column, ...]
    text: Node | None = None
    filters: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    form: Literal["file", "safe", "canonical", "plain"] = "file"
    rows: tuple[int | None, int | None] = (None, None)  # from this row, and before that one; None: without an end there


class Aggregate(Struct, frozen=True):
    """Without a column: `count` of rows. With one: of its values, rows without a value left out."""

    op: AggregateOperator
    column: Column | None = None

    @property
    def name(self) -> str:
        return self.op if self.column is None else f"{self.op}_{self.column.name}"


class GroupSort(Struct, frozen=True):
    """`name` is that of a column grouped by or of an aggregate; `binary` as in `Sort`."""

    name: str
    descending: bool = False
    binary: bool = False


class Grouping(Struct, frozen=True, kw_only=True):
    """One page of groups of the rows that a search finds; nulls last, the columns grouped by are the tie-break."""

    by: tuple[Column, ...]
    aggregates: tuple[Aggregate, ...] = (Aggregate("count"),)
    text: Node | None = None
    filters: tuple[Condition, ...] = ()
    among: tuple[int, ...] | None = None  # as in `Search`
    sort: tuple[GroupSort, ...] = ()
    limit: int = 50
    after: tuple[str | None, ...] | None = None
