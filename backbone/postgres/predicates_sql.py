"""A search as PostgreSQL reads it: predicates, order and place, as SQL text with numbered placeholders. Pure.

Every parameter is sent as text (`$3::text::numeric`), so that a value has one form, in filters, cursors and JSON alike.
Text is compared by its bytes (`COLLATE "C"`), which is also Elasticsearch's order of keywords, and sorted by `folding_sql.language_order_sql`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from backbone.model import Column, Table
from backbone.postgres.columns_sql import value_sql
from backbone.postgres.folding_sql import folded_sql, language_order_sql
from backbone.query.ast import AllOf, AnyOf, Condition, Filter, NoneOf, Search, Sort
from backbone.types.registry import compared_sql_type, stored_sql, type_of

# Of the folded text and the value as it was asked for; a regular expression is folded already.
_FOLDED: Final[dict[str, Callable[[str, str], str]]] = {
    "contains": lambda text, value: f"strpos({text}, {folded_sql(value)}) > 0",
    "ilike": lambda text, value: f"{text} LIKE {folded_sql(value)}",
    "regex": lambda text, value: f"{text} ~ {value}",
}
_COMPARISONS: Final = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Parameters:
    """Collects the values of placeholders; `$1` is always the version, unless there are several."""

    def __init__(self, *versions: int) -> None:
        self.values: list[object] = list(versions)

    def add(self, value: str, type: str = "text") -> str:
        self.values.append(value)
        return f"${len(self.values)}::text" + ("" if type == "text" else f"::{type}")

    def add_list(self, values: list[str], type: str) -> str:
        self.values.append(values)
        return f"${len(self.values)}::text[]::{type}[]"

    def add_numbers(self, values: Sequence[int]) -> str:
        self.values.append(values)
        return f"${len(self.values)}::bigint[]"


def among_sql(rows: Sequence[int], parameters: Parameters) -> str:
    """Looked up one by one, or hashed: as a list they would be gone through for each row of a table that is not analysed yet."""
    return f"t._row IN (SELECT unnest({parameters.add_numbers(rows)}))"


def filter_sql(table: Table, condition: Condition, parameters: Parameters) -> str:
    """May be null where a row has no value; then it is not met."""
    if isinstance(condition, NoneOf):
        return f"NOT coalesce(({filter_sql(table, condition.condition, parameters)}), false)"
    if isinstance(condition, AnyOf | AllOf):
        operator = " OR " if isinstance(condition, AnyOf) else " AND "
        return operator.join(f"({filter_sql(table, part, parameters)})" for part in condition.conditions)
    return _filter_sql(table, condition, parameters)


def _filter_sql(table: Table, filter: Filter, parameters: Parameters) -> str:
    column = filter.column
    column_sql = compared_sql(table, column)
    if filter.op == "exists":
        return f"{column_sql} IS {'NOT NULL' if filter.values[0] == 'true' else 'NULL'}"
    type = compared_sql_type(column)
    values = [type_of(column).parameter(value, column.format) for value in filter.values]
    if filter.op == "in":
        return f"{column_sql} = ANY({parameters.add_list(values, type)})"
    placeholder = parameters.add(values[0], type)
    if filter.op == "ne":
        return f"{column_sql} IS DISTINCT FROM {placeholder}"  # a row without a value has another one
    if filter.op == "prefix":
        return f"starts_with({column_sql}, {placeholder})"
    if filter.op in _FOLDED:
        return _FOLDED[filter.op](folded_sql(column_sql), placeholder)
    return f"{column_sql} {_COMPARISONS[filter.op]} {placeholder}"


def compared_sql(table: Table, column: Column) -> str:
    value = value_sql(table, column)
    if column.type == "text":
        return f'({value} COLLATE "C")'
    return value if compared_sql_type(column) == stored_sql(column) else f"({value})::{compared_sql_type(column)}"


class Key:
    """One column of an order: what it sorts by, and the name it has in the page."""

    def __init__(self, sql: str, type: str, descending: bool, name: str, nullable: bool = True) -> None:
        self.sql = sql
        self.nullable = nullable
        self.type = type
        self.descending = descending
        self.name = name

    def order_sql(self, expression: str, backward: bool = False) -> str:
        direction = "DESC" if self.descending != backward else "ASC"
        if not self.nullable:
            return f"{expression} {direction}"  # an index on it can be read backward as it is
        return f"{expression} {direction} NULLS {'FIRST' if backward else 'LAST'}"

    def beyond_sql(self, value: str | None, backward: bool) -> str | None:
        """True of what comes later than the value (null: None), or earlier. Nothing is later than null."""
        if value is None:
            return f"{self.sql} IS NOT NULL" if backward else None
        nearer = f"{self.sql} {'<' if self.descending != backward else '>'} {value}"
        # Without need, the second half would keep PostgreSQL from going to the place by its index: page 5,000 took 15 times page 1.
        return f"({nearer} OR {self.sql} IS NULL)" if self.nullable and not backward else nearer

    def equal_sql(self, value: str | None) -> str:
        return f"{self.sql} IS NULL" if value is None else f"{self.sql} = {value}"


def position_sql(key: Key, expression: str) -> str:
    """A key as text, which a cursor can hold; a long one is cut, behind `POSITION_CHARACTERS_MAX`, so that it is seen to be long."""
    return f"left({expression}::text, {POSITION_CHARACTERS_MAX + 1})" if key.type in _LONG_TYPES else f"{expression}::text"


def order_keys(table: Table, search: Search) -> list[Key]:
    """What the page is ordered by; `_row` is the last."""
    return [*(_sort_key(table, sort, place) for place, sort in enumerate(search.sort, start=1)), ROW]


POSITION_CHARACTERS_MAX: Final = 500
_LONG_TYPES: Final = ("text", "numeric")
ROW: Final = Key("t._row", "bigint", False, "_row", nullable=False)


def after_sql(
    keys: Sequence[Key], after: Sequence[object] | None, parameters: Parameters, backward: bool = False, table: Table | None = None
) -> str | None:
    """What is behind `after` (or before it): equal in the first keys and behind in the next, for every number of first keys.

    The keys together are different for each row. `True` in the place of a key (`position_sql`): that of the row of `table` itself, which is
    the last of `after`.
    """
    if after is None:
        return None
    alternatives: list[str] = []
    equal: list[str] = []
    for key, cursor_value in zip(keys, after, strict=True):
        if cursor_value is True and table is not None:
            row = parameters.add(str(after[-1]), ROW.type)
            value: str | None = f"(SELECT {key.sql} FROM {table.name} AS t WHERE t._row = {row} LIMIT 1)"
        else:
            value = None if cursor_value is None else parameters.add(str(cursor_value), key.type)
        if (beyond := key.beyond_sql(value, backward)) is not None:
            alternatives.append(" AND ".join([*equal, beyond]))
        equal.append(key.equal_sql(value))
    if not alternatives:
        return "false"  # all is null: nothing is behind that
    return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"


def _sort_key(table: Table, sort: Sort, place: int) -> Key:
    compared = compared_sql(table, sort.column)
    sql = language_order_sql(compared) if sort.column.type == "text" and not sort.binary else compared
    return Key(sql, compared_sql_type(sort.column), sort.descending, f"key{place}")
