"""SearchIndex on Elasticsearch: one index a table, documents put by bulk as bytes, answers read without touching a digit."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import msgspec
import structlog
from cachetools import LRUCache
from elastic_transport import ConnectionError, ConnectionTimeout, Serializer, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.model import StoredRow, Table, View
from backbone.query.ast import Facet, Search
from backbone.query.typos import SimilarWord, similar_words
from backbone.runtime.batch_size import FIRST_LIMIT, next_limit
from backbone.search.elasticsearch.answers import Bulked, BulkedItems, Counted, Opened, Searched, SearchedMany
from backbone.search.elasticsearch.bulk import bulk_of_deletions, bulk_of_documents
from backbone.search.elasticsearch.exactness import Doubt, NotIndexed, doubt_body, doubts
from backbone.search.elasticsearch.facets import facets_body, read_facets
from backbone.search.elasticsearch.narrow import in_order_of, narrowed
from backbone.search.elasticsearch.query_dsl import index_body, is_position_in_rows, search_body
from backbone.search.elasticsearch.read_back import KEEP_ALIVE, block_body, range_query, read_block
from backbone.search.elasticsearch.read_page import read_page
from backbone.search.elasticsearch.refusals import (
    BAD_REQUEST,
    TOO_MANY_REQUESTS,
    Overloaded,
    QueryTooComplex,
    error_type,
    translated,
)
from backbone.search.elasticsearch.similar import candidates_body, counts_body, read_candidates, read_counts
from backbone.search.elasticsearch.visible import visible
from backbone.search.elasticsearch.word_lines import with_words
from backbone.search.port import FacetCount, Page, SearchIndex

OPEN: Final[Mapping[str, Any]] = MappingProxyType({})  # neither a password nor a CA of its own
REQUEST_TIMEOUT_S: Final = 30.0
BULK_TIMEOUT_S: Final = 120.0
BULK_ATTEMPTS_MAX: Final = 6  # while Elasticsearch answers 429, "slower please"
BACK_OFF_S: Final = 0.2
SEARCHES_AT_ONCE: Final = 100  # in one request
DOUBTS_KEPT_MAX: Final = 10_000
NARROWED_WITHIN_S: Final = 5.0
REASON_CHARACTERS: Final = 300
JSON_TYPE: Final = "application/vnd.elasticsearch+json"
NDJSON_TYPE: Final = "application/vnd.elasticsearch+x-ndjson"

log = structlog.get_logger()


class _Bytes(Serializer):
    """Hands answers over as they came: decoded by the library, a decimal of 20 digits would be a float."""

    def loads(self, data: bytes) -> bytes:
        return data

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else msgspec.json.encode(data)


class ElasticsearchIndex:
    """`prefix` keeps the indices of several installations on one cluster apart.

    What it has no fields for (filters and sorts by prose, or in wide tables) goes to `rows`, the index over the rows themselves; without
    one it is refused. There all searches of tables go that have no documents here, or not all of them yet.
    """

    keeps_documents = True

    def __init__(self, url: str, prefix: str, rows: SearchIndex | None = None, security: Mapping[str, Any] = OPEN) -> None:
        self._prefix = prefix
        self._rows = rows
        self._doubts: LRUCache[tuple[int, int, Doubt], bool] = LRUCache(DOUBTS_KEPT_MAX)
        # No retries inside: the consumers' loop and the clients of the API have their own policy, and two multiply.
        self._client = AsyncElasticsearch(
            url,
            request_timeout=REQUEST_TIMEOUT_S,
            max_retries=0,
            serializers={JSON_TYPE: _Bytes(), NDJSON_TYPE: _Bytes()},
            **security,
        )
        self._bulk_client = self._client.options(request_timeout=BULK_TIMEOUT_S)

    async def create(self, table: Table) -> None:
        try:
            await self._ask("PUT", self._path(table), index_body(table))
        except ApiError as error:
            if error_type(error) != "resource_already_exists_exception":
                raise
            # A later file may have brought columns. Nothing changes where it knows them all.
            await self._ask("PUT", self._path(table, "_mapping"), index_body(table)["mappings"])

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        return await self._send_patiently(table, bulk_of_documents(with_words(table, documents))) if documents else {}

    async def delete(self, table: Table, ids: bytes) -> None:
        if ids:
            await self._send_patiently(table, bulk_of_deletions(ids))

    async def refresh(self, table: Table) -> None:
        if table.takes_documents:
            await self._ask("POST", self._path(table, "_refresh"))

    async def count(self, view: View) -> int:
        if self._rows is not None and not view.table.takes_documents:
            return await self._rows.count(view)
        answer = await self._ask("POST", self._path(view.table, "_count"), {"query": {"bool": visible(view.version)}})
        return msgspec.json.decode(answer, type=Counted).count

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        if self._rows is not None and not table.takes_documents:
            return await self._rows.count_rows(table, first_row, last_row)
        answer = await self._ask("POST", self._path(table, "_count"), {"query": range_query(first_row, last_row)})
        return msgspec.json.decode(answer, type=Counted).count

    async def documents(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        opened = await self._ask("POST", self._path(table, f"_pit?keep_alive={KEEP_ALIVE}"))
        point = msgspec.json.decode(opened, type=Opened).id
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

    async def typos_within(self, view: View) -> int | None:
        return None

    async def optimize(self, table: Table, version: int) -> None:
        """Nothing to do: the engine merges its segments in the background by itself."""

    async def search(self, view: View, search: Search) -> Page:
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.search(view, search)
        if self._rows is not None and is_position_in_rows(search):
            return await self._rows.search(view, in_order_of(search, await self.narrow(view, search)))
        try:
            answer = await self._ask_exactly(view, search)
        except NotIndexed:
            if self._rows is None:
                raise
            return await self._rows.search(view, in_order_of(search, await self.narrow(view, search)))
        return read_page(view, search, msgspec.json.decode(answer, type=Searched).hits)

    async def search_many(self, searches: Sequence[tuple[View, Search]]) -> list[Page | None]:
        pages: list[Page | None] = [None] * len(searches)
        here = [number for number, (view, _) in enumerate(searches) if self._rows is None or view.table.has_documents]
        others = [number for number in range(len(searches)) if number not in set(here)]
        if self._rows is not None and others:
            found = await self._rows.search_many([searches[number] for number in others])
            for number, page in zip(others, found, strict=True):
                pages[number] = page
        asked = [(number, request) for number in here if (request := self._request(*searches[number])) is not None]
        for begin in range(0, len(asked), SEARCHES_AT_ONCE):
            some = asked[begin : begin + SEARCHES_AT_ONCE]
            answer = await self._ask("POST", "/_msearch", b"".join(request for _, request in some))
            for (number, _), answered in zip(some, msgspec.json.decode(answer, type=SearchedMany).responses, strict=True):
                pages[number] = None if answered.hits is None else read_page(*searches[number], answered.hits)
        return pages

    def _request(self, view: View, search: Search) -> bytes | None:
        """Two lines of a request of many searches; None for one that has to be looked at more closely."""
        try:
            if doubts(view.table, search):
                return None
            body = search_body(view, search)
        except (BadRequest, NotFound):
            return None
        header = {"index": f"{self._prefix}-{view.table.name}"}
        return b"".join(msgspec.json.encode(line) + b"\n" for line in (header, body))

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        if not facets:
            return []
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.facets(view, search, facets)
        try:
            answer = await self._ask_exactly(view, search, facets)
        except NotIndexed:
            if self._rows is None:
                raise
            return await self._rows.facets(view, await self.narrow(view, search), facets)
        return read_facets(facets, answer)

    async def similar_words(self, view: View, word: str, within_s: float | None = None) -> list[SimilarWord]:
        """Fast whatever there is: words are looked up where they are sorted, so `within_s` need not be watched."""
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.similar_words(view, word, within_s)
        try:
            return await self._similar_words(view, word)
        except (ApiError, QueryTooComplex) as error:
            if self._rows is None or (isinstance(error, ApiError) and error.status_code != BAD_REQUEST):
                raise
            log.warning("elasticsearch refused a suggestion", index=view.table.name, reason=str(error)[:REASON_CHARACTERS])
            return await self._rows.similar_words(view, word, within_s)

    async def drop(self, table: Table) -> None:
        try:
            await self._ask("DELETE", self._path(table))
        except NotFound:
            return

    async def check(self) -> None:
        await self._ask("GET", "/_cluster/health?timeout=5s")

    async def close(self) -> None:
        await self._client.close()

    async def _similar_words(self, view: View, word: str) -> list[SimilarWord]:
        path = self._path(view.table, "_search")
        candidates = read_candidates(word, await self._ask("POST", path, candidates_body(view, word)))
        return similar_words(word, read_counts(await self._ask("POST", path, counts_body(view, candidates))))

    async def _ask_exactly(self, view: View, search: Search, facets: Sequence[Facet] = ()) -> bytes:
        """Raises `NotIndexed` where one of the doubts is true, and where Elasticsearch refuses the request."""
        for doubt in doubts(view.table, search, facets):
            if await self._is_true(doubt, view):
                raise NotIndexed("column-not-indexed", f"Column {doubt.column} has {doubt.kind}.", column=doubt.column)
        body = facets_body(view, search, facets) if facets else search_body(view, search)
        try:
            return await self._ask("POST", self._path(view.table, "_search"), body)
        except ApiError as error:
            if error.status_code != BAD_REQUEST:
                raise
            log.warning("elasticsearch refused a search", index=view.table.name, reason=str(error)[:REASON_CHARACTERS])
            raise NotIndexed("column-not-indexed", "Elasticsearch cannot answer this.") from error

    async def narrow(self, view: View, search: Search) -> Search:
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.narrow(view, search)
        ask, is_exact = partial(self._ask, "POST", self._path(view.table, "_search")), partial(self._is_exact, view)
        try:
            return await asyncio.wait_for(narrowed(view, search, ask, is_exact), NARROWED_WITHIN_S)
        except NotIndexed:
            return search
        except (BadRequest, NotFound, Unavailable, TimeoutError, ApiError) as error:  # the rows can do without
            log.warning("elasticsearch did not narrow a search", index=view.table.name, reason=str(error)[:REASON_CHARACTERS])
            return search

    async def _is_exact(self, view: View, search: Search) -> bool:
        try:
            return not any([await self._is_true(doubt, view) for doubt in doubts(view.table, search)])
        except NotIndexed:
            return False

    async def _is_true(self, doubt: Doubt, view: View) -> bool:
        key = (view.table.id, view.version, doubt)
        known = self._doubts.get(key)
        if known is None:
            answer = await self._ask("POST", self._path(view.table, "_search"), doubt_body(view, doubt))
            known = self._doubts[key] = msgspec.json.decode(answer, type=Searched).hits.total.value > 0
        return known

    async def _send_patiently(self, table: Table, bulk: bytes) -> Mapping[str, str]:
        """Returns what was refused: document id to reason."""
        for attempt in range(BULK_ATTEMPTS_MAX - 1):
            try:
                return await self._send(table, bulk)
            except Overloaded:
                await asyncio.sleep(BACK_OFF_S * 2**attempt * random.uniform(0.5, 1.5))
        return await self._send(table, bulk)

    async def _send(self, table: Table, bulk: bytes) -> Mapping[str, str]:
        answer = await self._ask("POST", self._path(table, "_bulk?filter_path=errors"), bulk, client=self._bulk_client)
        if not msgspec.json.decode(answer, type=Bulked).errors:
            return {}
        # An answer for every item is longer than many a document. It is asked for when there is something in it: the same ids again.
        answer = await self._ask("POST", self._path(table, "_bulk"), bulk, client=self._bulk_client)
        done = [result for item in msgspec.json.decode(answer, type=BulkedItems).items for result in item.values()]
        if any(result.status == TOO_MANY_REQUESTS for result in done):
            raise Overloaded("elasticsearch", "its queue for writes is full")
        return {result.id: str(result.error) for result in done if result.error is not None}

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
            raise translated(error) from error
        return bytes(response.body)
