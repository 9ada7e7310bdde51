"""The SQL of a page of a search in PostgreSQL: the rows in order, the rows by relevance, and how many there are. Pure.

A page is found first, by keys alone; the values are read for its rows only. By relevance, every row that matches is weighed: its score is a
function of the row, so a page begins behind a score and a row, wherever and whenever.
"""

from collections.abc import Sequence
from typing import Final

from backbone.errors import BadRequest
from backbone.model import View
from backbone.postgres.columns_sql import json_object_sql, visible_sql
from backbone.postgres.predicates_sql import (
    Key,
    Parameters,
    after_sql,
    among_sql,
    filter_sql,
    order_keys,
    position_sql,
)
from backbone.postgres.words_sql import matches_sqls, score_sql
from backbone.query.ast import All, Any, Facet, Node, Not, Search
from backbone.query.plan import make_plan
from backbone.search.port import TOTAL_EXACT_MAX
from backbone.search.postgres.facets_sql import facets_sql

_SCORE: Final = Key("score", "integer", True, "score", nullable=False)
_RANKED_ROW: Final = Key("_row", "bigint", False, "_row", nullable=False)


def is_by_relevance(search: Search) -> bool:
    """A query that names nothing to be there (`-red`) puts no row before another: then rows come in file order."""
    return search.text is not None and not search.sort and _names_words(search.text)


def _names_words(node: Node) -> bool:
    if isinstance(node, All | Any):
        return any(_names_words(part) for part in node.nodes)
    return not isinstance(node, Not)


class PageQuery:
    """The statements for one search; `parameters` go with whichever was made of it. Make a new one for another statement."""

    def __init__(self, view: View, search: Search, indexed: bool, parameters: Parameters | None = None) -> None:
        """`parameters`: those of a statement that this one becomes a part of."""
        self._table = view.table
        self._search = search
        self._limit = int(search.limit) + 1  # one more tells whether a page follows
        self.parameters = Parameters(view.version) if parameters is None else parameters
        version = "$1" if parameters is None else parameters.add(str(view.version), "integer")
        self._plan = None if search.text is None else make_plan(search.text, view.table)
        self._where = [visible_sql(version)]
        if search.among is not None:
            self._where.append(among_sql(search.among, self.parameters))
        if self._plan is not None:
            self._where += matches_sqls(self._table, self._plan, self.parameters, indexed)
        self._where += [filter_sql(self._table, filter, self.parameters) for filter in search.filters]

    def in_order_sql(self, after: tuple[object, ...] | None, backward: bool = False, above: int | None = None) -> str:
        """Columns: row, values, then the keys but for `_row`. `after` is keys and row; all rows are behind the row `above`.

        With `backward`, what is before `after`, the nearest first.
        """
        *keys, _ = all_keys = order_keys(self._table, self._search)
        behind = None if above is None else f"t._row > {self.parameters.add(str(above), 'bigint')}"
        where = self._and(after_sql(all_keys, after, self.parameters, backward, self._table), behind)
        selected = "".join(f", {key.sql} AS {key.name}" for key in keys)
        positions = "".join(f", {position_sql(key, 'page.' + key.name)}" for key in keys)
        return (
            f"WITH page AS MATERIALIZED (SELECT t.ctid AS place, t._row{selected} FROM {self._table.name} AS t WHERE {where} "
            f"ORDER BY {_order(all_keys, '', backward)} LIMIT {self._limit}) "
            f"SELECT page._row, {self._values()}{positions} "
            f"FROM page JOIN {self._table.name} AS t ON t.ctid = page.place ORDER BY {_order(all_keys, 'page.', backward)}"
        )

    def ranked_sql(self, after: tuple[object, ...] | None, backward: bool = False) -> str:
        """Columns: row, values, score, and how many rows match. `after` is score and row."""
        assert self._plan is not None
        keys = (_SCORE, _RANKED_ROW)
        behind = after_sql(keys, after, self.parameters, backward) or "true"
        return (
            f"WITH weighed AS MATERIALIZED (SELECT t.ctid AS place, t._row, {score_sql(self._table, self._plan, self.parameters)} AS score "
            f"FROM {self._table.name} AS t WHERE {self._and()}), "
            f"page AS MATERIALIZED (SELECT * FROM weighed WHERE {behind} ORDER BY {_order(keys, '', backward)} LIMIT {self._limit}) "
            f"SELECT page._row, {self._values()}, page.score, (SELECT count(*) FROM weighed) "
            f"FROM page JOIN {self._table.name} AS t ON t.ctid = page.place ORDER BY {_order(keys, 'page.', backward)}"
        )

    def rows_sql(self, limit: int) -> str:
        return f"SELECT t._row FROM {self._table.name} AS t WHERE {self._and()} LIMIT {int(limit)}"

    def total_sql(self) -> str:
        limit = "" if self._search.exact_total else f" LIMIT {TOTAL_EXACT_MAX + 1}"
        rows = f"SELECT 1 FROM {self._table.name} AS t WHERE {self._and()}{limit}"
        return f"SELECT count(*) FROM ({rows}) AS found"

    def facets_sql(self, facets: Sequence[Facet]) -> str:
        return facets_sql(self._table, facets, self._and(), self.parameters)

    def _and(self, *further: str | None) -> str:
        return " AND ".join(f"({condition})" for condition in [*self._where, *further] if condition)

    def _values(self) -> str:
        return "'{}'" if self._search.is_keys_only else json_object_sql(self._table)


def read_position(search: Search, keys: int) -> tuple[object, ...] | None:
    """`Search.after` where it has the shape that this search gives out. Raises `BadRequest`."""
    if search.after is not None and (len(search.after) != keys or None in search.after[len(search.sort) :]):
        raise BadRequest("bad-cursor", "This cursor belongs to another search. Start again without cursor.")
    return search.after


def _order(keys: Sequence[Key], prefix: str, backward: bool) -> str:
    return ", ".join(key.order_sql(prefix + key.name, backward) for key in keys)
