"""Groups: exact aggregates over a search, in pages. A version never changes, so an answer about it can be kept for as long as there is room."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from cachetools import LRUCache
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import BadRequest
from backbone.metrics import GROUP_CACHE, GROUP_CACHE_BYTES, GROUP_SECONDS, start_at_zero
from backbone.model import View
from backbone.query.ast import Grouping, Search
from backbone.rows.groups import RowGroups
from backbone.runtime.signed_tokens import seal, unseal
from backbone.search.port import SearchIndex
from backbone.settings import Settings
from services.query.groups.groupings import check_names, parse_aggregates, parse_by, parse_group_sort
from services.query.responses import Answer, Groups
from services.query.search.filters import parse_condition
from services.query.search.integer_texts import Integers, integer_names, with_integer_texts
from services.query.search.notes import notes_on_filters
from services.query.search.query_language import parse_query
from services.query.snapshot import Snapshot
from services.query.walks import Walks

POSITION_CHARACTERS_MAX: Final = 4_000
CACHE_BYTES_MAX: Final = 16 * 1024 * 1024
start_at_zero(GROUP_CACHE, ["hit", "miss"])


class GroupsRequest(Struct, frozen=True, kw_only=True):
    """Groups as they stand in the URL."""

    by: str = ""
    aggregates: str = ""
    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 50
    cursor: str | None = None
    version: int | None = None
    integers: Integers = "number"

    def bound(self, dataset: str) -> tuple[Any, ...]:
        """What a cursor belongs to."""
        return ("groups", dataset, self.by, self.aggregates, self.q, self.filters, self.sort)


GroupCache = LRUCache[tuple[Any, ...], Answer]


def make_cache() -> GroupCache:
    """Answers by table, version and request; those that were asked for longest ago go when there is no more room."""
    return LRUCache(CACHE_BYTES_MAX, getsizeof=lambda answer: len(answer.content))


def check_position(position: Sequence[str | None]) -> None:
    """A cursor has to fit into a URL. Raises `BadRequest`."""
    if sum(len(key or "") for key in position) > POSITION_CHARACTERS_MAX:
        raise BadRequest(
            "group-too-long",
            f"There are more groups than go into one answer, and values of more than {POSITION_CHARACTERS_MAX} characters cannot be gone on "
            "behind. Group by a shorter column, or narrow it by a filter.",
        )


@dataclass(frozen=True)
class RowGrouping:
    """What groups stand on: the catalog's engine, the index and the rows, the key that signs cursors, and the limits of a request."""

    engine: AsyncEngine
    index: SearchIndex
    groups: RowGroups
    cursor_key: bytes
    limits: Settings
    walks: Walks
    cache: GroupCache = field(default_factory=make_cache)

    async def open(self, dataset: str, request: GroupsRequest) -> Snapshot:
        """The version to group: the cursor's, the one that was asked for, or the published one. Raises `BadRequest`, `NotFound`,
        `Unavailable`."""
        if not 0 < request.limit <= self.limits.page_size_max:
            raise BadRequest("bad-limit", f"limit must be 1 to {self.limits.page_size_max} (ROWMILL_PAGE_SIZE_MAX).")
        version, _ = self._cursor(dataset, request)
        if request.cursor is not None and version is not None:
            return await self.walks.go_on(dataset, version)
        return await Snapshot.open(self.engine, dataset, version)

    async def page(self, request: GroupsRequest, view: View) -> Answer:
        """One page of a version. Raises `BadRequest`, `Unavailable`."""
        key = (view.table.id, view.version, len(view.table.columns), view.table.language, view.dataset, request)
        answer = self.cache.get(key)
        GROUP_CACHE.labels("miss" if answer is None else "hit").inc()
        if answer is None:
            with GROUP_SECONDS.time():
                groups = await self._group(request, view)
            answer = Answer(msgspec.json.encode(groups), groups.next_cursor)
            with suppress(ValueError):  # larger than all the room there is
                self.cache[key] = answer
            GROUP_CACHE_BYTES.set(self.cache.currsize)
        if answer.next_cursor is not None and request.cursor is None:
            await self.walks.begin(view)
        return answer

    async def _group(self, request: GroupsRequest, view: View) -> Groups:
        columns = view.table.columns
        by, aggregates = parse_by(request.by, columns), parse_aggregates(request.aggregates, columns)
        check_names(by, aggregates)
        _, after = self._cursor(view.dataset, request)
        grouping = Grouping(
            by=by,
            aggregates=aggregates,
            text=parse_query(
                request.q,
                bytes_max=self.limits.query_bytes_max,
                clauses_max=self.limits.query_clauses_max,
                columns=columns,
                language=view.table.language,
            ),
            filters=tuple(parse_condition(text, columns) for text in request.filters),
            sort=parse_group_sort(request.sort, by, aggregates),
            limit=request.limit,
            after=None if after is None else tuple(after),
        )
        page = await self.groups.groups(view, await self._narrowed(view, grouping))
        as_text = _integer_members(grouping) if request.integers == "string" else frozenset()
        token = None
        if page.more:
            check_position(page.groups[-1].position)
            token = seal(self.cursor_key, request.bound(view.dataset), [view.version, page.groups[-1].position])
        return Groups(
            dataset=view.dataset,
            version=view.version,
            next_cursor=token,
            groups=[with_integer_texts(group.values, as_text) for group in page.groups],
            notes=notes_on_filters(grouping.filters),
        )

    async def _narrowed(self, view: View, grouping: Grouping) -> Grouping:
        """The rows have no index of their own for words, and none for most filters."""
        search = await self.index.narrow(view, Search(text=grouping.text, filters=grouping.filters))
        return structs.replace(grouping, text=search.text, filters=search.filters, among=search.among)

    def _cursor(self, dataset: str, request: GroupsRequest) -> tuple[int | None, list[str | None] | None]:
        """The version, and the group to go on behind."""
        if request.cursor is None:
            return request.version, None
        version, after = unseal(self.cursor_key, request.bound(dataset), request.cursor)
        return version, after


def _integer_members(grouping: Grouping) -> frozenset[str]:
    """Of a group: columns grouped by, and the aggregates that are whole numbers where their column is."""
    whole = {
        aggregate.name
        for aggregate in grouping.aggregates
        if aggregate.column is not None and aggregate.column.type == "integer" and aggregate.op in ("sum", "min", "max")
    }
    return integer_names(grouping.by) | whole
