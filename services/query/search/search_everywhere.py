"""One query over all datasets: the first hits of each that has any, and a link to the whole search there."""

import asyncio
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import RowMapping

from backbone.catalog.datasets import list_datasets
from backbone.errors import BadRequest, NotFound
from backbone.postgres.engine import transaction
from backbone.runtime.principal import asking
from backbone.runtime.signed_tokens import seal, unseal
from services.query.responses import DatasetHits, SearchedDatasets
from services.query.search.search import RowSearch, RowsRequest

SEARCHES_AT_ONCE: Final = 4  # fewer than the connections of a process: other readers want some too


async def search_everywhere(search: RowSearch, q: str, *, datasets: int, hits: int, cursor: str | None) -> SearchedDatasets:
    """Looks into the next `datasets` datasets by name. Raises `BadRequest`, `Unavailable`."""
    if not q.strip():
        raise BadRequest("query-syntax", "q is empty: say what to search for, for example q=teapot.", character=1)
    bound = ("search", q)
    after = "" if cursor is None else unseal(search.cursor_key, bound, cursor)
    async with transaction(search.engine) as connection:
        listed = await list_datasets(connection, limit=datasets + 1, after=after, seen=asking().datasets)
    page = listed[:datasets]
    at_once = asyncio.Semaphore(SEARCHES_AT_ONCE)

    async def look(dataset: RowMapping) -> DatasetHits | None:
        async with at_once:
            return await _hits(search, dataset, RowsRequest(q=q, limit=hits, highlight=True))

    hits_of_each = await asyncio.gather(*(look(dataset) for dataset in page if dataset["version"]))
    return SearchedDatasets(
        q=q,
        searched=len(page),
        datasets=[hits_there for hits_there in hits_of_each if hits_there is not None],
        next_cursor=seal(search.cursor_key, bound, page[-1]["name"]) if len(listed) > datasets else None,
    )


async def _hits(search: RowSearch, dataset: RowMapping, request: RowsRequest) -> DatasetHits | None:
    try:
        snapshot = await search.open(dataset["name"], request)
        _, page = await snapshot.read(partial(search.rows, request))
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
