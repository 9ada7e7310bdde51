"""What a replacement changed, as text of statements: the rows of its own table held against those of the version before, by key. Pure.

The two tables need not have the same columns, types or layout. A column that only one of them has is null in the other; values of
different types are compared by what the files wrote.
"""

from collections.abc import Sequence
from typing import Final

from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import GROUP_SIZE, json_object_sql, text_sql, value_sql, visible_sql, written_sql
from backbone.rows.history_sql import MERGE_SETTINGS, repeated_sql, winners_sql
from backbone.rows.numbers_sql import each_row_sql, same_row_sql
from backbone.types.registry import stored_sql

# Reads come through a pool, and a page of changes joins two whole tables: the planner's worst guess about them would never end.
READ_SETTINGS: Final = "SET LOCAL enable_nestloop = off"


def replace_statements(table: Table, version: int, key: Sequence[Column]) -> list[str]:
    """Within the file the last row of each key stays; the others are marked."""
    return [*MERGE_SETTINGS, winners_sql(table, version, key), repeated_sql(table, version)]


def replaced_counts(table: Table, version: int, key: Sequence[Column], before: View | None) -> str:
    removed = "0" if before is None else f"(SELECT count(*) FROM ({_removed_sql(table, version, key, before)}) AS r)"
    return (
        "SELECT count(*) FILTER (WHERE older IS NULL) AS inserted, "
        "count(*) FILTER (WHERE older IS NOT NULL AND NOT same) AS updated, "
        "count(*) FILTER (WHERE older IS NOT NULL AND same) AS unchanged, "
        f"(SELECT count(*) FROM {table.name} WHERE _from = {version}) - count(*) AS duplicates, 0 AS superseded, "
        f"{removed} AS removed FROM ({_pairs_sql(table, version, key, before)}) AS p"
    )


def removed_page_sql(table: Table, version: int, key: Sequence[Column], before: View) -> str:
    """Parameters: the row behind which to begin, and how many."""
    gone = f"SELECT r._row FROM ({_removed_sql(table, version, key, before)}) AS r WHERE r._row > $1 ORDER BY r._row LIMIT $2"
    return (
        f"SELECT o._row, {json_object_sql(before.table, 'o')} FROM {before.table.name} AS o JOIN ({gone}) AS g ON {same_row_sql('g._row', 'o._row')} "
        "ORDER BY o._row"
    )


def replaced_page_sql(table: Table, version: int, key: Sequence[Column], before: View, kind: str) -> str:
    """What came and what is other than before; parameters as above."""
    only = {"inserted": "older IS NULL", "updated": "older IS NOT NULL AND NOT same"}.get(kind, "(older IS NULL OR NOT same)")
    pairs = f"({_pairs_sql(table, version, key, before)}) AS p"
    page = f"SELECT row, older FROM {pairs} WHERE row > $1 AND {only} ORDER BY row LIMIT $2"
    return (
        f"SELECT n._row, {json_object_sql(table, 'n')}, o._row, CASE WHEN o._row IS NOT NULL THEN {json_object_sql(before.table, 'o')} END "
        f"FROM ({page}) AS c JOIN {table.name} AS n ON {same_row_sql('n._row', 'c.row')} "
        f"LEFT JOIN {before.table.name} AS o ON {same_row_sql('o._row', 'c.older')} ORDER BY n._row"
    )


def _pairs_sql(table: Table, version: int, key: Sequence[Column], before: View | None) -> str:
    """Each row that stays, the older row of its key (of several, which only append can bring in, the newest; then it is no equal one),
    and whether they are the same."""
    brought = _brought_sql(version)
    if before is None:
        return f"SELECT n._row AS row, NULL::bigint AS older, false AS same FROM {table.name} AS n WHERE {brought}"
    same = f"count(o._row) = 1 AND bool_and({same_sql(table, before.table)})"
    older = f"{before.table.name} AS o ON {visible_sql(str(before.version), 'o')} AND {met_sql(table, key, before.table)}"
    return (
        f"SELECT n._row AS row, max(o._row) AS older, {same} AS same FROM {table.name} AS n LEFT JOIN {older} "
        f"WHERE {brought} GROUP BY {each_row_sql('n._row')}"
    )


