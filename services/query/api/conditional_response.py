"""An answer of this service over HTTP: JSON with its ETag and the links to its neighbours, or 304 where the client has it already."""

from typing import Any

import msgspec
from litestar import MediaType, Request, Response

from services.query.api.etags import NO_CACHE, is_known, tag_of_content
from services.query.api.links import page_links

Asked = Request[Any, Any, Any]


def parameters(request: Asked) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items()]


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


def answer_or_unchanged(request: Asked, found: Any, *, next_cursor: str | None = None) -> Response[Any]:
    """For what belongs to no version, such as the list of datasets: its tag is made of its content."""
    content = msgspec.json.encode(found)
    tag = tag_of_content(content)
    return unchanged(request, tag) or answer(request, content, tag, next_cursor=next_cursor)
