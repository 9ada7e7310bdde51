"""People and programs by the tokens of an OpenID issuer: a JWT in the place of a key. Its signature is held against the issuer's own keys, which are
found by discovery and kept for a while; what it says of groups decides what its bearer may do (`oidc_roles.py`).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backbone.errors import Unavailable
from backbone.http.oidc_roles import Role, read_roles, role_of
from backbone.runtime.principal import Principal
from backbone.settings import Settings

ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]  # keys that the issuer alone has
TOKEN_CHARACTERS_MAX: Final = 16 * 1024
KEYS_KEPT_S: Final = 3600.0
LOOK_AGAIN_S: Final = 10.0  # at the earliest, for a key that is not known: an issuer changes its keys, and anybody may make some up
TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
LEEWAY_S: Final = 60  # clocks differ
DISCOVERY: Final = "/.well-known/openid-configuration"
NAMES: Final = ("preferred_username", "email", "name", "sub")


class IssuerKeys:
    """The keys with which an issuer signs. Old ones are good while it is away."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: KeySet | None = None
        self._read_at = float("-inf")
        self._asked_at = float("-inf")
        self._failure = ""
        self._turn = asyncio.Lock()

    async def get(self, *, newer: bool = False) -> KeySet:
        """`newer`: ones that were read just now, unless that is done all the time. Whoever is content with those that are there waits for
        nobody. Raises `Unavailable`."""
        if self._keys is not None and not newer and not self._is_old():
            return self._keys
        async with self._turn:
            if (self._keys is None or newer or self._is_old()) and time.monotonic() - self._asked_at > LOOK_AGAIN_S:
                await self._look()
            if self._keys is None:
                raise Unavailable("oidc", f"the issuer {self._issuer} does not give its keys: {self._failure}")
            return self._keys

    def _is_old(self) -> bool:
        return time.monotonic() - self._read_at > KEYS_KEPT_S

    async def _look(self) -> None:
        self._asked_at = time.monotonic()
        try:
            self._keys, self._read_at = await self._read(), self._asked_at
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            self._failure = type(error).__name__
        except asyncio.CancelledError:  # whoever asked has left: the next one looks
            self._asked_at = float("-inf")
            raise

    async def _read(self) -> KeySet:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as http:
            described = await describe_issuer(http, self._issuer)
            keys = json_of(await http.get(described["jwks_uri"]))
        return KeySet.import_key_set({"keys": [key for key in keys["keys"] if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]})


async def describe_issuer(http: httpx.AsyncClient, issuer: str) -> Any:
    """What it says of itself. Raises `httpx.HTTPError`, `ValueError`, `KeyError`, `TypeError`."""
    described = json_of(await http.get(issuer.rstrip("/") + DISCOVERY))
    if described["issuer"] != issuer:
        raise ValueError("it says that it is another one")
    return described


def json_of(answer: httpx.Response) -> Any:
    """Raises `httpx.HTTPError`, `ValueError`."""
    answer.raise_for_status()
    if len(answer.content) > ANSWER_BYTES_MAX:
        raise ValueError("the answer is too long")
    return answer.json()


class Tokens:
    def __init__(self, issuer: str, audiences: Sequence[str], roles: Sequence[Role], groups_claim: str) -> None:
        self._issuer = issuer
        self._audiences = list(audiences)
        self._roles = roles
        self._groups_claim = groups_claim
        self._keys = IssuerKeys(issuer)

    async def find(self, token: str) -> Principal | None:
        """Whose token it is; None: nobody's that may do anything. Raises `Unavailable`."""
        if token.count(".") != 2 or len(token) > TOKEN_CHARACTERS_MAX:
            return None
        claims = self._checked(token, await self._keys.get())
        if claims is None:
            claims = self._checked(token, await self._keys.get(newer=True))
        return None if claims is None else self._principal(claims)

    def _checked(self, token: str, keys: KeySet) -> Mapping[str, Any] | None:
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "values": self._audiences},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            registry.validate(decoded.claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return decoded.claims

    def _principal(self, claims: Mapping[str, Any]) -> Principal | None:
        groups = claims.get(self._groups_claim, [])
        listed = (
            groups.split()
            if isinstance(groups, str)
            else [group for group in groups if isinstance(group, str)]
            if isinstance(groups, list)
            else []
        )
        role = role_of(listed, self._roles)
        if role is None:
            return None
        name = next(str(claims[claim]) for claim in NAMES if claims.get(claim))
        return Principal(f"oidc:{claims['sub']}"[:200], name[:200], role.scopes, role.datasets)


def tokens_of(settings: Settings) -> Tokens:
    """Raises `BadRequest`."""
    audiences = [audience for audience in (settings.oidc_audience, settings.oidc_client_id) if audience]
    return Tokens(settings.oidc_issuer, audiences, read_roles(settings.oidc_roles), settings.oidc_groups_claim)
