"""Search over one view: reads the request, asks the index for a page, and gives it the shape that goes out."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from backbone.adapters.database import transaction
from backbone.books.datasets import read_view
from backbone.errors import BadRequest
from backbone.model import View
from backbone.ports.search_index import Hit, Page
from backbone.query import Node, Search
from backbone.signed import seal, unseal
from backbone.wiring import Backbone
from services.query.filters import parse_filter, parse_sort
from services.query.highlight import highlight
from services.query.query_language import parse_query
from services.query.shapes import RowOut, Rows


class RowsRequest(Struct, frozen=True, kw_only=True):
    """A search as it stands in the URL."""

    q: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    limit: int = 50
    cursor: str | None = None
    version: int | None = None
    highlight: bool = False

    def bound(self, dataset: str) -> Sequence[Any]:
        """What a cursor belongs to: it goes on with this very search only."""
        return ("rows", dataset, self.q, self.filters, self.sort)


async def search_rows(backbone: Backbone, dataset: str, request: RowsRequest) -> Rows:
    """Raises `BadRequest`, `NotFound`, `Unavailable`."""
    settings = backbone.settings
    if not 0 < request.limit <= settings.page_size_max:
        raise BadRequest("bad-limit", f"limit must be 1 to {settings.page_size_max} (ROWMILL_PAGE_SIZE_MAX).")
    # The cursor brings its version along: all pages of a search are of one version, whatever is published meanwhile.
    version, after = (request.version, None) if request.cursor is None else _unseal(backbone, dataset, request)
    async with transaction(backbone.engine) as connection:
        view = await read_view(connection, dataset, version)
    node = parse_query(request.q, bytes_max=settings.query_bytes_max, clauses_max=settings.query_clauses_max)
    search = Search(
        text=node,
        filters=tuple(parse_filter(text, view.table.columns) for text in request.filters),
        sort=parse_sort(request.sort, view.table.columns),
        limit=request.limit,
        after=after,
    )
    return _answer(backbone, view, request, node, await backbone.index.search(view, search))


def _unseal(backbone: Backbone, dataset: str, request: RowsRequest) -> tuple[int, tuple[Any, ...]]:
    version, position = unseal(backbone.cursor_key, request.bound(dataset), request.cursor or "")
    if request.version not in (None, version):
        raise BadRequest("bad-cursor", f"This cursor goes on in version {version}, not {request.version}. Leave version= out, or start anew.")
    return int(version), tuple(position)


def _answer(backbone: Backbone, view: View, request: RowsRequest, node: Node | None, page: Page) -> Rows:
    marks = node if request.highlight else None
    token = None
    if page.more:
        token = seal(backbone.cursor_key, request.bound(view.dataset), [view.version, page.hits[-1].position])
    return Rows(
        dataset=view.dataset,
        version=view.version,
        total=page.total,
        next_cursor=token,
        rows=[_row(view, hit, marks) for hit in page.hits],
    )


def _row(view: View, hit: Hit, marks: Node | None) -> RowOut:
    found = None if marks is None else highlight(msgspec.json.decode(hit.values), marks, view.table.columns)
    return RowOut(row=str(hit.row), values=hit.values, score=hit.score, highlight=found)
