"""Reads one page of a search from PostgreSQL, forward or backward, in order or by relevance.

`Hit.position` is the sort's values and the row, then what later pages need not find again: the total, and by relevance the boundary.
"""

from typing import Any

import msgspec
from msgspec import Struct

from backbone.model import View
from backbone.query.ast import Search
from backbone.search.port import TOTAL_EXACT_MAX, Hit, Page, Total
from backbone.search.postgres.pages_sql import NO_BOUNDARY, RANKED_MAX, PageQuery, read_place


class _Place(Struct, frozen=True, array_like=True):
    """A place in a search by relevance: a row and its score, and what was found out on the first page."""

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
        after = read_place(self._search, len(self._search.sort) + 2)
        found = await self._rows_in_order(None if after is None else after[:-1])
        found_all = after is None and len(found) <= self._search.limit
        told = len(found) if found_all else None if after is None else int(str(after[-1]))
        total = await self._total(told)
        return self._page([_hit(row, values, None, (*keys, row, total)) for row, values, *keys in found], total)

    async def by_relevance(self) -> Page:
        """Weighed matches first; where they end, those behind the boundary follow in file order, with score 0."""
        place = read_place(self._search, 4)
        after = None if place is None else msgspec.convert(place, _Place, strict=False)
        if after is not None and self._backward:
            return await self._before(after)
        hits: list[Hit] = []
        last = after or _Place(score=1, row=-1, total=0, boundary=NO_BOUNDARY)
        if last.score > 0:
            hits, last = await self._weighed(after, last)
        if len(hits) <= self._search.limit and last.boundary != NO_BOUNDARY:
            hits += await self._not_weighed(last, (max(last.row, last.boundary),))
        total = await self._total(last.total)
        return self._page([_with_total(hit, total) for hit in hits], total)

    async def _before(self, place: _Place) -> Page:
        """The other way round: what was not weighed first, then the weighed from their end, nearest first."""
        hits: list[Hit] = []
        was_weighed = place.score > 0
        if not was_weighed:
            hits = await self._not_weighed(place, (place.row,))
        if len(hits) <= self._search.limit:
            hits += (await self._weighed(place, place, from_end=not was_weighed))[0]
        total = await self._total(place.total)
        return self._page([_with_total(hit, total) for hit in hits], total)

    async def _weighed(self, after: _Place | None, last: _Place, from_end: bool = False) -> tuple[list[Hit], _Place]:
        query = PageQuery(self._view, self._search, self._indexed)
        behind = None if after is None or from_end else (after.score, after.row)
        statement = query.weighed_sql(None if after is None else after.boundary, behind, self._backward)
        found = await self._raw.fetch(statement, *query.parameters.values)
        if after is None and found:
            _, _, _, total, boundary = found[0]
            last = _Place(score=1, row=-1, total=total, boundary=boundary if total > RANKED_MAX else NO_BOUNDARY)
        return [_hit(row, values, score, (score, row, last.total, last.boundary)) for row, values, score, *_ in found], last

    async def _not_weighed(self, place: _Place, after: tuple[object, ...]) -> list[Hit]:
        found = await self._rows_in_order(after, above=place.boundary)
        return [_hit(row, values, 0.0, (0.0, row, place.total, place.boundary)) for row, values in found]

    async def _rows_in_order(self, after: tuple[object, ...] | None, above: int | None = None) -> list[Any]:
        query = PageQuery(self._view, self._search, self._indexed)
        statement = query.in_order_sql(after, self._backward, above)
        return list(await self._raw.fetch(statement, *query.parameters.values))

    async def _total(self, told: int | None) -> int:
        """What a page before has found out, unless it stopped counting where this one must not."""
        stopped = told == TOTAL_EXACT_MAX + 1 and self._search.exact_total
        if told is not None and not stopped:
            return told
        query = PageQuery(self._view, self._search, self._indexed)
        return int(await self._raw.fetchval(query.total_sql(), *query.parameters.values))

    def _page(self, found: list[Hit], total: int) -> Page:
        hits = found[: self._search.limit]
        if self._backward:
            hits.reverse()
        is_bound = total > TOTAL_EXACT_MAX and not self._search.exact_total
        known = Total(TOTAL_EXACT_MAX, "gte") if is_bound else Total(total)
        return Page(hits=tuple(hits), total=known, more=len(found) > self._search.limit)


def _with_total(hit: Hit, total: int) -> Hit:
    score, row, _, boundary = hit.position
    return msgspec.structs.replace(hit, position=(score, row, total, boundary))


def _hit(row: int, values: str, score: float | None, position: tuple[Any, ...]) -> Hit:
    return Hit(row=row, values=msgspec.Raw(values.encode()), score=score, position=position)
