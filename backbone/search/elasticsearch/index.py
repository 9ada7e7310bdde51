"""SearchIndex on Elasticsearch: one index a table, documents put by bulk as bytes, answers read without touching a digit."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final

import msgspec
from elastic_transport import ConnectionError, ConnectionTimeout, Serializer, TransportError
from elasticsearch import ApiError, AsyncElasticsearch
from msgspec import Struct

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.model import StoredRow, Table, View
from backbone.query.ast import Facet, Search
from backbone.runtime.batch_size import FIRST_LIMIT, next_limit
from backbone.search.elasticsearch.bulk import bulk_of_deletions, bulk_of_documents
from backbone.search.elasticsearch.facets import facets_body, read_facets
from backbone.search.elasticsearch.fill_nulls import fill_nulls
from backbone.search.elasticsearch.query_dsl import NotIndexed, index_body, is_backward, search_body, visible
from backbone.search.elasticsearch.read_back import KEEP_ALIVE, block_body, range_query, read_block
from backbone.search.port import FacetCount, Hit, Page, SearchIndex, Total

REQUEST_TIMEOUT_S: Final = 30.0
BULK_TIMEOUT_S: Final = 120.0
BULK_ATTEMPTS_MAX: Final = 6  # while Elasticsearch answers 429, "slower please"
BACK_OFF_S: Final = 0.2
TOO_MANY_REQUESTS: Final = 429
IS_AWAY: Final = (TOO_MANY_REQUESTS, 502, 503, 504)
JSON_TYPE: Final = "application/vnd.elasticsearch+json"
NDJSON_TYPE: Final = "application/vnd.elasticsearch+x-ndjson"


class _Busy(Unavailable):
    """429: not away, only not now."""


class _Bytes(Serializer):
    """Hands answers over as they came: decoded by the library, a decimal of 20 digits would be a float."""

    def loads(self, data: bytes) -> bytes:
        return data

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else msgspec.json.encode(data)


class _Source(Struct):
    values: msgspec.Raw


class _Found(Struct, rename={"source": "_source", "score": "_score", "id": "_id"}):
    source: _Source
    sort: tuple[str | int | float | bool | None, ...]
    id: str
    score: float | None = None


class _Hits(Struct):
    hits: list[_Found]
    total: Total


class _Searched(Struct):
    hits: _Hits


class _Counted(Struct):
    count: int


class _Opened(Struct):
    id: str


class _Refusal(Struct):
    type: str = ""
    reason: str | None = None


class _Done(Struct, rename={"id": "_id"}):
    id: str
    status: int
    error: _Refusal | None = None


class _Bulked(Struct):
    errors: bool


class _BulkedItems(Struct):
    items: list[dict[str, _Done]]


class ElasticsearchIndex:
    """`prefix` keeps the indices of several installations on one cluster apart.

    What it has no fields for (filters and sorts by prose, or in wide tables) goes to `rows`, the index over the rows themselves; without
    one it is refused.
    """

    keeps_documents = True

    def __init__(self, url: str, prefix: str, rows: SearchIndex | None = None) -> None:
        self._prefix = prefix
        self._rows = rows
        # No retries inside: the consumers' loop and the clients of the API have their own policy, and two multiply.
        self._client = AsyncElasticsearch(
            url,
            request_timeout=REQUEST_TIMEOUT_S,
            max_retries=0,
            serializers={JSON_TYPE: _Bytes(), NDJSON_TYPE: _Bytes()},
        )
        self._bulk_client = self._client.options(request_timeout=BULK_TIMEOUT_S)

    async def create(self, table: Table) -> None:
        try:
            await self._ask("PUT", self._path(table), index_body(table))
        except ApiError as error:
            if _error_type(error) != "resource_already_exists_exception":
                raise
            # A later file may have brought columns. Nothing changes where it knows them all.
            await self._ask("PUT", self._path(table, "_mapping"), index_body(table)["mappings"])

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        return await self._send_patiently(table, bulk_of_documents(documents)) if documents else {}

    async def delete(self, table: Table, ids: bytes) -> None:
        if ids:
            await self._send_patiently(table, bulk_of_deletions(ids))

    async def refresh(self, table: Table) -> None:
        await self._ask("POST", self._path(table, "_refresh"))

    async def count(self, view: View) -> int:
        answer = await self._ask("POST", self._path(view.table, "_count"), {"query": {"bool": visible(view.version)}})
        return msgspec.json.decode(answer, type=_Counted).count

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        answer = await self._ask("POST", self._path(table, "_count"), {"query": range_query(first_row, last_row)})
        return msgspec.json.decode(answer, type=_Counted).count

    async def documents(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        opened = await self._ask("POST", self._path(table, f"_pit?keep_alive={KEEP_ALIVE}"))
        point = msgspec.json.decode(opened, type=_Opened).id
        limit, after = FIRST_LIMIT, None
        try:
            while True:
                block = read_block(await self._ask("POST", "/_search", block_body(point, first_row, last_row, limit, after)))
                if not block.rows:
                    return
                yield block.rows
                point, after, limit = block.point, block.after, next_limit(limit, block.size_bytes)
        finally:
            await self._ask("DELETE", "/_pit", {"id": point})

    async def optimize(self, table: Table) -> None:
        """Nothing to do: the engine merges its segments in the background by itself."""

    async def search(self, view: View, search: Search) -> Page:
        try:
            body = search_body(view, search)
        except NotIndexed:
            if self._rows is None:
                raise
            return await self._rows.search(view, search)
        answer = await self._ask("POST", self._path(view.table, "_search"), body)
        answered = msgspec.json.decode(answer, type=_Searched).hits
        hits = tuple(
            Hit(row=int(hit.id), values=fill_nulls(hit.source.values, view.table.columns), position=hit.sort, score=hit.score)
            for hit in answered.hits[: search.limit]
        )
        if is_backward(search):
            hits = hits[::-1]
        return Page(hits=hits, total=answered.total, more=len(answered.hits) > search.limit)

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        if not facets:
            return []
        try:
            body = facets_body(view, search, facets)
        except NotIndexed:
            if self._rows is None:
                raise
            return await self._rows.facets(view, search, facets)
        return read_facets(facets, await self._ask("POST", self._path(view.table, "_search"), body))

    async def drop(self, table: Table) -> None:
        try:
            await self._ask("DELETE", self._path(table))
        except NotFound:
            return

    async def check(self) -> None:
        await self._ask("GET", "/_cluster/health?timeout=5s")

    async def close(self) -> None:
        await self._client.close()

    async def _send_patiently(self, table: Table, bulk: bytes) -> Mapping[str, str]:
        """Returns what was refused: document id to reason."""
        for attempt in range(BULK_ATTEMPTS_MAX - 1):
            try:
                return await self._send(table, bulk)
            except _Busy:
                await asyncio.sleep(BACK_OFF_S * 2**attempt * random.uniform(0.5, 1.5))
        return await self._send(table, bulk)

    async def _send(self, table: Table, bulk: bytes) -> Mapping[str, str]:
        answer = await self._ask("POST", self._path(table, "_bulk?filter_path=errors"), bulk, client=self._bulk_client)
        if not msgspec.json.decode(answer, type=_Bulked).errors:
            return {}
        # An answer for every item is longer than many a document. It is asked for when there is something in it: the same ids again.
        answer = await self._ask("POST", self._path(table, "_bulk"), bulk, client=self._bulk_client)
        done = [result for item in msgspec.json.decode(answer, type=_BulkedItems).items for result in item.values()]
        if any(result.status == TOO_MANY_REQUESTS for result in done):
            raise _Busy("elasticsearch", "its queue for writes is full")
        return {result.id: _reason(result.error) for result in done if result.error is not None}

    def _path(self, table: Table, action: str = "") -> str:
        return f"/{self._prefix}-{table.name}" + (f"/{action}" if action else "")

    async def _ask(self, method: str, path: str, body: Any = None, client: AsyncElasticsearch | None = None) -> bytes:
        content_type = NDJSON_TYPE if isinstance(body, bytes) else JSON_TYPE
        headers = {"accept": JSON_TYPE} | ({} if body is None else {"content-type": content_type})
        try:
            response = await (client or self._client).perform_request(method, path, headers=headers, body=body)
        except (ConnectionError, ConnectionTimeout) as error:
            raise Unavailable("elasticsearch", str(error)) from error
        except TransportError as error:
            raise Unavailable("elasticsearch", f"the answer was no answer: {error}") from error
        except ApiError as error:
            raise _translated(error) from error
        return bytes(response.body)


def _translated(error: ApiError) -> Exception:
    kind = _error_type(error)
    if kind == "index_not_found_exception":
        return NotFound("no-index", "There is no search index for this dataset.")
    if kind in ("too_many_clauses", "too_many_nested_clauses", "too_complex_to_determinize_exception"):
        return BadRequest("query-too-complex", "Elasticsearch finds this query too complex. Use fewer or longer words.")
    if error.status_code in IS_AWAY:
        return (_Busy if error.status_code == TOO_MANY_REQUESTS else Unavailable)("elasticsearch", f"{error.status_code} {kind}")
    return error


class _ErrorCause(Struct):
    type: str = ""
    root_cause: list[_Refusal] = []


class _ErrorBody(Struct):
    error: _ErrorCause


def _error_type(error: ApiError) -> str:
    """Of the root cause where there is one: a search that failed on its shards says so, not why."""
    try:
        cause = msgspec.json.decode(error.body, type=_ErrorBody).error
    except (msgspec.DecodeError, TypeError):
        return ""
    return cause.root_cause[0].type if cause.root_cause else cause.type


def _reason(refusal: _Refusal) -> str:
    return f"{refusal.type}: {refusal.reason or 'no reason given'}"
