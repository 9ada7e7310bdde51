"""People sign in at the issuer, in a browser: OpenID Connect's authorization code flow with PKCE (RFC 7636). What comes of it is the issuer's ID token,
which is taken as any other of its tokens.

What has to be the same at both ends of the way (state, nonce, verifier) travels in a cookie of the browser that began it.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from msgspec import Struct

from backbone.errors import Rejected, Unavailable
from backbone.http.oidc import TIMEOUT_S, Tokens, describe_issuer, json_of
from backbone.settings import Settings

TOKEN_CHARACTERS_MAX: Final = 3_500  # of one that a cookie has room for
CHANCE_BYTES: Final = 32


class NotSignedIn(Rejected):
    """Whoever came back from the issuer is not let in."""

    status = 403


class Attempt(Struct, frozen=True):
    """`to`: the path of the page to go to afterwards."""

    state: str
    nonce: str
    verifier: str
    to: str


class Login:
    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._client_secret = settings.oidc_client_secret
        self._scopes = settings.oidc_scopes
        self._tokens = tokens

    async def begin(self, callback: str, to: str) -> tuple[str, Attempt]:
        """Where the browser goes, and what it is to bring back. Raises `Unavailable`."""
        state, nonce, verifier = (secrets.token_urlsafe(CHANCE_BYTES) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, to)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": self._scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = (await self._described())["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", attempt

    async def finish(self, attempt: Attempt | None, callback: str, *, code: str, state: str, error: str) -> str:
        """The ID token. Raises `NotSignedIn`, `Unavailable`."""
        if attempt is None or not secrets.compare_digest(attempt.state.encode(), state.encode()):
            raise NotSignedIn("sign-in-lost", "This sign-in was not begun in this browser, or too long ago. Begin again.")
        if error or not code:
            raise NotSignedIn(
                "sign-in-refused", f"The issuer did not sign you in ({error[:60] or 'it gave no code'}). Begin again, or ask who runs it."
            )
        token = await self._exchange(attempt, callback, code)
        principal = await self._tokens.find(token)
        if principal is None:
            raise NotSignedIn("no-role", "You are signed in at the issuer, but no role here fits your groups. Ask who runs this server.")
        if _claims(token).get("nonce") != attempt.nonce:
            raise NotSignedIn("sign-in-lost", "The issuer's answer belongs to another sign-in. Begin again.")
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise NotSignedIn(
                "token-too-long", "The issuer's token is too long for a cookie; let it name fewer groups. Ask who runs this server."
            )
        return token

    async def _exchange(self, attempt: Attempt, callback: str, code: str) -> str:
        address = (await self._described())["token_endpoint"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "client_id": self._client_id,
            "code_verifier": attempt.verifier,
        }
        known = (self._client_id, self._client_secret) if self._client_secret else None
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as http:
                answer = await http.post(address, data=form, auth=known or httpx.USE_CLIENT_DEFAULT, headers={"Accept": "application/json"})
            if answer.status_code in (400, 401, 403):
                raise NotSignedIn("sign-in-refused", "The issuer does not take its own code any more. Begin again.")
            return str(json_of(answer)["id_token"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("oidc", f"the issuer {self._issuer} gives no token: {type(error).__name__}") from error

    async def _described(self) -> Mapping[str, str]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as http:
                described = await describe_issuer(http, self._issuer)
            return {name: str(described[name]) for name in ("authorization_endpoint", "token_endpoint")}
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("oidc", f"the issuer {self._issuer} does not say how to sign in: {type(error).__name__}") from error


def own_path(to: str) -> str:
    """A path of this server, and nothing that a browser takes for another one."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else "/"


def _claims(token: str) -> Mapping[str, Any]:
    """Of a token whose signature is checked already."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims if isinstance(claims, dict) else {}
