"""The body of an upload request as the file's bytes, whichever way they came: raw, chunked or as a form."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import InternalServerException

from backbone.errors import BadRequest, Rejected
from services.upload.options import UploadOptions, read_options
from services.upload.receive.multipart_body import boundary_of, file_part


async def open_body(request: Request[Any, Any, Any]) -> tuple[UploadOptions, AsyncIterator[bytes]]:
    """The options from the URL and the form, and the file's bytes still to come. Raises `BadRequest`."""
    given = read_query(request.url.query)
    boundary = boundary_of(request.headers.get("content-type", ""))
    if boundary is None:
        return read_options(given), _stream(request)

    def on_file(name: str) -> None:
        given.setdefault("file_name", name)

    parts = file_part(_stream(request), boundary, given.__setitem__, on_file)
    first = await anext(parts, b"")  # the options of the form are known once its file has begun
    return read_options(given), _chain(first, parts)


def read_query(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs):
        raise BadRequest("option-twice", "An option stands twice in the URL. Each may be given once.")
    return given


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for block in rest:
        yield block


async def _stream(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    size_bytes = 0
    try:
        async for block in request.stream():
            size_bytes += len(block)
            yield block
    except InternalServerException:  # Litestar's word for a client that hung up, or sent less than its Content-Length
        detail = f"The body ended after {size_bytes} bytes, before all of it had come. Nothing was kept: send the file again."
        raise Rejected("body-cut-off", detail) from None
