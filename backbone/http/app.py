"""The HTTP application: the routes of the services that run here, health, metrics, and the API's description."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, get
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from backbone.errors import BadRequest, Rejected, Unavailable
from backbone.http.access import Access, OpenToAll
from backbone.http.description import with_problems
from backbone.http.health import health_routes
from backbone.http.json_bodies import check_json_body
from backbone.http.key_limits import RequestLimits
from backbone.http.known_parameters import refuse_unknown_parameters
from backbone.http.metrics import metrics_routes, requests_config
from backbone.http.options_method import options_routes
from backbone.http.problems import on_bug, on_http, on_rejected, on_unavailable
from backbone.metrics import Measure
from backbone.runtime.request_record import request_record
from backbone.service import Service

DOCS: Final = "/api/docs"
ASSETS: Final = "/api/docs/assets"


@get("/", include_in_schema=False)
async def to_docs() -> Redirect:
    """Whoever comes by a service without a page is shown what there is."""
    return Redirect(f"{DOCS}/")


async def refuse_null_characters(request: Request[Any, Any, Any]) -> None:
    """PostgreSQL has no text with one in it, so nothing can be called so, and nothing found by it. Raises `BadRequest`."""
    if "\0" in request.url.path or b"%00" in request.scope["query_string"]:
        raise BadRequest("bad-character", "The URL holds a null character (%00). Leave it out.")


def checking(access: Access | OpenToAll, limits: RequestLimits) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """What stands before every handler."""

    async def check(request: Request[Any, Any, Any]) -> None:
        if (record := request_record()) is not None:
            record.route = str(request.scope["path_template"])
        await refuse_null_characters(request)
        await access.check(request)
        await limits.check(request)
        await check_url(request)

    return check


async def check_url(request: Request[Any, Any, Any]) -> None:
    await refuse_unknown_parameters(request)
    await check_json_body(request)


class _Json(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, with_problems(openapi_schema))


class _Swagger(SwaggerRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, with_problems(openapi_schema))


def has_page(routes: Sequence[ControllerRouterHandler]) -> bool:
    return any("/" in route.paths for route in routes if isinstance(route, HTTPRouteHandler))


def build_app(
    services: Sequence[Service],
    measures: Mapping[str, Measure] | None = None,
    access: Access | OpenToAll | None = None,
    limits: RequestLimits | None = None,
) -> Litestar:
    """`access`: else nobody is asked who they are. `limits`: else there are none."""
    # Swagger UI comes from a package, not from the net: the docs work on a laptop in a train.
    assets = Path(str(files("swagger_ui") / "static"))
    routes = [route for service in services for route in service.routes]
    return Litestar(
        route_handlers=[
            *options_routes(routes),
            *routes,
            *health_routes(services),
            *metrics_routes(measures or {}),
            *([] if has_page(routes) else [to_docs]),
            create_static_files_router(ASSETS, [assets], include_in_schema=False),
        ],
        middleware=[requests_config().middleware],
        before_request=checking(access or OpenToAll(), limits or RequestLimits(0, 0)),
        exception_handlers={Rejected: on_rejected, Unavailable: on_unavailable, HTTPException: on_http, Exception: on_bug},
        openapi_config=_openapi(),
    )


def _openapi() -> OpenAPIConfig:
    swagger = _Swagger(
        path="/",
        favicon="",
        js_url=f"{ASSETS}/swagger-ui-bundle.js",
        css_url=f"{ASSETS}/swagger-ui.css",
        standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
    )
    return OpenAPIConfig(
        operation_id_creator=lambda handler, method, path: handler.handler_name,
        title="Rowmill",
        version="1",
        description="CSV files of any size and any mess, in searchable tables within seconds, without a record lost or doubled.",
        path=DOCS,
        render_plugins=[swagger, _Json(path="/openapi.json")],
        use_handler_docstrings=True,
    )
