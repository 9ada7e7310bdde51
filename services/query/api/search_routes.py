"""Search over all datasets, over HTTP."""

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from services.query.api.conditional_response import Asked, answer_or_unchanged
from services.query.api.describe import Read
from services.query.responses import SearchedDatasets
from services.query.search.integer_texts import DESCRIPTION, Integers
from services.query.search.search import RowSearch
from services.query.search.search_everywhere import search_everywhere


def search_routes(search: RowSearch) -> list[ControllerRouterHandler]:
    @get("/api/search", operation_class=Read, tags=["rows"])
    async def search_datasets(
        request: Asked,
        q: Annotated[str, QueryParameter(description="As in `rows`.")],
        datasets: Annotated[str, QueryParameter(description="Only these: names, and beginnings of names with `*`: `orders,shop-*`.")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=20, description="Rows of each dataset.")] = 3,
        cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the answer before: further datasets.")] = None,
        integers: Annotated[Integers, QueryParameter(description=DESCRIPTION)] = "number",
    ) -> Response[SearchedDatasets]:
        """Search all datasets in one go: how many rows were found in each, and its first rows, the best dataset first."""
        page = await search_everywhere(search, q, named=datasets, hits=limit, cursor=cursor, integers=integers)
        return answer_or_unchanged(request, page, next_cursor=page.next_cursor)

    return [search_datasets]
