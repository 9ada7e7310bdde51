"""Reads one page of a search from PostgreSQL, forward or backward, in order or by relevance.

`Hit.position` is the sort's values, or the score, and the row, then what later pages need not find again: the total.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from backbone.model import View
from backbone.postgres.predicates_sql import POSITION_CHARACTERS_MAX
from backbone.query.ast import Search
from backbone.search.port import TOTAL_EXACT_MAX, Hit, Page, Total
from backbone.search.postgres.pages_sql import PageQuery, read_position


class PageReader:
    def __init__(self, raw: Any, view: View, search: Search, indexed: bool) -> None:
        self._raw = raw
        self._view = view
        self._search = search
        self._indexed = indexed
        self._backward = search.backward and search.after is not None

    async def in_order(self) -> Page:
        after = read_position(self._search, len(self._search.sort) + 2)
        first_row = None if after is not None else self._search.first_row
        records = await self._rows_in_order(None if after is None else after[:-1], above=None if first_row is None else first_row - 1)
        is_whole = after is None and first_row is None and len(records) <= self._search.limit
        known_total = len(records) if is_whole else None if after is None else int(str(after[-1]))
        total = await self._total(known_total)
        score = 0.0 if self._search.text is not None and not self._search.sort else None  # of what is only not there
        return self._page([_hit(row, values, score, (*map(_held, keys), row, total)) for row, values, *keys in records], total)

    async def by_relevance(self) -> Page:
        """The first statement that finds rows counts them all; where it finds none behind a place, the place knows."""
        after = read_position(self._search, 3)
        query = PageQuery(self._view, self._search, self._indexed)
        statement = query.ranked_sql(None if after is None else after[:2], self._backward)
        records = await self._raw.fetch(statement, *query.parameters.values)
        total = records[0][3] if records else 0 if after is None else int(str(after[2]))
        return self._page([_hit(row, values, float(score), (score, row, total)) for row, values, score, _ in records], total)

    async def _rows_in_order(self, after: tuple[object, ...] | None, above: int | None = None) -> list[Any]:
        query = PageQuery(self._view, self._search, self._indexed)
        statement = query.in_order_sql(after, self._backward, above)
        return list(await self._raw.fetch(statement, *query.parameters.values))

    async def _total(self, known_total: int | None) -> int:
        """What a page before has found out, unless it stopped counting where this one must not."""
        stopped = known_total == TOTAL_EXACT_MAX + 1 and self._search.exact_total
        if known_total is not None and not stopped:
            return known_total
        query = PageQuery(self._view, self._search, self._indexed)
        return int(await self._raw.fetchval(query.total_sql(), *query.parameters.values))

    def _page(self, hits_and_one: list[Hit], total: int) -> Page:
        hits = hits_and_one[: self._search.limit]
        if self._backward:
            hits.reverse()
        return Page(hits=tuple(hits), total=_bounded(self._search, total), more=len(hits_and_one) > self._search.limit)


def ranked_page(search: Search, records: Sequence[Any]) -> Page:
    """Of records of row, values, score and total, in any order."""
    in_order = sorted(records, key=lambda record: (-record[2], record[0]))
    total = in_order[0][3] if in_order else 0
    hits = [_hit(row, values, float(score), (score, row, total)) for row, values, score, _ in in_order]
    return Page(hits=tuple(hits[: search.limit]), total=_bounded(search, total), more=len(hits) > search.limit)


def _bounded(search: Search, total: int) -> Total:
    is_bound = total > TOTAL_EXACT_MAX and not search.exact_total
    return Total(TOTAL_EXACT_MAX, "gte") if is_bound else Total(total)


def _held(key: str | None) -> str | bool | None:
    """As a cursor holds it: `True` in the place of a long one, which is the row's own."""
    return True if key is not None and len(key) > POSITION_CHARACTERS_MAX else key


def _hit(row: int, values: str, score: float | None, position: tuple[Any, ...]) -> Hit:
    return Hit(row=row, values=msgspec.Raw(values.encode()), score=score, position=position)
