"""Rows over HTTP: search with full text, filters, sort and cursors; export of a whole version."""

from typing import Annotated, Literal

import msgspec
from litestar import MediaType, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from backbone.wiring import Backbone
from services.query.dataset_routes import DATASETS
from services.query.export import csv_of, open_view
from services.query.search import RowsRequest, search_rows
from services.query.shapes import Rows


def row_routes(backbone: Backbone) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/rows", tags=["rows"])
    async def get_rows(
        name: FromPath[str],
        q: Annotated[str, QueryParameter(description='Words that must all occur, "a phrase", -not, this OR that, prefix*.')] = "",
        filters: Annotated[
            list[str] | None,
            QueryParameter(
                name="filter", description="column:op:value; eq, ne, lt, lte, gt, gte, in, prefix, exists, contains. Repeatable."
            ),
        ] = None,
        sort: Annotated[str, QueryParameter(description="Columns, comma between; `-price,name`. Nulls come last.")] = "",
        limit: Annotated[int, QueryParameter(description="Rows on a page.")] = 50,
        cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
        version: Annotated[int | None, QueryParameter(ge=1, description="The dataset as of this version.")] = None,
        facets: Annotated[
            list[str] | None,
            QueryParameter(name="facet", description="column, column:top:50, column:ranges or column:ranges:0,10,100. Repeatable."),
        ] = None,
        highlight: Annotated[bool, QueryParameter(description="Mark in the values what `q` found.")] = False,
    ) -> Response[Rows]:
        """Search the rows of a dataset. Without `q` and `sort` in file order, with `q` by relevance. All pages are of one version."""
        request = RowsRequest(
            q=q,
            filters=tuple(filters or ()),
            sort=sort,
            limit=limit,
            cursor=cursor,
            version=version,
            highlight=highlight,
            facets=tuple(facets or ()),
        )
        page = await search_rows(backbone, name, request)
        # Encoded here: the values are JSON already, and must go out with every digit they came with.
        return Response(msgspec.json.encode(page), media_type=MediaType.JSON)  # type: ignore[arg-type]

    @get(DATASETS + "/{name:str}/export", tags=["rows"])
    async def export_rows(
        name: FromPath[str],
        format: Annotated[Literal["csv"], QueryParameter(description="csv")] = "csv",
        version: Annotated[int | None, QueryParameter(ge=1, description="The dataset as of this version.")] = None,
    ) -> Stream:
        """All rows of one version as CSV, in file order, value for value as they stood in the file."""
        view = await open_view(backbone, name, version)
        headers = {"Content-Disposition": f'attachment; filename="{name}-v{view.version}.csv"'}
        return Stream(csv_of(backbone, view), media_type="text/csv; charset=utf-8", headers=headers)

    return [get_rows, export_rows]
