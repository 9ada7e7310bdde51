"""What differs between two versions of a dataset, whichever they are, as text of statements. Pure.

Rows that both versions show are no difference. The others are paired by a key, or without one by their numbers, which stay when a table
is copied.
"""

from collections.abc import Sequence

from backbone.model import Column, View
from backbone.postgres.columns_sql import json_object_sql, visible_sql
from backbone.rows.numbers_sql import each_row_sql, same_row_sql
from backbone.rows.replaced_sql import met_sql, same_sql


def went_page_sql(view: View, key: Sequence[Column], before: View) -> str:
    """Rows of `before` that are met by none. Parameters: the row behind which to begin, and how many."""
    still_there = f"SELECT FROM {view.table.name} AS n WHERE {_only_in(view, before, 'n')} AND {_met_sql(view, key, before)}"
    return (
        f"SELECT o._row, {json_object_sql(before.table, 'o')} FROM {before.table.name} AS o "
        f"WHERE {_only_in(before, view, 'o')} AND NOT EXISTS ({still_there}) AND o._row > $1 ORDER BY o._row LIMIT $2"
    )


def came_page_sql(view: View, key: Sequence[Column], before: View, kind: str) -> str:
    """Rows that are new, and those that are other than before with the older one; `kind` as of changes. Parameters as above."""
    only = {"inserted": "older IS NULL", "updated": "older IS NOT NULL AND NOT same"}.get(kind, "(older IS NULL OR NOT same)")
    same = f"count(o._row) = 1 AND bool_and({same_sql(view.table, before.table)})"
    older = f"{before.table.name} AS o ON {_only_in(before, view, 'o')} AND {_met_sql(view, key, before)}"
    pairs = (
        f"SELECT n._row AS row, max(o._row) AS older, {same} AS same FROM {view.table.name} AS n LEFT JOIN {older} "
        f"WHERE {_only_in(view, before, 'n')} GROUP BY {each_row_sql('n._row')}"
    )
    page = f"SELECT row, older FROM ({pairs}) AS p WHERE row > $1 AND {only} ORDER BY row LIMIT $2"
    return (
        f"SELECT n._row, {json_object_sql(view.table, 'n')}, o._row, "
        f"CASE WHEN o._row IS NOT NULL THEN {json_object_sql(before.table, 'o')} END FROM ({page}) AS c "
        f"JOIN {view.table.name} AS n ON {same_row_sql('n._row', 'c.row')} "
        f"LEFT JOIN {before.table.name} AS o ON {same_row_sql('o._row', 'c.older')} ORDER BY n._row"
    )


def _only_in(view: View, other: View, alias: str) -> str:
    """Rows that the version shows; not those that the other one shows as well, where they are in one table."""
    shown = visible_sql(str(view.version), alias)
    return f"{shown} AND NOT ({visible_sql(str(other.version), alias)})" if view.table.id == other.table.id else shown


def _met_sql(view: View, key: Sequence[Column], before: View) -> str:
    return met_sql(view.table, key, before.table) if key else same_row_sql("n._row", "o._row")
