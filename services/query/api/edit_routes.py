"""Rows added, changed and deleted over HTTP, one or some thousands at a time: each batch is an upload, so it is a version, can be undone,
and says what it did."""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, delete, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from backbone.columns.titles import split_titles
from backbone.errors import BadRequest
from backbone.http.idempotency_key import read_key
from backbone.http.upload_answer import Upload
from backbone.model import Mode
from services.query.api.dataset_routes import DATASETS
from services.query.editing.apply import Editing
from services.query.editing.edit import ROW, Asked
from services.query.editing.gather import Gatherer
from services.query.editing.json_rows import BODY_BYTES_MAX, ROWS_MAX, read_rows
from services.query.editing.wait import WAIT_S_MAX, has_ended, refuse_outdated, wait_for_end, wait_s, wanted_version

ROWS: Final = DATASETS + "/{name:str}/rows"
SMALL_BYTES_MAX: Final = 64 * 1024
KEY: Final = "Titles or names of the columns that name a row, comma between."
WAIT: Final = "Seconds to wait for readers to see it; then the answer is 200 with the upload as it ended. `Prefer: wait=` says the same."
Key = Annotated[str, QueryParameter(description=KEY)]
Wait = Annotated[float | None, QueryParameter(ge=0, le=WAIT_S_MAX, description=WAIT)]
ENDED: Final = ResponseSpec(data_container=Upload, description="The upload has ended, or is held, within the time to wait.")

_VALUE: Final = Schema(type=[OpenAPIType.STRING, OpenAPIType.NUMBER, OpenAPIType.BOOLEAN, OpenAPIType.NULL])
_ROW_SCHEMA: Final = Schema(
    type=OpenAPIType.OBJECT, additional_properties=_VALUE, description=f"Values by column; `{ROW}` is a row's number."
)


@dataclass
class RowsBody(Operation):
    def __post_init__(self) -> None:
        many = Schema(type=OpenAPIType.ARRAY, items=_ROW_SCHEMA, min_items=1, max_items=ROWS_MAX)
        content = {"application/json": OpenAPIMediaType(schema=Schema(one_of=[_ROW_SCHEMA, many]))}
        self.request_body = RequestBody(content=content, required=True, description=f"One row, or some: at most {ROWS_MAX}.")
        text = Schema(type=OpenAPIType.STRING)
        if_match = 'The number of the version that the dataset must have, as `"7"`; else 412, and nothing is done.'
        self.parameters = [
            *(self.parameters or []),
            Parameter(name="If-Match", param_in="header", description=if_match, schema=text, required=False),
            Parameter(name="Idempotency-Key", param_in="header", description="As of an upload.", schema=text, required=False),
        ]


def edit_routes(editing: Editing, gatherer: Gatherer) -> list[ControllerRouterHandler]:
    described: dict[str, Any] = {
        "status_code": 202,
        "responses": {200: ENDED},
        "operation_class": RowsBody,
        "request_max_body_size": BODY_BYTES_MAX + 1024,
        "tags": ["rows"],
    }

    @post(ROWS, operation_id="add_rows", **described)
    async def add_rows(
        request: Request[Any, Any, Any],
        name: FromPath[str],
        mode: Annotated[Literal["append", "upsert"], QueryParameter(description="`upsert` goes by `key`.")] = "append",
        key: Key = "",
        wait: Wait = None,
    ) -> Response[Upload]:
        """Add rows: an object of JSON, or an array of them, column to value. Numbers keep every digit, null is no value, and "" an empty
        text. With `mode=upsert` a row whose key is there already replaces that one, but for the columns that it does not name."""
        if (mode == "upsert") != bool(key):
            raise BadRequest("bad-option", "mode=upsert needs key=, the columns that name a row, and mode=append has none.")
        return await _answer(editing, gatherer, request, name, mode, key, wait)

    @patch(ROWS, operation_id="change_rows", **described)
    async def change_rows(request: Request[Any, Any, Any], name: FromPath[str], key: Key = "", wait: Wait = None) -> Response[Upload]:
        """Change values of rows that are there: named by the columns of `key`, or each by `_row`, its number as readers see it. Columns that
        are left out keep their values. `missing` counts the rows of which there was none."""
        return await _answer(editing, gatherer, request, name, "update", key, wait)

    @delete(ROWS, operation_id="delete_rows", **described)
    async def delete_rows(request: Request[Any, Any, Any], name: FromPath[str], key: Key = "", wait: Wait = None) -> Response[Upload]:
        """Delete rows: named by the columns of `key`, or each by `_row`. `deleted` counts those that went, `missing` the rows of which there
        was none."""
        return await _answer(editing, gatherer, request, name, "delete", key, wait)

    return [add_rows, change_rows, delete_rows]


def _is_large(request: Request[Any, Any, Any]) -> bool:
    """Many bodies that are may come at once only as files may; one of unknown length is taken for one."""
    length = request.headers.get("content-length", "")
    return not length.isdigit() or int(length) > SMALL_BYTES_MAX


async def _answer(
    editing: Editing, gatherer: Gatherer, request: Request[Any, Any, Any], dataset: str, mode: Mode, key: str, wait: float | None
) -> Response[Upload]:
    version, own_key = wanted_version(request.headers.get("if-match")), read_key(request.headers)
    seconds = wait_s(wait, request.headers.get("prefer", ""))
    asked = Asked(dataset=dataset, mode=mode, key=tuple(split_titles(key)), version=version)
    with editing.large.take() if _is_large(request) else nullcontext():
        edit = await editing.make(asked, await asyncio.to_thread(read_rows, await request.body()))
    upload = await gatherer.submit(edit, partial(editing.apply, key=own_key), alone=version is not None or own_key is not None)
    if seconds:
        upload = await wait_for_end(editing.engine, upload, seconds)
    refuse_outdated(upload)
    location = {"Location": f"/api/uploads/{upload.id}"}
    if not has_ended(upload) or not seconds:
        return Response(upload, headers=location)
    return Response(upload, status_code=200, headers=location)
