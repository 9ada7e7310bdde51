"""One query over all datasets: the first hits of each that has any, and a link to the whole search there."""

import asyncio
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import RowMapping

from backbone.catalog.datasets import list_datasets
from backbone.errors import BadRequest, NotFound
from backbone.postgres.engine import transaction
from backbone.runtime.signed_tokens import seal, unseal
from backbone.wiring import Backbone
from services.query.consistent_read import consistent_read
from services.query.responses import DatasetHits, SearchedDatasets
from services.query.search.search import RowsRequest, open_search, search_rows

SEARCHES_AT_ONCE: Final = 4  # fewer than the connections of a process: other readers want some too


async def search_everywhere(backbone: Backbone, q: str, *, datasets: int, hits: int, cursor: str | None) -> SearchedDatasets:
    """Looks into the next `datasets` datasets by name. Raises `BadRequest`, `Unavailable`."""
    if not q.strip():
        raise BadRequest("query-syntax", "q is empty: say what to search for, for example q=teapot.", character=1)
    bound = ("search", q)
    after = "" if cursor is None else unseal(backbone.cursor_key, bound, cursor)
    async with transaction(backbone.engine) as connection:
        found = await list_datasets(connection, limit=datasets + 1, after=after)
    page = found[:datasets]
    room = asyncio.Semaphore(SEARCHES_AT_ONCE)

    async def look(dataset: RowMapping) -> DatasetHits | None:
        async with room:
            return await _hits(backbone, dataset, RowsRequest(q=q, limit=hits, highlight=True))

    looks = await asyncio.gather(*(look(dataset) for dataset in page if dataset["version"]))
    return SearchedDatasets(
        q=q,
        searched=len(page),
        datasets=[each for each in looks if each is not None],
        next_cursor=seal(backbone.cursor_key, bound, page[-1]["name"]) if len(found) > datasets else None,
    )


async def _hits(backbone: Backbone, dataset: RowMapping, request: RowsRequest) -> DatasetHits | None:
    try:
        opened = await open_search(backbone, dataset["name"], request)
        opened, page = await consistent_read(
            backbone,
            opened,
            lambda: open_search(backbone, dataset["name"], request),
            lambda opened: search_rows(backbone, opened, request),
        )
    except NotFound:
        return None  # removed since the list was read
    if not page.rows:
        return None
    return DatasetHits(
        dataset=page.dataset,
        title=dataset["title"],
        version=page.version,
        total=page.total,
        link=f"/api/datasets/{quote(page.dataset)}/rows?{urlencode({'q': request.q})}",
        rows=page.rows,
    )
