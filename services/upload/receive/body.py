"""The body of an upload request as the file's bytes, whichever way they came: raw, chunked or as a form."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import InternalServerException

from backbone.catalog.datasets import no_such_dataset
from backbone.errors import BadRequest, Rejected, TooLarge
from backbone.runtime.principal import asking
from services.upload.options import UploadOptions, read_options
from services.upload.receive.multipart_body import boundary_of, file_part
from services.upload.receive.pace import Pace, paced
from services.upload.receive.stated import check_content_encoding, stated_options

FORM_OF_FIELDS: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 1024 * 1024  # around the file, in a form
LINE_BYTES_LOOKED_AT: Final = 64 * 1024


async def open_body(request: Request[Any, Any, Any], pace: Pace, bytes_max: int) -> tuple[UploadOptions, AsyncIterator[bytes]]:
    """The options from the URL and the form, and the file's bytes still to come. Raises `BadRequest`, `TooLarge` for a body that is announced
    with more than `bytes_max`, `NotFound` for a dataset that is not for whoever asks, and `Rejected` for a client that does not keep up the
    pace, before the file has begun as behind it."""
    _check_announced(request.headers.get("content-length", ""), bytes_max)
    options, body = await _open(request, pace)
    check_sees(options.dataset_name)
    return options, body


def _check_announced(length: str, bytes_max: int) -> None:
    if length.isascii() and length.isdigit() and int(length) > bytes_max + FORM_BYTES_MAX:
        raise TooLarge("file-too-large", f"The file is larger than {bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit.")


def check_sees(dataset: str) -> None:
    """Raises `NotFound` for one that is not for whoever asks, whether or not there is one of this name."""
    if not asking().sees(dataset):
        raise no_such_dataset(dataset)


async def _open(request: Request[Any, Any, Any], pace: Pace) -> tuple[UploadOptions, AsyncIterator[bytes]]:
    sent = read_query(request.url.query)
    content_type = request.headers.get("content-type", "")
    check_content_encoding(request.headers.get("content-encoding", ""))
    boundary = boundary_of(content_type)
    if boundary is None:
        body = paced(stream_body(request), pace)
        options = read_options({**stated_options(content_type), **sent})
        return options, _with_line_ends(body) if content_type.startswith(FORM_OF_FIELDS) else body

    def on_file(name: str, its_type: str) -> None:
        sent.setdefault("file_name", name)
        for option, value in stated_options(its_type).items():
            sent.setdefault(option, value)

    parts = file_part(paced(stream_body(request), pace), boundary, sent.__setitem__, on_file)
    first = await anext(parts, b"")  # the options of the form are known once its file has begun
    return read_options(sent), _chain(first, parts)


def read_query(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    sent = dict(pairs)
    if len(sent) < len(pairs):
        raise BadRequest("option-twice", "An option stands twice in the URL. Each may be given once.")
    return sent


async def _with_line_ends(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """`curl -d @file` sends this type, and takes all line ends out; `--data-binary` sends it too, and leaves them."""
    beginning = b""
    async for block in body:
        beginning += block
        if b"\n" in block or b"\r" in block or len(beginning) > LINE_BYTES_LOOKED_AT:
            break
    if beginning and b"\n" not in beginning and b"\r" not in beginning:
        raise BadRequest("line-ends-gone", "The line ends are gone: `curl -d` takes them out of a file. Use --data-binary @FILE instead.")
    async for block in _chain(beginning, body):
        yield block


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for block in rest:
        yield block


async def stream_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """As it comes. Raises `Rejected` where it is cut off."""
    size_bytes = 0
    try:
        async for block in request.stream():
            size_bytes += len(block)
            yield block
    except InternalServerException:  # Litestar's word for a client that hung up, or sent less than its Content-Length
        detail = f"The body ended after {size_bytes} bytes, before all of it had come. Nothing was kept: send the file again."
        raise Rejected("body-cut-off", detail) from None
