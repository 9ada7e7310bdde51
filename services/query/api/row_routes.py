"""Rows over HTTP: search with full text, filters, sort, facets and cursors."""

from functools import partial
from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from services.query.api.conditional_response import Asked, answer_from
from services.query.api.dataset_routes import DATASETS, FILTER, SORT, Version
from services.query.api.describe import Read
from services.query.responses import Rows
from services.query.search.integer_texts import DESCRIPTION, Integers
from services.query.search.search import RowSearch, RowsRequest

LIMIT = "Rows on a page. It has fewer, and a `next_cursor`, where they are so long that it would be longer than 8 MiB."
FACET = (
    "column, column:top:50, column:ranges or column:ranges:0,10,100. Repeatable. Of very long values only the first ones, 256 KiB of them."
)


def row_routes(search: RowSearch) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/rows", operation_class=Read, tags=["rows"])
    async def get_rows(
        request: Asked,
        name: FromPath[str],
        q: Annotated[str, QueryParameter(description='Words that must all occur, "a phrase", -not, this OR that, prefix*.')] = "",
        filters: Annotated[
            list[str] | None,
            QueryParameter(name="filter", description=FILTER),
        ] = None,
        sort: Annotated[str, QueryParameter(description=SORT)] = "",
        limit: Annotated[int, QueryParameter(description=LIMIT, schema_extra={"minimum": 1, "maximum": search.limits.page_size_max})] = 50,
        cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
        offset: Annotated[
            int, QueryParameter(ge=0, le=2**53 - 1, description="Rows before the page, in file order: without `q`, `sort` and `cursor`.")
        ] = 0,
        version: Version = None,
        facets: Annotated[
            list[str] | None,
            QueryParameter(name="facet", description=FACET),
        ] = None,
        highlight: Annotated[bool, QueryParameter(description="Mark in the values what `q` found.")] = False,
        fields: Annotated[str, QueryParameter(description="Columns to bring, comma between, in this order; all when empty.")] = "",
        fuzzy: Annotated[
            bool, QueryParameter(description="Words of the dataset that are words of `q` mistyped are found too, behind all others.")
        ] = False,
        total: Annotated[
            Literal["bounded", "exact"], QueryParameter(description="`exact` counts on beyond 10,000, where else a lower bound is told.")
        ] = "bounded",
        integers: Annotated[Integers, QueryParameter(description=DESCRIPTION)] = "number",
    ) -> Response[Rows]:
        """Search the rows of a dataset. Without `q` and `sort` in file order, with `q` by relevance. All pages are of one version."""
        asked = RowsRequest(
            q=q,
            filters=tuple(filters or ()),
            sort=sort,
            limit=limit,
            cursor=cursor,
            offset=offset,
            version=version,
            highlight=highlight,
            facets=tuple(facets or ()),
            fields=fields,
            exact_total=total == "exact",
            fuzzy=fuzzy,
            integers=integers,
        )
        snapshot = await search.open(name, asked)
        kind = f"rows within {await search.index.typos_within(snapshot.view)}" if fuzzy else "rows"
        return await answer_from(snapshot, request, kind, partial(search.page, asked))

    return [get_rows]
