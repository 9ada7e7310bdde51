"""An answer of this service over HTTP: JSON with its ETag and the links to its neighbours, or 304 where the client has it already."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import MediaType, Request, Response

from backbone.http.accept_header import liked_type
from backbone.model import View
from services.query.api.etags import NO_CACHE, is_known, tag_of_content, tag_of_view
from services.query.api.links import page_links
from services.query.responses import Answer
from services.query.snapshot import Snapshot

Asked = Request[Any, Any, Any]


def parameters(request: Asked) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items()]


def check_accept(request: Asked) -> None:
    """Raises `NotAcceptable`, before any work is done, for a client that takes no JSON."""
    liked_type(request.headers.get("accept", ""), (MediaType.JSON,))


def unchanged(request: Asked, tag: str) -> Response[Any] | None:
    """304 without a body, or None when the client must be told."""
    if not is_known(request.headers.get("if-none-match"), tag):
        return None
    return Response(None, status_code=304, headers={"ETag": tag, "Cache-Control": NO_CACHE})


def answer(
    request: Asked, content: bytes, tag: str, *, next_cursor: str | None = None, previous_cursor: str | None = None
) -> Response[Any]:
    """`content` is JSON already: values must go out with every digit they came with."""
    headers = {"ETag": tag, "Cache-Control": NO_CACHE}
    links = page_links(request.url.path, parameters(request), next_cursor=next_cursor, previous_cursor=previous_cursor)
    if links is not None:
        headers["Link"] = links
    return Response(content, media_type=MediaType.JSON, headers=headers)


async def answer_from(snapshot: Snapshot, request: Asked, kind: str, read: Callable[[View], Awaitable[Answer]]) -> Response[Any]:
    """What `read` makes of the snapshot, or 304 without any work. `kind` tells apart what the same parameters may ask for."""
    check_accept(request)
    asked = [kind, *parameters(request)]
    if (known := unchanged(request, tag_of_view(snapshot.view, asked))) is not None:
        return known
    snapshot, page = await snapshot.read(read)
    tag = tag_of_view(snapshot.view, asked)
    return answer(request, page.content, tag, next_cursor=page.next_cursor, previous_cursor=page.previous_cursor)


def answer_or_unchanged(request: Asked, body: Any, *, next_cursor: str | None = None) -> Response[Any]:
    """For what belongs to no version, such as the list of datasets: its tag is made of its content."""
    check_accept(request)
    content = msgspec.json.encode(body)
    tag = tag_of_content(content)
    return unchanged(request, tag) or answer(request, content, tag, next_cursor=next_cursor)
