"""Search over all datasets, over HTTP."""

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from backbone.wiring import Backbone
from services.query.api.conditional_response import Asked, answer_or_unchanged
from services.query.api.describe import Read
from services.query.responses import SearchedDatasets
from services.query.search.search_everywhere import search_everywhere


def search_routes(backbone: Backbone) -> list[ControllerRouterHandler]:
    @get("/api/search", operation_class=Read, tags=["rows"])
    async def search_datasets(
        request: Asked,
        q: Annotated[str, QueryParameter(description="As in `rows`.")],
        datasets: Annotated[int, QueryParameter(ge=1, le=100, description="How many datasets to look into.")] = 20,
        limit: Annotated[int, QueryParameter(ge=1, le=20, description="Rows of each dataset.")] = 3,
        cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the answer before: further datasets.")] = None,
    ) -> Response[SearchedDatasets]:
        """Search all datasets, by name: the first rows found in each, with a link to the whole search there."""
        found = await search_everywhere(backbone, q, datasets=datasets, hits=limit, cursor=cursor)
        return answer_or_unchanged(request, found, next_cursor=found.next_cursor)

    return [search_datasets]
