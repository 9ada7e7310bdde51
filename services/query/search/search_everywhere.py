"""One query over all datasets: how many rows each has, the first of them, the best dataset first, and a link to the whole search there.

Asked are those alone that may have rows, which their words say (`dataset_words`), up to a number of them; a cursor leads to further ones. They
are asked many at a time; one whose rows may be long, or that changed meanwhile, by itself.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import Struct

from backbone.catalog.dataset_words import Named, count_datasets, languages_of_words, possible_datasets
from backbone.catalog.datasets import read_views, views_standing
from backbone.errors import BadRequest, NotFound, TooSlow
from backbone.model import View
from backbone.postgres.engine import as_of_one_moment, autocommit
from backbone.query.ast import Search
from backbone.runtime.principal import ALL, asking
from backbone.runtime.signed_tokens import seal, unseal
from backbone.runtime.threads import in_thread
from backbone.search.port import Page, Total
from services.query.responses import DatasetHits, Rows, SearchedDatasets
from services.query.search.integer_texts import Integers
from services.query.search.long_pages import PAGE_BYTES_MAX
from services.query.search.possible_words import possible_words
from services.query.search.search import RowSearch, RowsRequest

SEARCHES_AT_ONCE: Final = 4  # fewer than the connections of a process: other readers want some too
ASKED_MAX: Final = 1_000  # datasets that may have rows, for one answer
FOUND_MAX: Final = 100  # datasets that have some; a cursor leads to further ones
SHOWN_BYTES_MIN, SHOWN_BYTES_MAX = 64 * 1024, 1024 * 1024  # of the rows of one dataset
PATTERNS_MAX: Final = 100


async def search_everywhere(
    search: RowSearch, q: str, *, named: str, hits: int, cursor: str | None, integers: Integers = "number"
) -> SearchedDatasets:
    """`named`: names and beginnings of names with `*`, comma between; empty: all. Raises `BadRequest`, `Unavailable`."""
    if not q.strip():
        raise BadRequest("query-syntax", "q is empty: say what to search for, for example q=teapot.", character=1)
    bound = ("search", q, named)
    after = "" if cursor is None else unseal(search.cursor_key, bound, cursor)
    possible = await _possible(search, q, within := Named(after=after, seen=asking().datasets, named=_patterns(named)))
    bytes_max = min(max(PAGE_BYTES_MAX // max(len(possible), 1), SHOWN_BYTES_MIN), SHOWN_BYTES_MAX)
    request = RowsRequest(q=q, limit=hits, highlight=True, suggest=False, bytes_max=bytes_max, integers=integers)
    asked = await _ask(search, request, list(possible))
    # Rows that are too long to be shown here are counted all the same.
    best_first = sorted(asked.found, key=lambda found: (-found.score, found.view.dataset))
    shown = await in_thread(_shown, search, request, possible, best_first)
    async with autocommit(search.engine) as connection:
        searched = await count_datasets(connection, within, asked.through)
    return SearchedDatasets(
        q=q,
        searched=searched - len(asked.not_searched),
        counts={found.view.dataset: found.total for found in best_first},
        datasets=shown,
        not_searched=asked.not_searched,
        next_cursor=None if asked.through is None else seal(search.cursor_key, bound, asked.through),
    )


async def _possible(search: RowSearch, q: str, within: Named) -> dict[str, str]:
    """Titles of the datasets that may have rows, by name; one more than are asked."""
    async with as_of_one_moment(search.engine) as connection:  # no dataset gets words of a language that was not asked for
        languages = await languages_of_words(connection)
        words = await in_thread(possible_words, q, languages, search.limits)
        return {row["name"]: row["title"] for row in await possible_datasets(connection, within, words, ASKED_MAX + 1)}


def _patterns(named: str) -> tuple[str, ...]:
    """Raises `BadRequest`."""
    patterns = tuple(pattern.strip() for pattern in named.split(",")) if named else (ALL,)
    if len(patterns) > PATTERNS_MAX or any(not pattern or ALL in pattern[:-1] for pattern in patterns):
        raise BadRequest(
            "bad-datasets", f"datasets takes names and beginnings of names, comma between, at most {PATTERNS_MAX}: datasets=orders,shop-*."
        )
    return patterns


class _Found(Struct, frozen=True):
    """What a dataset has of it, before it is made ready to go out; `shown` where it is already."""

    view: View
    search: Search | None
    page: Page | None
    shown: Rows | None = None

    @property
    def total(self) -> Total:
        page = self.shown or self.page
        assert page is not None
        return page.total

    @property
    def score(self) -> float:
        rows = self.shown.rows if self.shown is not None else self.page.hits if self.page is not None else ()
        return (rows[0].score or 0.0) if rows else 0.0


class _Asked(Struct, frozen=True):
    """Those with rows, of all datasets until `through`; None: of all. And why some of them were not searched."""

    found: list[_Found]
    not_searched: dict[str, str]
    through: str | None


async def _ask(search: RowSearch, request: RowsRequest, names: list[str]) -> _Asked:
    """In the order of their names, until enough of them have rows. Raises `BadRequest`, `Unavailable`."""
    place = {name: number for number, name in enumerate(names)}
    found: list[_Found] = []
    not_searched: dict[str, str] = {}
    asked = 0
    while asked < min(len(names), ASKED_MAX) and len(found) < FOUND_MAX:
        some = names[asked : min(asked + FOUND_MAX, ASKED_MAX)]
        asked += len(some)
        together = await _search_together(search, request, some)
        answered = {one.view.dataset for one in together}
        alone, not_these = await _search_alone(search, request, [name for name in some if name not in answered])
        found += sorted((one for one in (*together, *alone) if one.total.value), key=lambda one: place[one.view.dataset])
        not_searched |= not_these
    last = min(asked, place[found[FOUND_MAX - 1].view.dataset] + 1) if len(found) >= FOUND_MAX else asked
    told = set(names[:last])
    return _Asked(
        [one for one in found if one.view.dataset in told],
        {name: why for name, why in not_searched.items() if name in told},
        names[last - 1] if last < len(names) else None,
    )


async def _search_together(search: RowSearch, request: RowsRequest, names: list[str]) -> list[_Found]:
    """Without those datasets that are to be asked by themselves."""
    async with autocommit(search.engine) as connection:
        views = list((await read_views(connection, names)).values())
    searches = await in_thread(_first_pages, search, request, views)
    pages = await search.index.search_many(searches)
    answered = [_Found(view, asked, page) for (view, asked), page in zip(searches, pages, strict=True) if page is not None]
    async with autocommit(search.engine) as connection:
        standing = await views_standing(connection, [found.view for found in answered])
    return [found for found in answered if found.view.dataset in standing]


def _first_pages(search: RowSearch, request: RowsRequest, views: list[View]) -> list[tuple[View, Search]]:
    asked = [(view, search.first_page(request, view)) for view in views]
    return [(view, one) for view, one in asked if one is not None]


def _shown(search: RowSearch, request: RowsRequest, titles: Mapping[str, str], best: list[_Found]) -> list[DatasetHits]:
    hits = []
    for found in best:
        rows = found.shown
        if rows is None:
            assert found.search is not None and found.page is not None
            rows = search.shown(request, found.view, found.search, found.page)
        link = f"/api/datasets/{quote(rows.dataset)}/rows?{urlencode({'q': request.q})}"
        title = titles[rows.dataset]
        hits.append(DatasetHits(dataset=rows.dataset, title=title, version=rows.version, total=rows.total, link=link, rows=rows.rows))
    return hits


async def _search_alone(search: RowSearch, request: RowsRequest, names: list[str]) -> tuple[list[_Found], dict[str, str]]:
    """And why a dataset was not searched. Raises `BadRequest`, `Unavailable`."""
    at_once = asyncio.Semaphore(SEARCHES_AT_ONCE)
    not_searched: dict[str, str] = {}

    async def look(name: str) -> _Found | None:
        async with at_once:
            try:
                snapshot, rows = await (await search.open(name, request)).read(partial(search.rows, request))
            except TooSlow as error:
                not_searched[name] = error.detail
                return None
            except NotFound:
                return None  # removed since the list was read
            return _Found(snapshot.view, None, None, rows)

    return [found for found in await asyncio.gather(*map(look, names)) if found is not None], not_searched
