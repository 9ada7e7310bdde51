"""One row over HTTP, with its origin and its history."""

from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from services.query.api.conditional_response import Asked, answer_or_unchanged
from services.query.api.dataset_routes import DATASETS, Version
from services.query.api.describe import Read
from services.query.origin.row_origin import RowOrigins
from services.query.responses import OneRow
from services.query.search.integer_texts import DESCRIPTION, Integers


def row_origin_routes(origins: RowOrigins) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/rows/{row:str}", operation_class=Read, tags=["rows"])
    async def get_row(
        request: Asked,
        name: FromPath[str],
        row: FromPath[str],
        version: Version = None,
        integers: Annotated[Integers, QueryParameter(description=DESCRIPTION)] = "number",
    ) -> Response[OneRow]:
        """One row: its values, the file, record and line it came from, and every row that its key had in the versions that are kept."""
        return answer_or_unchanged(request, await origins.read(name, row, version, integers))

    return [get_row]
