"""Groups: exact aggregates over a search, in pages. A version never changes, so an answer about it can be kept for as long as there is room."""

from contextlib import suppress
from typing import Any, Final

import msgspec
from cachetools import LRUCache
from msgspec import Struct

from backbone.catalog.datasets import read_view
from backbone.errors import BadRequest
from backbone.model import View
from backbone.postgres.engine import autocommit
from backbone.query.ast import Grouping
from backbone.runtime.signed_tokens import seal, unseal
from backbone.wiring import Backbone
from services.query.groups.groupings import check_names, parse_aggregates, parse_by, parse_group_sort
from services.query.responses import Groups
from services.query.search.filters import parse_filter
from services.query.search.query_language import parse_query

CACHE_BYTES_MAX: Final = 16 * 1024 * 1024


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

    def bound(self, dataset: str) -> tuple[Any, ...]:
        """What a cursor belongs to."""
        return ("groups", dataset, self.by, self.aggregates, self.q, self.filters, self.sort)


class GroupsAnswer(Struct, frozen=True):
    """A page as JSON, and the cursor that stands in it."""

    content: bytes
    next_cursor: str | None


GroupCache = LRUCache[tuple[Any, ...], GroupsAnswer]


def make_cache() -> GroupCache:
    """Answers by table, version and request; those that were asked for longest ago go when there is no more room."""
    return LRUCache(CACHE_BYTES_MAX, getsizeof=lambda answer: len(answer.content))


class OpenGroups(Struct, frozen=True):
    """The view that answers come from, and the group to go on behind."""

    view: View
    after: list[str | None] | None


async def open_groups(backbone: Backbone, dataset: str, request: GroupsRequest) -> OpenGroups:
    """Raises `BadRequest`, `NotFound`, `Unavailable`."""
    if not 0 < request.limit <= backbone.settings.page_size_max:
        raise BadRequest("bad-limit", f"limit must be 1 to {backbone.settings.page_size_max} (ROWMILL_PAGE_SIZE_MAX).")
    version, after = request.version, None
    if request.cursor is not None:
        version, after = unseal(backbone.cursor_key, request.bound(dataset), request.cursor)
    async with autocommit(backbone.engine) as connection:
        return OpenGroups(await read_view(connection, dataset, version), after)


async def group_rows(backbone: Backbone, cache: GroupCache, opened: OpenGroups, request: GroupsRequest) -> GroupsAnswer:
    """Raises `BadRequest`, `Unavailable`."""
    view = opened.view
    key = (view.table.id, view.version, len(view.table.columns), view.dataset, request)
    answer = cache.get(key)
    if answer is None:
        found = await _groups(backbone, view, request, opened.after)
        answer = GroupsAnswer(msgspec.json.encode(found), found.next_cursor)
        with suppress(ValueError):  # larger than all the room there is
            cache[key] = answer
    return answer


async def _groups(backbone: Backbone, view: View, request: GroupsRequest, after: list[str | None] | None) -> Groups:
    settings, columns = backbone.settings, view.table.columns
    by, aggregates = parse_by(request.by, columns), parse_aggregates(request.aggregates, columns)
    check_names(by, aggregates)
    grouping = Grouping(
        by=by,
        aggregates=aggregates,
        text=parse_query(request.q, bytes_max=settings.query_bytes_max, clauses_max=settings.query_clauses_max),
        filters=tuple(parse_filter(text, columns) for text in request.filters),
        sort=parse_group_sort(request.sort, by, aggregates),
        limit=request.limit,
        after=None if after is None else tuple(after),
    )
    page = await backbone.groups.groups(view, grouping)
    token = None
    if page.more:
        token = seal(backbone.cursor_key, request.bound(view.dataset), [view.version, page.groups[-1].position])
    return Groups(dataset=view.dataset, version=view.version, next_cursor=token, groups=[group.values for group in page.groups])
