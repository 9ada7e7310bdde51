"""SearchIndex on Elasticsearch: one index a table, documents put by bulk as bytes, answers read without touching a digit."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
import structlog
from cachetools import LRUCache
from elasticsearch import ApiError

from backbone.errors import BadRequest, NotFound, Unavailable
from backbone.model import StoredRow, Table, View
from backbone.query.ast import Facet, Search
from backbone.query.typos import SimilarWord, similar_words
from backbone.runtime.batch_size import FIRST_LIMIT, next_limit
from backbone.search.elasticsearch.answers import Counted, Opened, Refreshed, Searched, SearchedMany
from backbone.search.elasticsearch.bulk import bulk_of_deletions, bulk_of_documents
from backbone.search.elasticsearch.exactness import Doubt, NotIndexed, doubt_body, doubts
from backbone.search.elasticsearch.facets import Counts, count_facets
from backbone.search.elasticsearch.narrow import in_order_of, narrowed
from backbone.search.elasticsearch.query_dsl import index_body, is_position_in_rows, search_body
from backbone.search.elasticsearch.read_back import KEEP_ALIVE, block_body, range_query, read_block
from backbone.search.elasticsearch.read_page import read_page
from backbone.search.elasticsearch.refusals import BAD_REQUEST, QueryTooComplex, error_type
from backbone.search.elasticsearch.requests import OPEN, Requests
from backbone.search.elasticsearch.similar import candidates_body, counts_body, read_candidates, read_counts
from backbone.search.elasticsearch.visible import visible
from backbone.search.elasticsearch.word_lines import PARTS, with_words, without_codes
from backbone.search.port import FacetCount, Page, SearchIndex

SEARCHES_AT_ONCE: Final = 100  # in one request
DOUBTS_KEPT_MAX: Final = 10_000
NARROWED_WITHIN_S: Final = 5.0
REASON_CHARACTERS: Final = 300
# Of an index with several shards Elasticsearch would answer what it has found, though one of them is away.
WHOLE: Final = "allow_partial_search_results=false"
SEARCH: Final = f"_search?{WHOLE}"

log = structlog.get_logger()

T = TypeVar("T", bound=Refreshed)


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
        self._joins_nothing: LRUCache[int, bool] = LRUCache(DOUBTS_KEPT_MAX)  # tables whose index has no analyzer of codes
        self._requests = Requests(url, security)
        self._ask = self._requests.ask

    async def create(self, table: Table) -> None:
        try:
            await self._ask("PUT", self._path(table), index_body(table))
        except ApiError as error:
            if error_type(error) != "resource_already_exists_exception":
                raise
            await self._widen(table)

    async def _widen(self, table: Table) -> None:
        """A later file may have brought columns. Nothing changes where the index knows them all."""
        path = self._path(table, "_mapping")
        try:
            await self._ask("PUT", path, index_body(table)["mappings"])
        except ApiError as error:
            if "analyzer [codes]" not in str(error):
                raise
            # A pod of an older version has made it.
            self._joins_nothing[table.id] = True
            await self._ask("PUT", path, index_body(table, PARTS)["mappings"])

    async def put(self, table: Table, documents: bytes) -> Mapping[str, str]:
        if not documents:
            return {}
        worded = with_words(without_codes(table) if table.id in self._joins_nothing else table, documents)
        return await self._requests.send(self._path(table), bulk_of_documents(worded))

    async def delete(self, table: Table, ids: bytes) -> None:
        if ids:
            await self._requests.send(self._path(table), bulk_of_deletions(ids))

    async def refresh(self, table: Table) -> None:
        if table.takes_documents:
            await self._ask_all_shards(table, "_refresh", None, Refreshed)

    async def count(self, view: View) -> int:
        if self._rows is not None and not view.table.takes_documents:
            return await self._rows.count(view)
        return await self._count(view.table, {"bool": visible(view.version)})

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int:
        if self._rows is not None and not table.takes_documents:
            return await self._rows.count_rows(table, first_row, last_row)
        return await self._count(table, range_query(first_row, last_row))

    async def documents(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        opened = await self._ask("POST", self._path(table, f"_pit?keep_alive={KEEP_ALIVE}"))
        point = msgspec.json.decode(opened, type=Opened).id
        limit, after = FIRST_LIMIT, None
        try:
            while True:
                block = read_block(await self._ask("POST", f"/{SEARCH}", block_body(point, first_row, last_row, limit, after)))
                if not block.rows:
                    return
                yield block.rows
                point, after, limit = block.point, block.after, next_limit(limit, block.size_bytes)
        finally:
            await self._ask("DELETE", "/_pit", {"id": point})

    async def typos_within(self, view: View) -> int | None:
        return None

    async def optimize(self, table: Table, version: int, *, in_background: bool = False) -> None:
        """Nothing to do: the engine merges its segments in the background by itself."""

    async def search(self, view: View, search: Search) -> Page:
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.search(view, search)
        if self._rows is not None and is_position_in_rows(search):
            return await self._rows.search(view, in_order_of(search, await self.narrow(view, search)))
        try:
            await self._check(view, search)
            answer = await self._ask_search(view, search_body(view, search))
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
        header = {"index": f"{self._prefix}-{view.table.name}", "allow_partial_search_results": False}
        return b"".join(msgspec.json.encode(line) + b"\n" for line in (header, body))

    async def facets(self, view: View, search: Search, facets: Sequence[Facet]) -> list[tuple[FacetCount, ...]]:
        if not facets:
            return []
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.facets(view, search, facets)
        counts: Sequence[Counts | None] = [None] * len(facets)
        try:
            await self._check(view, search, facets)
            counts = await count_facets(view, search, facets, partial(self._ask_search, view))
        except NotIndexed:
            if self._rows is None:
                raise
        return await self._counted_in_rows(view, search, facets, counts)

    async def _counted_in_rows(self, view: View, search: Search, facets: Sequence[Facet], counts: Sequence[Counts | None]) -> list[Counts]:
        """With those that are not known yet."""
        open_ = [facet for facet, known in zip(facets, counts, strict=True) if known is None]
        if open_ and self._rows is None:
            raise NotIndexed("column-not-indexed", "The shards of the index do not tell which values are the most frequent.")
        found = await self._rows.facets(view, await self.narrow(view, search), open_) if open_ and self._rows is not None else []
        others = iter(found)
        return [next(others) if known is None else known for known in counts]

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
        await self._requests.close()

    async def _similar_words(self, view: View, word: str) -> list[SimilarWord]:
        path = self._path(view.table, SEARCH)
        candidates = read_candidates(word, await self._ask("POST", path, candidates_body(view, word)))
        return similar_words(word, read_counts(await self._ask("POST", path, counts_body(view, candidates))))

    async def _check(self, view: View, search: Search, facets: Sequence[Facet] = ()) -> None:
        """Raises `NotIndexed` where one of the doubts is true."""
        for doubt in doubts(view.table, search, facets):
            if await self._is_true(doubt, view):
                raise NotIndexed("column-not-indexed", f"Column {doubt.column} has {doubt.kind}.", column=doubt.column)

    async def _ask_search(self, view: View, body: Any) -> bytes:
        """Raises `NotIndexed` where Elasticsearch refuses the request."""
        try:
            return await self._ask("POST", self._path(view.table, SEARCH), body)
        except ApiError as error:
            if error.status_code != BAD_REQUEST:
                raise
            log.warning("elasticsearch refused a search", index=view.table.name, reason=str(error)[:REASON_CHARACTERS])
            raise NotIndexed("column-not-indexed", "Elasticsearch cannot answer this.") from error

    async def narrow(self, view: View, search: Search) -> Search:
        if self._rows is not None and not view.table.has_documents:
            return await self._rows.narrow(view, search)
        ask, is_exact = partial(self._ask, "POST", self._path(view.table, SEARCH)), partial(self._is_exact, view)
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
            answer = await self._ask("POST", self._path(view.table, SEARCH), doubt_body(view, doubt))
            known = self._doubts[key] = msgspec.json.decode(answer, type=Searched).hits.total.value > 0
        return known

    async def _count(self, table: Table, query: Any) -> int:
        return (await self._ask_all_shards(table, "_count", {"query": query}, Counted)).count

    async def _ask_all_shards(self, table: Table, action: str, body: Any, kind: type[T]) -> T:
        """Where Elasticsearch cannot be told to answer as a whole only."""
        answered = msgspec.json.decode(await self._ask("POST", self._path(table, action), body), type=kind)
        if answered.shards.failed:
            raise Unavailable("elasticsearch", f"{answered.shards.failed} shards of {table.name} do not answer")
        return answered

    def _path(self, table: Table, action: str = "") -> str:
        return f"/{self._prefix}-{table.name}" + (f"/{action}" if action else "")
