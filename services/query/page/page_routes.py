"""The web page over HTTP, at `/`. A browser is told to load and run nothing that does not come from here."""

from pathlib import Path
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from backbone.errors import NotFound
from backbone.http.accept_header import accept_weights
from services.query.page.built_files import BUILT, BuiltFile, read_built

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS_MAX_AGE_S: Final = 365 * 24 * 3600  # their names change with their content
ALWAYS_ASK: Final = {"Cache-Control": "no-cache"}
KEEP: Final = {"Cache-Control": f"public, max-age={ASSETS_MAX_AGE_S}, immutable"}
NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Rowmill</title><h1>Rowmill is running</h1>
<p>Its web page is not built yet. <code>make web</code> in the folder of the sources does that; then load this page again.</p>
<p>All that the page does goes over the API: <a href="api/docs/">its description</a>.</p></html>"""


def page_routes(folder: Path = BUILT) -> list[ControllerRouterHandler]:
    @get(["/", "/index.html"], include_in_schema=False)
    async def get_page(
        request: Request[Any, Any, Any],
        refused: Annotated[str, QueryParameter(description="Why a sign-in let nobody in; the page says it.")] = "",
    ) -> Response[bytes]:
        page = await read_built("index.html", folder) or BuiltFile(NOT_BUILT.encode(), None, "text/html; charset=utf-8")
        return _answer(request, page, ALWAYS_ASK)

    @get("/assets/{name:str}", include_in_schema=False)
    async def get_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        return _answer(request, await _find(f"assets/{name}", folder), KEEP)

    @get("/favicon.svg", include_in_schema=False)
    async def get_icon(request: Request[Any, Any, Any]) -> Response[bytes]:
        return _answer(request, await _find("favicon.svg", folder), ALWAYS_ASK)

    return [get_page, get_asset, get_icon]


async def _find(path: str, folder: Path) -> BuiltFile:
    file = await read_built(path, folder)
    if file is None:
        raise NotFound("no-such-path", f"There is nothing at /{path}. Load the page again: it may have been built anew.")
    return file


def _answer(request: Request[Any, Any, Any], file: BuiltFile, caching: dict[str, str]) -> Response[bytes]:
    headers = {**caching, "Content-Security-Policy": POLICY, "Vary": "Accept-Encoding"}
    if file.packed is None or not _takes_gzip(request):
        return Response(file.content, media_type=file.media_type, headers=headers)
    return Response(file.packed, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})


def _takes_gzip(request: Request[Any, Any, Any]) -> bool:
    weights = accept_weights(request.headers.get("accept-encoding", ""))
    return weights.get("gzip", weights.get("*", 0.0)) > 0
