"""Search over one view: reads the request, asks the index for a page, and gives it the shape that goes out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import BadRequest
from backbone.metrics import SEARCH_SECONDS
from backbone.model import Column, View
from backbone.query.ast import Condition, Node, Search
from backbone.rows.places import RowPlaces
from backbone.runtime.threads import in_thread
from backbone.search.port import FacetCount, Hit, Page, SearchIndex
from backbone.settings import Settings
from services.query.responses import Answer, Note, RowOut, Rows
from services.query.search.cursors import Cursor, check_ranking, decode_cursor, encode_cursor, fingerprint, ranking_of
from services.query.search.facets import find_bounds, parse_facets
from services.query.search.fields import parse_fields, project
from services.query.search.filters import parse_condition, parse_sort
from services.query.search.highlight import Attention, highlight
from services.query.search.integer_texts import Integers, facet_with_integer_texts, integer_names, with_integer_texts
from services.query.search.long_pages import PAGE_BYTES_MAX, LongPages, may_be_long
from services.query.search.notes import note_on_typos, notes_on_filters, notes_on_order
from services.query.search.query_language import parse_query
from services.query.search.typos import SUGGESTIONS_MAX, corrections, with_typos
from services.query.snapshot import Snapshot
from services.query.walks import Walks

BEHIND_ALL_ROWS: Final = 2**63 - 1


class RowsRequest(Struct, frozen=True, kw_only=True):
    """A search as it stands in the URL."""

    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 50
    cursor: str | None = None
    offset: int = 0
    version: int | None = None
    highlight: bool = False
    facets: tuple[str, ...] = ()
    fields: str = ""
    exact_total: bool = False
    fuzzy: bool = False
    suggest: bool = True  # other words, where nothing is found
    integers: Integers = "number"
    bytes_max: int | None = None  # of the values on a page, strictly; None: `PAGE_BYTES_MAX`, but at least one row

    @property
    def fingerprint(self) -> str:
        """What a cursor belongs to: it goes on with this very search only."""
        return fingerprint(self.q, self.filters, self.sort, self.fuzzy)


@dataclass(frozen=True)
class RowSearch:
    """What searches stand on: the catalog's engine, the index, the key that signs cursors, and the limits of a request."""

    engine: AsyncEngine
    index: SearchIndex
    cursor_key: bytes
    places: RowPlaces
    limits: Settings
    walks: Walks
    long_pages: LongPages

    async def open(self, dataset: str, request: RowsRequest) -> Snapshot:
        """The version to search in: the cursor's, the one that was asked for, or the published one. Raises `BadRequest`, `NotFound`,
        `Unavailable`."""
        if not 0 < request.limit <= self.limits.page_size_max:
            raise BadRequest("bad-limit", f"limit must be 1 to {self.limits.page_size_max} (ROWMILL_PAGE_SIZE_MAX).")
        if request.offset and (request.q or request.sort or request.cursor):
            raise BadRequest("bad-offset", "offset counts rows in file order. Leave q, sort and cursor out, or go on by cursor alone.")
        # The cursor brings its version along: all pages of a search are of one version, whatever is published meanwhile.
        cursor = _cursor(self.cursor_key, dataset, request)
        return await (self.walks.go_on(dataset, cursor.version) if cursor else Snapshot.open(self.engine, dataset, request.version))

    async def rows(self, request: RowsRequest, view: View) -> Rows:
        """One page of a version. Raises `BadRequest`, `NotFound`, `Unavailable`."""
        cursor = _cursor(self.cursor_key, view.dataset, request)
        # Asked before the words are looked for: meanwhile a vocabulary may come to be, of which the answer knows nothing.
        within = await self.index.typos_within(view) if request.fuzzy else None
        if cursor is not None:
            check_ranking(cursor, view.table, within)
        filters = tuple(parse_condition(text, view.table.columns) for text in request.filters)
        text = self._parsed(request.q, view)
        if request.fuzzy and text is not None:
            text = await with_typos(self.index, view, text)
        search = Search(
            text=text,
            filters=filters,
            sort=parse_sort(request.sort, view.table.columns),
            limit=request.limit,
            after=cursor.after if cursor else None,
            backward=cursor.backward if cursor else False,
            first_row=await self._first_row(view, filters, request.offset),
            exact_total=request.exact_total,
        )
        fields = parse_fields(request.fields, view.table.columns)
        page = await self._page(view, search, fields, request.bytes_max)
        facets = await _facets(self.index, view, request, search) if request.facets else None
        if request.suggest and text is not None and not page.hits and page.total.value == 0:
            suggestions = await self._suggestions(view, request.q, search)
            return structs.replace(_to_rows(self.cursor_key, view, request, search, page, fields, facets, within), suggestions=suggestions)
        if not request.highlight:
            return _to_rows(self.cursor_key, view, request, search, page, fields, facets, within)
        # A thread: looking through a page of long texts takes a second, and others are waiting meanwhile.
        return await in_thread(_to_rows, self.cursor_key, view, request, search, page, fields, facets, within)

    def first_page(self, request: RowsRequest, view: View) -> Search | None:
        """A plain search without a cursor, for an index that is asked many at a time; None where the rows may be too long for that. Raises
        `BadRequest`."""
        fields = parse_fields(request.fields, view.table.columns)
        if may_be_long(view, fields, request.limit + 1, request.bytes_max or PAGE_BYTES_MAX):
            return None
        return Search(text=self._parsed(request.q, view), limit=request.limit)

    def shown(self, request: RowsRequest, view: View, search: Search, page: Page) -> Rows:
        """The page of such a search, as `rows` answers it."""
        return _to_rows(self.cursor_key, view, request, search, page, parse_fields(request.fields, view.table.columns), None, None)

    async def _page(self, view: View, search: Search, fields: Sequence[Column], bytes_max: int | None) -> Page:
        is_long = may_be_long(view, fields, search.limit + 1)
        if is_long and bytes_max is None:
            await self.long_pages.take_turn()
        with SEARCH_SECONDS.labels("search").time():
            page = await self.index.search(view, structs.replace(search, is_keys_only=is_long))
            return await self.long_pages.fill(page, view, search, fields, bytes_max) if is_long else page

    def _parsed(self, q: str, view: View) -> Node | None:
        return parse_query(
            q,
            bytes_max=self.limits.query_bytes_max,
            clauses_max=self.limits.query_clauses_max,
            columns=view.table.columns,
            language=view.table.language,
        )

    async def _suggestions(self, view: View, q: str, search: Search) -> list[str]:
        """Queries like this one that do find rows, under the same filters."""
        assert search.text is not None
        suggestions: list[str] = []
        for corrected in await corrections(self.index, view, q, search.text):
            text = self._parsed(corrected, view)
            if (await self.index.search(view, Search(text=text, filters=search.filters, limit=1))).hits:
                suggestions.append(corrected)
            if len(suggestions) == SUGGESTIONS_MAX:
                break
        return suggestions

    async def _typo_notes(self, view: View) -> list[Note]:
        """Where not all rows were looked through for words that may be meant."""
        within = await self.index.typos_within(view)
        is_all = within is None or await self.places.row_at(view, (), within) is None
        return [] if within is None or is_all else [note_on_typos(within)]

    async def _first_row(self, view: View, filters: tuple[Condition, ...], offset: int) -> int | None:
        """Where a page begins that has `offset` rows before it; behind all rows where there are not so many."""
        if not offset:
            return None
        row = await self.places.row_at(view, filters, offset)
        return BEHIND_ALL_ROWS if row is None else row

    async def page(self, request: RowsRequest, view: View) -> Answer:
        """As `rows`, ready to go out."""
        notes = await self._typo_notes(view) if request.fuzzy and request.q else []
        page = await self.rows(request, view)
        page = structs.replace(page, notes=page.notes + notes)
        if page.next_cursor is not None and request.cursor is None:
            await self.walks.begin(view)
        return Answer(msgspec.json.encode(page), page.next_cursor, page.previous_cursor)


