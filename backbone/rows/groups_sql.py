"""The SQL of groups and their aggregates. Pure. Sums and averages are `numeric` throughout: exact, however many rows."""

from typing import Final

from backbone.errors import BadRequest
from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import json_key, visible_sql
from backbone.postgres.folding_sql import language_order_sql
from backbone.postgres.predicates_sql import Key, Parameters, after_sql, among_sql, compared_sql, filter_sql
from backbone.postgres.words_sql import matches_sqls
from backbone.query.ast import Aggregate, Grouping, GroupSort
from backbone.query.plan import make_plan
from backbone.types.registry import compared_sql_type, type_of
from backbone.types.sql_text import literal

PAGE_BYTES_MAX: Final = 4 * 1024 * 1024
_AGGREGATE_TYPES: Final = {"count": "bigint", "sum": "numeric", "avg": "numeric"}


def groups_sql(view: View, grouping: Grouping, parameters: Parameters) -> str:
    """Columns: how many groups there are, at most one more than a page holds; the group as JSON, its position. Those alone that fit in
    `PAGE_BYTES_MAX`, and the first one."""
    table = view.table
    selected = [f"{_group_value(table, column)} AS {_by(number)}" for number, column in enumerate(grouping.by)]
    selected += [f"{_aggregated(table, aggregate)} AS {_agg(number)}" for number, aggregate in enumerate(grouping.aggregates)]
    grouped = ", ".join(compared_sql(table, column) for column in grouping.by) or "()"
    keys = _keys(grouping)
    if grouping.after is not None and len(grouping.after) != len(keys):
        raise BadRequest("bad-cursor", "This cursor belongs to another grouping. Start again without cursor.")
    after = after_sql(keys, grouping.after, parameters) or "true"
    order = f"ORDER BY {', '.join(key.order_sql(key.sql) for key in keys)}" if keys else ""
    # Named, for a cast keeps its column's name, and ORDER BY would take the text for the column: 10 before 9.
    names = "".join(f", text_{key.name}" for key in keys)
    texts = "".join(f", ({key.sql})::text AS text_{key.name}" for key in keys)
    return (
        f"WITH grouped AS (SELECT {', '.join(selected)} FROM {table.name} AS t WHERE {_where(view, grouping, parameters)} GROUP BY {grouped}), "
        f"page AS MATERIALIZED (SELECT {_json(grouping)} AS json{texts}, row_number() OVER ({order}) AS number FROM grouped WHERE {after} "
        f"{order} LIMIT {int(grouping.limit) + 1}), "
        f"cut AS (SELECT *, sum(octet_length(json)) OVER (ORDER BY number) AS bytes FROM page) "
        f"SELECT (SELECT count(*) FROM page), json{names} FROM cut WHERE bytes <= {PAGE_BYTES_MAX} OR number = 1 ORDER BY number"
    )


def _where(view: View, grouping: Grouping, parameters: Parameters) -> str:
    where = [visible_sql()]
    where += [filter_sql(view.table, filter, parameters) for filter in grouping.filters]
    if grouping.among is not None:
        where.append(among_sql(grouping.among, parameters))
    if grouping.text is not None:
        where += matches_sqls(view.table, make_plan(grouping.text, view.table), parameters, indexed=False)
    return " AND ".join(f"({condition})" for condition in where)


def _group_value(table: Table, column: Column) -> str:
    value = compared_sql(table, column)
    # 1.1 and 1.10 are one group; which of its texts is shown must not depend on the order in which rows were read.
    return f"min({value}::text)::numeric" if column.type == "decimal" else value


def _aggregated(table: Table, aggregate: Aggregate) -> str:
    if aggregate.column is None:
        return "count(*)"
    value = compared_sql(table, aggregate.column)
    return f"trim_scale(avg({value}))" if aggregate.op == "avg" else f"{aggregate.op}({value})"


def _keys(grouping: Grouping) -> list[Key]:
    """What was asked for, then the columns grouped by, which make every group's place its own."""
    by = {column.name: (_by(number), compared_sql_type(column)) for number, column in enumerate(grouping.by)}
    aggregates = {aggregate.name: (_agg(number), _type(aggregate)) for number, aggregate in enumerate(grouping.aggregates)}
    known = by | aggregates
    texts = {column.name for column in grouping.by if column.type == "text"}
    keys = [_key(*known[sort.name], sort, sort.name in texts and not sort.binary) for sort in grouping.sort]
    sorted_by = {sort.name for sort in grouping.sort}
    return [*keys, *(Key(name, type, False, name) for column, (name, type) in by.items() if column not in sorted_by)]


def _key(name: str, type: str, sort: GroupSort, by_language: bool) -> Key:
    return Key(language_order_sql(name) if by_language else name, type, sort.descending, name)


def _type(aggregate: Aggregate) -> str:
    if aggregate.column is not None and aggregate.op in ("min", "max"):
        return compared_sql_type(aggregate.column)
    return _AGGREGATE_TYPES[aggregate.op]


def _json(grouping: Grouping) -> str:
    members = [(column.name, _shown(column, _by(number))) for number, column in enumerate(grouping.by)]
    for number, aggregate in enumerate(grouping.aggregates):
        shown_as = aggregate.column if aggregate.op in ("min", "max") else None
        members.append((aggregate.name, _agg(number) if shown_as is None else _shown(shown_as, _agg(number))))
    parts = [f"{literal(json_key(name))} || coalesce(to_json({value})::text, 'null')" for name, value in members]
    return "'{' || " + " || ',' || ".join(parts) + " || '}'" if parts else "'{}'"


def _shown(column: Column, value: str) -> str:
    """A value of the column's type as it goes into JSON."""
    return type_of(column).text_sql(value, column.format) if type_of(column).is_time else value


def _by(number: int) -> str:
    return f"by{number}"


def _agg(number: int) -> str:
    return f"agg{number}"
