"""One row over HTTP, with its origin and its history."""

from typing import Annotated

import msgspec
from litestar import MediaType, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from backbone.wiring import Backbone
from services.query.dataset_routes import DATASETS
from services.query.row_origin import read_row
from services.query.shapes import OneRow


def row_origin_routes(backbone: Backbone) -> list[ControllerRouterHandler]:
    @get(DATASETS + "/{name:str}/rows/{row:str}", tags=["rows"])
    async def get_row(
        name: FromPath[str],
        row: FromPath[str],
        version: Annotated[int | None, QueryParameter(ge=1, description="Whether it is visible in this version.")] = None,
    ) -> Response[OneRow]:
        """One row: its values, the file, record and line it came from, and every row that its key had in the versions that are kept."""
        found = await read_row(backbone, name, row, version)
        # Encoded here: the values are JSON already, and must go out with every digit they came with.
        return Response(msgspec.json.encode(found), media_type=MediaType.JSON)  # type: ignore[arg-type]

    return [get_row]
