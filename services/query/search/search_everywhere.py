"""One query over all datasets: how many rows each has, the first of them, the best dataset first, and a link to the whole search there."""

import asyncio
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import RowMapping

from backbone.catalog.datasets import list_datasets
from backbone.errors import BadRequest, NotFound
from backbone.postgres.engine import transaction
from backbone.runtime.principal import ALL, asking
from backbone.runtime.signed_tokens import seal, unseal
from services.query.responses import DatasetHits, SearchedDatasets
from services.query.search.integer_texts import Integers
from services.query.search.long_pages import PAGE_BYTES_MAX
from services.query.search.search import RowSearch, RowsRequest

SEARCHES_AT_ONCE: Final = 4  # fewer than the connections of a process: other readers want some too
DATASETS_MAX: Final = 1_000  # searched for one answer; a cursor leads to further ones
SHOWN_MAX: Final = 100  # datasets with their first rows; of the others the answer has the counts
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
    async with transaction(search.engine) as connection:
        listed = await list_datasets(connection, limit=DATASETS_MAX + 1, after=after, seen=asking().datasets, named=_patterns(named))
    page = listed[:DATASETS_MAX]
    at_once = asyncio.Semaphore(SEARCHES_AT_ONCE)
    bytes_max = min(max(PAGE_BYTES_MAX // max(len(page), 1), SHOWN_BYTES_MIN), SHOWN_BYTES_MAX)
    not_searched: dict[str, str] = {}

    async def look(dataset: RowMapping) -> DatasetHits | None:
        async with at_once:
            try:
                return await _hits(
                    search, dataset, RowsRequest(q=q, limit=hits, highlight=True, suggest=False, bytes_max=bytes_max, integers=integers)
                )
            except NotFound as error:
                if error.code == "index-outdated":
                    not_searched[dataset["name"]] = error.detail
                return None  # else: removed since the list was read

    hits_of_each = [there for there in await asyncio.gather(*(look(dataset) for dataset in page if dataset["version"])) if there]
    best_first = sorted(hits_of_each, key=lambda there: (-(there.rows[0].score or 0) if there.rows else 0, there.dataset))
    return SearchedDatasets(
        q=q,
        searched=len(page) - len(not_searched),
        counts={there.dataset: there.total for there in best_first},
        datasets=best_first[:SHOWN_MAX],
        not_searched=not_searched,
        next_cursor=seal(search.cursor_key, bound, page[-1]["name"]) if len(listed) > DATASETS_MAX else None,
    )


def _patterns(named: str) -> tuple[str, ...]:
    """Raises `BadRequest`."""
    patterns = tuple(pattern.strip() for pattern in named.split(",")) if named else (ALL,)
    if len(patterns) > PATTERNS_MAX or any(not pattern or ALL in pattern[:-1] for pattern in patterns):
        raise BadRequest(
            "bad-datasets", f"datasets takes names and beginnings of names, comma between, at most {PATTERNS_MAX}: datasets=orders,shop-*."
        )
    return patterns


async def _hits(search: RowSearch, dataset: RowMapping, request: RowsRequest) -> DatasetHits | None:
    """None where nothing is found. Raises `NotFound`, `Unavailable`."""
    snapshot = await search.open(dataset["name"], request)
    _, page = await snapshot.read(partial(search.rows, request))
    if not page.total.value:  # rows that are too long to be shown here are counted all the same
        return None
    return DatasetHits(
        dataset=page.dataset,
        title=dataset["title"],
        version=page.version,
        total=page.total,
        link=f"/api/datasets/{quote(page.dataset)}/rows?{urlencode({'q': request.q})}",
        rows=page.rows,
    )
