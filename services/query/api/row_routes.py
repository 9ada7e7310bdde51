"""Rows over HTTP: search with full text, filters, sort, facets and cursors."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from backbone.wiring import Backbone
from services.query.api.conditional_response import Asked, answer, parameters, unchanged
from services.query.api.dataset_routes import DATASETS, Version
from services.query.api.describe import Read
from services.query.api.etags import tag_of_view
from services.query.consistent_read import consistent_read
from services.query.responses import Rows
from services.query.search.search import RowsRequest, open_search, search_rows


def row_routes(backbone: Backbone) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/rows", operation_class=Read, tags=["rows"])
    async def get_rows(
        request: Asked,
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
        version: Version = None,
        facets: Annotated[
            list[str] | None,
            QueryParameter(name="facet", description="column, column:top:50, column:ranges or column:ranges:0,10,100. Repeatable."),
        ] = None,
        highlight: Annotated[bool, QueryParameter(description="Mark in the values what `q` found.")] = False,
        fields: Annotated[str, QueryParameter(description="Columns to bring, comma between, in this order; all when empty.")] = "",
        total: Annotated[
            Literal["bounded", "exact"], QueryParameter(description="`exact` counts on beyond 10,000, where else a lower bound is told.")
        ] = "bounded",
    ) -> Response[Rows]:
        """Search the rows of a dataset. Without `q` and `sort` in file order, with `q` by relevance. All pages are of one version."""
        asked = RowsRequest(
            q=q,
            filters=tuple(filters or ()),
            sort=sort,
            limit=limit,
            cursor=cursor,
            version=version,
            highlight=highlight,
            facets=tuple(facets or ()),
            fields=fields,
            exact_total=total == "exact",
        )
        opened = await open_search(backbone, name, asked)
        tag = tag_of_view(opened.view, ["rows", *parameters(request)])
        if (known := unchanged(request, tag)) is not None:
            return known
        opened, page = await consistent_read(
            backbone, opened, lambda: open_search(backbone, name, asked), lambda opened: search_rows(backbone, opened, asked)
        )
        tag = tag_of_view(opened.view, ["rows", *parameters(request)])
        content = msgspec.json.encode(page)
        return answer(request, content, tag, next_cursor=page.next_cursor, previous_cursor=page.previous_cursor)

    return [get_rows]
