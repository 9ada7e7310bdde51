"""Groups over HTTP."""

from functools import partial
from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from services.query.api.conditional_response import Asked, answer_from
from services.query.api.dataset_routes import DATASETS, FILTER, Version
from services.query.api.describe import Read
from services.query.groups.groups import GroupsRequest, RowGrouping
from services.query.responses import Groups
from services.query.search.integer_texts import DESCRIPTION, Integers


def group_routes(grouping: RowGrouping) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/groups", operation_class=Read, tags=["rows"])
    async def get_groups(
        request: Asked,
        name: FromPath[str],
        by: Annotated[str, QueryParameter(description="Columns, comma between; none makes one group of all rows.")] = "",
        agg: Annotated[
            str, QueryParameter(description="`count`, `count:column`, `sum:`, `avg:`, `min:`, `max:column`, comma between.")
        ] = "",
        q: Annotated[str, QueryParameter(description="Only rows that this query finds.")] = "",
        filters: Annotated[list[str] | None, QueryParameter(name="filter", description=FILTER)] = None,
        sort: Annotated[str, QueryParameter(description="Columns grouped by, and aggregates: `-count,name`, `sum_price`.")] = "",
        limit: Annotated[
            int, QueryParameter(description="Groups on a page.", schema_extra={"minimum": 1, "maximum": grouping.limits.page_size_max})
        ] = 50,
        cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
        version: Version = None,
        integers: Annotated[Integers, QueryParameter(description=DESCRIPTION)] = "number",
    ) -> Response[Groups]:
        """Group the rows of a dataset and aggregate each group, exactly, to the last digit."""
        asked = GroupsRequest(
            by=by,
            aggregates=agg,
            q=q,
            filters=tuple(filters or ()),
            sort=sort,
            limit=limit,
            cursor=cursor,
            version=version,
            integers=integers,
        )
        return await answer_from(await grouping.open(name, asked), request, "groups", partial(grouping.page, asked))

    return [get_groups]
