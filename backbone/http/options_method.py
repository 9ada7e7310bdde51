"""OPTIONS where several handlers share a path. The framework makes its own from the first of them, and forgets the others' methods."""

from collections import defaultdict
from collections.abc import Sequence

from litestar import HttpMethod, Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler


def options_routes(handlers: Sequence[ControllerRouterHandler]) -> list[HTTPRouteHandler]:
    """To be registered before the handlers themselves."""
    methods: defaultdict[str, list[HTTPRouteHandler]] = defaultdict(list)
    for handler in handlers:
        if isinstance(handler, HTTPRouteHandler):
            for path in handler.paths:
                methods[path].append(handler)
    return [_answering(path, sharing) for path, sharing in methods.items() if len(sharing) > 1 and not _answers_itself(sharing)]


def _answers_itself(sharing: Sequence[HTTPRouteHandler]) -> bool:
    return any(HttpMethod.OPTIONS in handler.http_methods for handler in sharing)


def _answering(path: str, sharing: Sequence[HTTPRouteHandler]) -> HTTPRouteHandler:
    head = {HttpMethod.HEAD.value} if any(HttpMethod.GET in handler.http_methods for handler in sharing) else set[str]()
    allowed = ", ".join(sorted({HttpMethod.OPTIONS.value, *head, *(str(method) for handler in sharing for method in handler.http_methods)}))

    async def options() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": allowed})

    return HTTPRouteHandler(path, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)(options)
