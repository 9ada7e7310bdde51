"""Signing in at an issuer, for browsers: there and back, and whether there is such a way."""

import base64
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backbone.errors import NotFound
from backbone.http.access import COOKIE
from backbone.http.oidc_login import Attempt, Login, NotSignedIn, own_path
from backbone.settings import Settings
from services.query.api.key_routes import SESSION_PATH

LOGIN: Final = "/api/login"
CALLBACK: Final = f"{LOGIN}/callback"
ATTEMPT: Final = "rowmill_login"
ATTEMPT_S: Final = 600


class Ways(Struct, frozen=True):
    """`sign_in`: where a browser goes to sign in at the issuer; null: only keys are taken."""

    sign_in: str | None


def login_routes(settings: Settings) -> list[ControllerRouterHandler]:
    login = _login(settings)

    @get(f"{LOGIN}/ways", include_in_schema=False)
    async def get_ways() -> Ways:
        return Ways(None if login is None else LOGIN)

    @get(LOGIN, include_in_schema=False)
    async def begin_login(request: Request[Any, Any, Any], to: Annotated[str, QueryParameter(max_length=2_000)] = "/") -> Redirect:
        address, attempt = await _found(login).begin(_callback(request), to)
        text = base64.urlsafe_b64encode(msgspec.json.encode(attempt)).decode()
        # Lax: the browser comes back from another site. It is good for nothing but the end of this one way.
        kept = Cookie(
            ATTEMPT, path=LOGIN, value=text, max_age=ATTEMPT_S, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return Redirect(address, status_code=302, cookies=[kept])

    # An issuer may add what it likes (`iss`, `session_state`), and is not refused for it.
    @get(CALLBACK, include_in_schema=False, reads_its_query=True)
    async def end_login(request: Request[Any, Any, Any]) -> Redirect | Response[Any]:
        asked = request.query_params
        attempt, gone = _attempt(request), Cookie(ATTEMPT, path=LOGIN, value="", max_age=0, httponly=True, samesite="lax")
        try:
            token = await _found(login).finish(
                attempt, _callback(request), code=asked.get("code", ""), state=asked.get("state", ""), error=asked.get("error", "")
            )
        except NotSignedIn as refused:
            return Redirect(f"/?refused={refused.code}", status_code=303, cookies=[gone])
        session = Cookie(COOKIE, path=SESSION_PATH, value=token, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        # What a cookie says may be somebody else's: whose server has a name beside ours can set it.
        return Redirect("/" if attempt is None else own_path(attempt.to), status_code=303, cookies=[session, gone])

    return [get_ways, begin_login, end_login]


def _login(settings: Settings) -> Login | None:
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return None
    from backbone.http.oidc import tokens_of  # here: a process without an issuer needs no cryptography

    return Login(settings, tokens_of(settings))


def _found(login: Login | None) -> Login:
    if login is None:
        raise NotFound("no-sign-in", "This server knows no issuer to sign in at: it takes keys.")
    return login


def _callback(request: Request[Any, Any, Any]) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK}"


def _attempt(request: Request[Any, Any, Any]) -> Attempt | None:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(request.cookies.get(ATTEMPT, "")), type=Attempt)
    except (ValueError, msgspec.MsgspecError):
        return None