def _removed_sql(table: Table, version: int, key: Sequence[Column], before: View) -> str:
    still_there = f"SELECT FROM {table.name} AS n WHERE {_brought_sql(version)} AND {met_sql(table, key, before.table)}"
    return f"SELECT o._row FROM {before.table.name} AS o WHERE {visible_sql(str(before.version), 'o')} AND NOT EXISTS ({still_there})"


def _brought_sql(version: int) -> str:
    """Later versions may have superseded what this one shows."""
    return f"n._from = {version} AND (n._until IS NULL OR n._until > {version})"


def met_sql(table: Table, key: Sequence[Column], older: Table) -> str:
    known = {column.name: column for column in older.columns}
    if any(column.name not in known for column in key):
        return "false"
    return " AND ".join(" = ".join(_comparable(table, column, older, known[column.name])) for column in key)


def _comparable(table: Table, column: Column, older: Table, other: Column) -> tuple[str, str]:
    """The values of a column in both, so that what names the same row is equal: numbers as numbers, dates as dates, else as written."""
    numbers = {"integer", "decimal"}
    if stored_sql(column) == stored_sql(other) and column.type == other.type:
        return value_sql(table, column, "n"), value_sql(older, other, "o")
    if column.type in numbers and other.type in numbers:
        return f"({value_sql(table, column, 'n')})::numeric", f"({value_sql(older, other, 'o')})::numeric"
    return _texts(table, column, older, other)


def _texts(table: Table, column: Column, older: Table, other: Column) -> tuple[str, str]:
    if "text" in (column.type, other.type):
        return written_sql(table, column, "n"), written_sql(older, other, "o")
    return text_sql(table, column, "n"), text_sql(older, other, "o")


def same_sql(table: Table, older: Table) -> str:
    """Whether row n of `table` and row o of `older` have the same values, to the last character: 1.10 is not 1.1."""
    known = {column.name: column for column in older.columns}
    names = {column.name for column in table.columns}
    shared = [(column, known[column.name]) for column in table.columns if column.name in known]
    if not shared:
        return "false"
    lonely = [
        _is_empty_sql(table, [column for column in table.columns if column.name not in known], "n"),
        _is_empty_sql(older, [column for column in older.columns if column.name not in names], "o"),
    ]
    if "cells" in (table.layout, older.layout):
        equal = f"{_cells_sql(table, [mine for mine, _ in shared], 'n')} IS NOT DISTINCT FROM {_cells_sql(older, [its for _, its in shared], 'o')}"
    else:
        pairs = [_exactly(table, mine, older, its) for mine, its in shared]
        equal = f"ROW({', '.join(mine for mine, _ in pairs)}) IS NOT DISTINCT FROM ROW({', '.join(its for _, its in pairs)})"
    return " AND ".join([equal, *(condition for condition in lonely if condition)])


def _exactly(table: Table, column: Column, older: Table, other: Column) -> tuple[str, str]:
    if stored_sql(column) == stored_sql(other) and column.type == other.type != "decimal":
        return value_sql(table, column, "n"), value_sql(older, other, "o")
    mine, its = _texts(table, column, older, other)
    return f"({mine})::text", f"({its})::text"


def _is_empty_sql(table: Table, columns: Sequence[Column], alias: str) -> str:
    if not columns:
        return ""
    if table.layout == "cells":
        return f"coalesce(cardinality(array_remove({_cells_sql(table, columns, alias)}, NULL)), 0) = 0"
    return " AND ".join(f"{value_sql(table, column, alias)} IS NULL" for column in columns)


def _cells_sql(table: Table, columns: Sequence[Column], alias: str) -> str:
    """The columns' values as one array of texts, in this order. An array of cells is walked once, not once for each of 10,000 columns."""
    if table.layout == "columns":
        texts = [f"({value_sql(table, column, alias)})::text" for column in columns]
        return " || ".join(f"ARRAY[{', '.join(texts[start : start + GROUP_SIZE])}]" for start in range(0, len(texts), GROUP_SIZE)) or "NULL"
    indexes = {column.name: str(index) for index, column in enumerate(columns)}
    numbers = "'{" + ",".join(indexes.get(column.name, "NULL") for column in table.columns) + "}'::int[]"
    unpacked = f"unnest({alias}._cells, {numbers}) AS u(cell, place)"
    return f"(SELECT array_agg(u.cell ORDER BY u.place) FROM {unpacked} WHERE u.place IS NOT NULL)"
