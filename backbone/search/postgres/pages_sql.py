"""The SQL of a page of a search in PostgreSQL: the rows in order, the rows by relevance, and how many there are. Pure.

A page is found first, by keys alone; the values are read for its rows only. Relevance needs the words of every row that matches, cut anew:
so it is weighed among the first `RANKED_MAX` matches in file order, and further matches follow in file order with score 0. The place of the
last weighed row (`boundary`) and the total travel in `Hit.position`: later pages need not find them again.
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
    filter_sql,
    matches_sql,
    names_letters,
    order_keys,
    text_sqls,
    words_sql,
)
from backbone.query.ast import Facet, Search
from backbone.search.port import TOTAL_EXACT_MAX
from backbone.search.postgres.facets_sql import facets_sql

RANKED_MAX: Final = 5_000
NO_BOUNDARY: Final = 2**63 - 1  # everything that matches was weighed


def is_by_relevance(search: Search) -> bool:
    """A query that names nothing to be there (`-red`) puts no row before another: then rows come in file order."""
    return search.text is not None and not search.sort and names_letters(search.text)


class PageQuery:
    """The statements for one search; `parameters` go with whichever was made of it. Make a new one for another statement."""

    def __init__(self, view: View, search: Search, indexed: bool) -> None:
        self._table = view.table
        self._search = search
        self._limit = int(search.limit) + 1  # one more tells whether a page follows
        self.parameters = Parameters(view.version)
        self._matches = None if search.text is None else matches_sql(search.text, self.parameters)
        self._where = [visible_sql()]
        if search.text is not None and self._matches is not None:
            self._where += text_sqls(self._table, search.text, self._matches, self.parameters, indexed)
        self._where += [filter_sql(self._table, filter, self.parameters) for filter in search.filters]

    def in_order_sql(self, after: tuple[object, ...] | None, backward: bool = False, above: int | None = None) -> str:
        """Columns: row, values, then the keys but for `_row`. `after` is keys and row; `above` a row to stay behind.

        With `backward`, what is before `after`, the nearest first.
        """
        *keys, _ = all_keys = order_keys(self._table, self._search)
        where = self._and(after_sql(all_keys, after, self.parameters, backward), None if above is None else f"t._row > {int(above)}")
        selected = "".join(f", {key.sql} AS {key.name}" for key in keys)
        return (
            f"WITH page AS MATERIALIZED (SELECT t.ctid AS place, t._row{selected} FROM {self._table.name} AS t WHERE {where} "
            f"ORDER BY {_order(all_keys, '', backward)} LIMIT {self._limit}) "
            f"SELECT page._row, {self._values()}{''.join(f', page.{key.name}::text' for key in keys)} "
            f"FROM page JOIN {self._table.name} AS t ON t.ctid = page.place ORDER BY {_order(all_keys, 'page.', backward)}"
        )

    def weighed_sql(self, boundary: int | None, after: tuple[float, int] | None, backward: bool = False) -> str:
        """Columns: row, values, score, and `found` and `boundary`, which are as good as empty where a boundary was given."""
        limit = TOTAL_EXACT_MAX + 1 if boundary is None else RANKED_MAX
        where = self._and(None if boundary is None else f"t._row <= {int(boundary)}")
        keys = (Key("score", "float8", True, "score", nullable=False), Key("_row", "bigint", False, "_row", nullable=False))
        behind = after_sql(keys, None if after is None else (repr(after[0]), after[1]), self.parameters, backward) or "true"
        return (
            f"WITH found AS MATERIALIZED (SELECT t.ctid AS place, t._row FROM {self._table.name} AS t WHERE {where} "
            f"ORDER BY t._row LIMIT {limit}), "
            f"first AS MATERIALIZED (SELECT * FROM found ORDER BY _row LIMIT {RANKED_MAX}), "
            f"weighed AS MATERIALIZED (SELECT first.*, ts_rank({words_sql(self._table)}, {self._matches})::float8 AS score "
            f"FROM first JOIN {self._table.name} AS t ON t.ctid = first.place), "
            f"page AS MATERIALIZED (SELECT * FROM weighed WHERE {behind} ORDER BY {_order(keys, '', backward)} LIMIT {self._limit}) "
            f"SELECT page._row, {self._values()}, page.score, (SELECT count(*) FROM found), (SELECT max(_row) FROM first) "
            f"FROM page JOIN {self._table.name} AS t ON t.ctid = page.place ORDER BY {_order(keys, 'page.', backward)}"
        )

    def total_sql(self) -> str:
        limit = "" if self._search.exact_total else f" LIMIT {TOTAL_EXACT_MAX + 1}"
        rows = f"SELECT 1 FROM {self._table.name} AS t WHERE {self._and()}{limit}"
        return f"SELECT count(*) FROM ({rows}) AS found"

    def facets_sql(self, facets: Sequence[Facet]) -> str:
        return facets_sql(self._table, facets, self._and(), self.parameters)

    def _and(self, *further: str | None) -> str:
        return " AND ".join(f"({condition})" for condition in [*self._where, *further] if condition)

    def _values(self) -> str:
        return json_object_sql(self._table)


def read_position(search: Search, keys: int) -> tuple[object, ...] | None:
    """`Search.after` where it has the shape that this search gives out. Raises `BadRequest`."""
    if search.after is not None and (len(search.after) != keys or None in search.after[len(search.sort) :]):
        raise BadRequest("bad-cursor", "This cursor belongs to another search. Start again without cursor.")
    return search.after


def _order(keys: Sequence[Key], prefix: str, backward: bool) -> str:
    return ", ".join(key.order_sql(prefix + key.name, backward) for key in keys)
