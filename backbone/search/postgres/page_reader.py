"""Reads one page of a search from PostgreSQL, forward or backward, in order or by relevance.

`Hit.position` is the sort's values and the row, then what later pages need not find again: the total, and by relevance the boundary.
"""

from typing import Any

import msgspec
from msgspec import Struct

from backbone.model import View
from backbone.query.ast import Search
from backbone.search.port import TOTAL_EXACT_MAX, Hit, Page, Total
from backbone.search.postgres.pages_sql import NO_BOUNDARY, RANKED_MAX, PageQuery, read_position


class _Position(Struct, frozen=True, array_like=True):
    """A position in a search by relevance: a row and its score, and what was found out on the first page."""

    score: float
    row: int
    total: int
    boundary: int


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
        return self._page([_hit(row, values, None, (*keys, row, total)) for row, values, *keys in records], total)

    async def by_relevance(self) -> Page:
        """Weighed matches first; where they end, those behind the boundary follow in file order, with score 0."""
        position = read_position(self._search, 4)
        after = None if position is None else msgspec.convert(position, _Position, strict=False)
        if after is not None and self._backward:
            return await self._before(after)
        hits: list[Hit] = []
        last = after or _Position(score=1, row=-1, total=0, boundary=NO_BOUNDARY)
        if last.score > 0:
            hits, last = await self._weighed(after, last)
        if len(hits) <= self._search.limit and last.boundary != NO_BOUNDARY:
            hits += await self._not_weighed(last, (max(last.row, last.boundary),))
        total = await self._total(last.total)
        return self._page([_with_total(hit, total) for hit in hits], total)

    async def _before(self, position: _Position) -> Page:
        """The other way round: what was not weighed first, then the weighed from their end, nearest first."""
        hits: list[Hit] = []
        was_weighed = position.score > 0
        if not was_weighed:
            hits = await self._not_weighed(position, (position.row,))
        if len(hits) <= self._search.limit:
            hits += (await self._weighed(position, position, from_end=not was_weighed))[0]
        total = await self._total(position.total)
        return self._page([_with_total(hit, total) for hit in hits], total)

    async def _weighed(self, after: _Position | None, last: _Position, from_end: bool = False) -> tuple[list[Hit], _Position]:
        query = PageQuery(self._view, self._search, self._indexed)
        behind = None if after is None or from_end else (after.score, after.row)
        statement = query.weighed_sql(None if after is None else after.boundary, behind, self._backward)
        records = await self._raw.fetch(statement, *query.parameters.values)
        if after is None and records:
            _, _, _, total, boundary = records[0]
            last = _Position(score=1, row=-1, total=total, boundary=boundary if total > RANKED_MAX else NO_BOUNDARY)
        return [_hit(row, values, score, (score, row, last.total, last.boundary)) for row, values, score, *_ in records], last

    async def _not_weighed(self, position: _Position, after: tuple[object, ...]) -> list[Hit]:
        records = await self._rows_in_order(after, above=position.boundary)
        return [_hit(row, values, 0.0, (0.0, row, position.total, position.boundary)) for row, values in records]

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
        is_bound = total > TOTAL_EXACT_MAX and not self._search.exact_total
        known = Total(TOTAL_EXACT_MAX, "gte") if is_bound else Total(total)
        return Page(hits=tuple(hits), total=known, more=len(hits_and_one) > self._search.limit)


def _with_total(hit: Hit, total: int) -> Hit:
    score, row, _, boundary = hit.position
    return msgspec.structs.replace(hit, position=(score, row, total, boundary))


def _hit(row: int, values: str, score: float | None, position: tuple[Any, ...]) -> Hit:
    return Hit(row=row, values=msgspec.Raw(values.encode()), score=score, position=position)