async def _facets(index: SearchIndex, view: View, request: RowsRequest, search: Search) -> dict[str, list[FacetCount]]:
    """Counts over all that the search finds, whichever page is asked for."""
    whole = msgspec.structs.replace(search, after=None, backward=False, first_row=None)
    facets = await find_bounds(index, view, whole, parse_facets(request.facets, view.table.columns))
    with SEARCH_SECONDS.labels("facets").time():
        counts = await index.facets(view, whole, facets)
    as_text = integer_names(view.table.columns) if request.integers == "string" else frozenset()
    return {
        facet.column.name: facet_with_integer_texts(of_facet) if facet.column.name in as_text else list(of_facet)
        for facet, of_facet in zip(facets, counts, strict=True)
    }


def _cursor(key: bytes, dataset: str, request: RowsRequest) -> Cursor | None:
    if request.cursor is None:
        return None
    cursor = decode_cursor(key, request.cursor, dataset=dataset, search=request.fingerprint)
    if request.version not in (None, cursor.version):
        raise BadRequest("bad-cursor", f"This cursor goes on in version {cursor.version}, not {request.version}. Leave version= out.")
    return cursor


def _to_rows(
    key: bytes,
    view: View,
    request: RowsRequest,
    search: Search,
    page: Page,
    fields: Sequence[Column],
    facets: dict[str, list[FacetCount]] | None,
    typos_within: int | None,
) -> Rows:
    def cursor_at(hit: Hit, backward: bool) -> str:
        cursor = Cursor(view.version, hit.position, backward, ranking)
        return encode_cursor(key, dataset=view.dataset, search=request.fingerprint, cursor=cursor)

    ranking = ranking_of(view.table, typos_within) if search.text is not None and (request.fuzzy or not search.sort) else ""
    # Where we came from there is a page; where we go there is one if the index says so.
    has_next = page.more or search.backward
    has_previous = page.more if search.backward else search.after is not None or search.first_row is not None
    marks = search.text if request.highlight else None
    attention = Attention()
    as_text = integer_names(fields) if request.integers == "string" else frozenset()
    return Rows(
        dataset=view.dataset,
        version=view.version,
        total=page.total,
        next_cursor=cursor_at(page.hits[-1], False) if page.hits and has_next else None,
        previous_cursor=cursor_at(page.hits[0], True) if page.hits and has_previous else None,
        rows=[_row(view, hit, marks, fields, attention, as_text) for hit in page.hits],
        facets=facets,
        notes=notes_on_filters(search.filters) + notes_on_order(search.sort, [hit.values for hit in page.hits]),
    )


def _row(view: View, hit: Hit, marks: Node | None, fields: Sequence[Column], attention: Attention, as_text: Collection[str]) -> RowOut:
    values = hit.values if tuple(fields) == view.table.columns else project(hit.values, fields)
    highlighted = None if marks is None else highlight(msgspec.json.decode(values), marks, fields, attention)
    return RowOut(row=str(hit.row), values=with_integer_texts(values, as_text), score=hit.score, highlight=highlighted)
