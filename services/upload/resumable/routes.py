"""Files in pieces over HTTP, by tus 1.0 with creation, termination, checksum and expiration. Any pod takes any piece.

The API's description does not tell of them: tus is a protocol of headers with a page of its own, and any of its clients speaks it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import uuid_utils
from litestar import HttpMethod, Request, Response, delete, get, patch, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backbone.catalog.resumables import Resumable, create_resumable, read_resumable
from backbone.catalog.usage import check_usage
from backbone.errors import BadRequest, Conflict, Rejected, Unavailable
from backbone.http.problems import on_http, on_rejected, on_unavailable
from backbone.postgres.engine import transaction
from services.upload.options import read_options
from services.upload.receive.admission import key_limits, receiving_limit, receiving_limit_per_key
from services.upload.receive.body import check_sees, read_query, stream_body
from services.upload.receive.pace import pace_of, paced
from services.upload.receive.receive import Receiver
from services.upload.resumable.finish import Finisher
from services.upload.resumable.pieces import take_pieces
from services.upload.resumable.protocol import (
    ALGORITHMS,
    EXTENSIONS,
    VERSION,
    Gone,
    check_version,
    http_date,
    read_checksum,
    read_metadata,
    read_offset,
    read_size,
)

RESUMABLE: Final = "/api/resumable"
ONE: Final = RESUMABLE + "/{resumable_id:str}"
SPEAKS: Final = {"Tus-Resumable": VERSION}
NOT_KEPT: Final = {"Cache-Control": "no-store"}

Asked = Request[Any, Any, Any]


class ResumableOut(Struct, frozen=True, kw_only=True):
    """`received_bytes` is where to go on; `upload` is what was made of the file, once all of it had come."""

    id: str
    size_bytes: int
    received_bytes: int
    upload: str | None
    expires_at: datetime


def _in_tus(answer: Response[Any]) -> Response[Any]:
    answer.headers.update({**SPEAKS, "Tus-Version": VERSION})
    return answer


TUS_ERRORS: Final[Any] = {
    Rejected: lambda request, error: _in_tus(on_rejected(request, error)),
    Unavailable: lambda request, error: _in_tus(on_unavailable(request, error)),
    HTTPException: lambda request, error: _in_tus(on_http(request, error)),
}


def resumable_routes(receiver: Receiver, finisher: Finisher) -> list[ControllerRouterHandler]:
    # The framework makes an OPTIONS of its own for whatever has none when it is registered.
    return [_telling(receiver.settings.file_bytes_max), *_beginning(receiver, finisher), *_going_on(receiver, finisher)]


def _telling(size_bytes_max: int) -> HTTPRouteHandler:
    async def options() -> Response[None]:
        headers = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(size_bytes_max)}
        return Response(
            None, status_code=204, headers={**SPEAKS, **headers, "Tus-Checksum-Algorithm": ",".join(ALGORITHMS), "Allow": "OPTIONS, POST"}
        )

    return HTTPRouteHandler(RESUMABLE, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)(options)


def _beginning(receiver: Receiver, finisher: Finisher) -> list[ControllerRouterHandler]:
    settings = receiver.settings

    @post(RESUMABLE, status_code=201, reads_its_query=True, exception_handlers=TUS_ERRORS, include_in_schema=False)
    async def create_resumable_upload(request: Asked) -> Response[ResumableOut]:
        """Begin to send a file in pieces, by tus 1.0 (any of its clients does). The options of an upload stand in `Upload-Metadata`, or in
        the URL. `Location` is where the pieces go; the last one makes an upload of them."""
        check_version(request.headers)
        size_bytes = read_size(request.headers, settings.file_bytes_max)
        metadata = request.headers.get("upload-metadata", "")
        given = _together(read_metadata(metadata), read_query(request.url.query))
        options = read_options(given)  # what cannot be obeyed is refused before the file is sent
        check_sees(options.dataset_name)
        resumable_id = str(uuid_utils.uuid7())
        async with transaction(receiver.engine) as connection:
            await check_usage(connection, key_limits(settings), options.dataset_name, hold=options.hold)
            await create_resumable(connection, resumable_id, size_bytes, metadata, given)
            resumable = await read_resumable(connection, resumable_id, settings.resumable_kept_s)
        if size_bytes == 0:
            await finisher.finish(resumable_id, resumable_id)
        return _answer(resumable, settings.resumable_kept_s, 201, {"Location": f"{RESUMABLE}/{resumable_id}"})

    return [create_resumable_upload]


def _together(metadata: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    if twice := sorted(name for name in metadata.keys() & query.keys() if metadata[name] != query[name]):
        raise BadRequest("option-twice", f"Upload-Metadata and the URL say different things of {', '.join(twice)}. Say it once.")
    return {**metadata, **query}


def _going_on(receiver: Receiver, finisher: Finisher) -> list[ControllerRouterHandler]:
    engine, files, kept_s = receiver.engine, receiver.files, receiver.settings.resumable_kept_s
    limit = receiving_limit(receiver.settings.receiving_max)
    own_limit = receiving_limit_per_key(receiver.settings.receiving_per_key_max)
    pace = pace_of(receiver.settings)

    async def read(request: Asked, resumable_id: str) -> Resumable:
        check_version(request.headers)
        async with transaction(engine) as connection:
            resumable = await read_resumable(connection, resumable_id, kept_s)
        if resumable.is_expired:
            raise Gone("resumable-expired", f"File {resumable_id} was not gone on with for {kept_s} s, and is forgotten. Begin again.")
        return resumable

    @get(ONE, exception_handlers=TUS_ERRORS, include_in_schema=False)
    async def get_resumable_upload(request: Asked, resumable_id: FromPath[str]) -> Response[ResumableOut]:
        """How much of the file has come (as HEAD, by tus, in `Upload-Offset`), and the upload that was made of it."""
        return _answer(await read(request, resumable_id), kept_s, 200)

    @patch(ONE, status_code=204, request_max_body_size=None, exception_handlers=TUS_ERRORS, include_in_schema=False)
    async def send_piece(request: Asked, resumable_id: FromPath[str]) -> Response[None]:
        """Send the next piece of any length. What came of it is kept, even if the line breaks. The last one is answered when the file is
        scanned, as by `POST /api/uploads`; `Content-Location` is its upload."""
        resumable = await read(request, resumable_id)
        offset, checksum = read_offset(request.headers), read_checksum(request.headers)
        if offset != resumable.received_bytes:
            detail = f"File {resumable_id} ends at byte {resumable.received_bytes}, not {offset}. Go on there."
            raise Conflict("wrong-offset", detail, offset=resumable.received_bytes)
        upload_id = resumable.upload_id
        with limit.take(), own_limit.take():
            received = await take_pieces(engine, files, resumable, paced(stream_body(request), pace), checksum)
            if received == resumable.size_bytes and not resumable.is_whole:
                upload_id = (await finisher.finish(resumable_id, resumable_id)).id
        resumable = await read(request, resumable_id)
        headers = {"Content-Location": f"/api/uploads/{upload_id}"} if upload_id else {}
        return Response(None, status_code=204, headers={**_headers(resumable, kept_s), **headers})

    @delete(ONE, status_code=204, exception_handlers=TUS_ERRORS, include_in_schema=False)
    async def stop_resumable_upload(request: Asked, resumable_id: FromPath[str]) -> Response[None]:
        """Forget the file and its pieces. An upload that was made of it stays."""
        await finisher.forget((await read(request, resumable_id)).id)
        return Response(None, status_code=204, headers=SPEAKS)

    return [get_resumable_upload, send_piece, stop_resumable_upload]


def _answer(resumable: Resumable, kept_s: float, status: int, more: Mapping[str, str] | None = None) -> Response[ResumableOut]:
    body = ResumableOut(
        id=resumable.id,
        size_bytes=resumable.size_bytes,
        received_bytes=resumable.received_bytes,
        upload=resumable.upload_id,
        expires_at=resumable.touched_at + timedelta(seconds=kept_s),
    )
    return Response(
        body, status_code=status, headers={**_headers(resumable, kept_s), "Upload-Length": str(resumable.size_bytes), **(more or {})}
    )


def _headers(resumable: Resumable, kept_s: float) -> dict[str, str]:
    expires = resumable.touched_at + timedelta(seconds=kept_s)
    headers = {**SPEAKS, **NOT_KEPT, "Upload-Offset": str(resumable.received_bytes), "Upload-Expires": http_date(expires)}
    return {**headers, "Upload-Metadata": resumable.metadata} if resumable.metadata else headers
