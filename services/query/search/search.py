"""Search over one view: reads the request, asks the index for a page, and gives it the shape that goes out."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from backbone.catalog.datasets import read_view
from backbone.errors import BadRequest
from backbone.model import Column, View
from backbone.postgres.engine import autocommit
from backbone.query.ast import Node, Search
from backbone.search.port import FacetCount, Hit, Page
from backbone.wiring import Backbone
from services.query.responses import RowOut, Rows
from services.query.search.cursors import Cursor, decode_cursor, encode_cursor, fingerprint
from services.query.search.facets import find_bounds, parse_facets
from services.query.search.fields import parse_fields, project
from services.query.search.filters import parse_filter, parse_sort
from services.query.search.highlight import highlight
from services.query.search.query_language import parse_query


class RowsRequest(Struct, frozen=True, kw_only=True):
    """A search as it stands in the URL."""

    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 50
    cursor: str | None = None
    version: int | None = None
    highlight: bool = False
    facets: tuple[str, ...] = ()
    fields: str = ""
    exact_total: bool = False

    @property
    def fingerprint(self) -> str:
        """What a cursor belongs to: it goes on with this very search only."""
        return fingerprint(self.q, self.filters, self.sort)


class OpenSearch(Struct, frozen=True):
    """The view that answers come from, and the place in the search to go on from."""

    view: View
    cursor: Cursor | None


async def open_search(backbone: Backbone, dataset: str, request: RowsRequest) -> OpenSearch:
    """Raises `BadRequest`, `NotFound`, `Unavailable`."""
    settings = backbone.settings
    if not 0 < request.limit <= settings.page_size_max:
        raise BadRequest("bad-limit", f"limit must be 1 to {settings.page_size_max} (ROWMILL_PAGE_SIZE_MAX).")
    # The cursor brings its version along: all pages of a search are of one version, whatever is published meanwhile.
    cursor = _cursor(backbone, dataset, request)
    async with autocommit(backbone.engine) as connection:
        view = await read_view(connection, dataset, cursor.version if cursor else request.version)
    return OpenSearch(view, cursor)


async def search_rows(backbone: Backbone, opened: OpenSearch, request: RowsRequest) -> Rows:
    """Raises `BadRequest`, `NotFound`, `Unavailable`."""
    settings, view, cursor = backbone.settings, opened.view, opened.cursor
    node = parse_query(request.q, bytes_max=settings.query_bytes_max, clauses_max=settings.query_clauses_max)
    search = Search(
        text=node,
        filters=tuple(parse_filter(text, view.table.columns) for text in request.filters),
        sort=parse_sort(request.sort, view.table.columns),
        limit=request.limit,
        after=cursor.after if cursor else None,
        backward=cursor.backward if cursor else False,
        exact_total=request.exact_total,
    )
    fields = parse_fields(request.fields, view.table.columns)
    page = await backbone.index.search(view, search)
    return _answer(backbone, view, request, search, page, fields, await _facets(backbone, view, request, search))


async def _facets(backbone: Backbone, view: View, request: RowsRequest, search: Search) -> dict[str, list[FacetCount]] | None:
    """Counts over all that the search finds, whichever page is asked for."""
    if not request.facets:
        return None
    whole = msgspec.structs.replace(search, after=None, backward=False)
    facets = await find_bounds(backbone.index, view, whole, parse_facets(request.facets, view.table.columns))
    counts = await backbone.index.facets(view, whole, facets)
    return {facet.column.name: list(found) for facet, found in zip(facets, counts, strict=True)}


def _cursor(backbone: Backbone, dataset: str, request: RowsRequest) -> Cursor | None:
    if request.cursor is None:
        return None
    cursor = decode_cursor(backbone.cursor_key, request.cursor, dataset=dataset, search=request.fingerprint)
    if request.version not in (None, cursor.version):
        raise BadRequest("bad-cursor", f"This cursor goes on in version {cursor.version}, not {request.version}. Leave version= out.")
    return cursor


def _answer(
    backbone: Backbone,
    view: View,
    request: RowsRequest,
    search: Search,
    page: Page,
    fields: Sequence[Column],
    facets: dict[str, list[FacetCount]] | None,
) -> Rows:
    def cursor_at(hit: Hit, backward: bool) -> str:
        cursor = Cursor(view.version, hit.position, backward)
        return encode_cursor(backbone.cursor_key, dataset=view.dataset, search=request.fingerprint, cursor=cursor)

    # Where we came from there is a page; where we go there is one if the index says so.
    has_next = page.more or search.backward
    has_previous = page.more if search.backward else search.after is not None
    marks = search.text if request.highlight else None
    return Rows(
        dataset=view.dataset,
        version=view.version,
        total=page.total,
        next_cursor=cursor_at(page.hits[-1], False) if page.hits and has_next else None,
        previous_cursor=cursor_at(page.hits[0], True) if page.hits and has_previous else None,
        rows=[_row(view, hit, marks, fields) for hit in page.hits],
        facets=facets,
    )


def _row(view: View, hit: Hit, marks: Node | None, fields: Sequence[Column]) -> RowOut:
    values = hit.values if tuple(fields) == view.table.columns else project(hit.values, fields)
    found = None if marks is None else highlight(msgspec.json.decode(values), marks, fields)
    return RowOut(row=str(hit.row), values=values, score=hit.score, highlight=found)
