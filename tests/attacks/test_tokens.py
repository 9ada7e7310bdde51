"""Tokens of an OpenID issuer: one is taken that the issuer signed, for us, and that is good now; no other, however near it comes."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from backbone.errors import BadRequest, Unavailable
from backbone.http import oidc
from backbone.http.oidc import Tokens
from backbone.http.oidc_roles import check_oidc, read_roles
from backbone.settings import Settings
from tests.flows.issuer import AUDIENCE, Issuer, serving_issuer

ROLES = "admins=admin; loaders=upload+read@shop-*,orders; *=read@public"
NOW = int(time.time())


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


def tokens_of(issuer: Issuer, roles: str = ROLES) -> Tokens:
    return Tokens(issuer.url, [AUDIENCE], read_roles(roles), "groups")


async def test_an_issuer_that_is_away_is_not_asked_for_each_token(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, asked = oidc.IssuerKeys("https://issuer.example"), []

    async def read() -> Any:
        asked.append(1)
        raise ValueError("away")

    monkeypatch.setattr(keys, "_read", read)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await keys.get()
    assert len(asked) == 1


async def test_the_first_role_that_fits_is_theirs(issuer: Issuer) -> None:
    tokens = tokens_of(issuer)
    admin = await tokens.find(issuer.token("loaders", "admins"))
    assert admin is not None and (admin.id, admin.name, admin.scopes, admin.sees_all) == ("oidc:u-1", "ann@example.org", ("admin",), True)
    loader = await tokens.find(issuer.token("others", "loaders"))
    assert loader is not None and (loader.scopes, loader.datasets) == (("upload", "read"), ("shop-*", "orders"))
    guest = await tokens.find(issuer.token(aud=["another", AUDIENCE]))
    assert guest is not None and (guest.scopes, guest.datasets) == (("read",), ("public",))
    assert await tokens_of(issuer, "admins=admin").find(issuer.token("loaders")) is None
    scopes = Tokens(issuer.url, [AUDIENCE], read_roles("rows=read"), "scope")
    assert await scopes.find(issuer.token(scope="openid rows")) is not None


def unsigned(token: str, **header: Any) -> str:
    _, payload, _ = token.split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", **header}).encode()).rstrip(b"=").decode()
    return f"{head}.{payload}."


def by_secret(token: str, secret: bytes) -> str:
    """As a library would take it that lets the token choose how it is checked."""
    signed = f"{unsigned(token, alg='HS256', kid='first')[:-1]}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


async def test_no_other_is_taken(issuer: Issuer) -> None:
    tokens, good = tokens_of(issuer), issuer.token("admins")
    head, _, signature = good.split(".")
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    forged = base64.urlsafe_b64encode(
        json.dumps({"iss": issuer.url, "aud": AUDIENCE, "sub": "x", "exp": NOW + 9, "groups": ["admins"]}).encode()
    )
    bad = {
        "of another issuer": issuer.token("admins", iss="https://evil.example"),
        "for somebody else": issuer.token("admins", aud="another"),
        "for nobody": issuer.token("admins", aud=None),
        "expired": issuer.token("admins", exp=NOW - 3600),
        "without an end": issuer.token("admins", exp=None),
        "not yet": issuer.token("admins", nbf=NOW + 3600),
        "of nobody": issuer.token("admins", sub=None),
        "signed by a stranger": issuer.token("admins", key=stranger),
        "not signed": unsigned(good),
        "not signed, with the key's name": unsigned(good, kid="first"),
        "signed with the public key as a secret": by_secret(good, issuer.keys[0].as_pem(private=False)),
        "another content": f"{head}.{forged.rstrip(b'=').decode()}.{signature}",
        "cut": good[:-5],
        "nonsense": "a.b.c",
        "long": f"{head}.{'A' * 20_000}.{signature}",
    }
    assert await tokens.find(good) is not None
    assert [name for name, token in bad.items() if await tokens.find(token) is not None] == []


async def test_keys_are_kept_and_read_again_when_they_change(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = tokens_of(issuer)
    for _ in range(5):
        assert await tokens.find(issuer.token("admins")) is not None
    assert issuer.asked == ["/realm/.well-known/openid-configuration", "/realm/keys"]
    old = issuer.token("admins")
    issuer.rotate()
    new = issuer.token("admins")
    assert await tokens.find(new) is None  # so soon they are not asked for again: anybody may make up a key's name
    monkeypatch.setattr(oidc, "LOOK_AGAIN_S", 0.0)
    assert await tokens.find(new) is not None
    assert await tokens.find(old) is None
    issuer.is_away = True
    assert await tokens.find(new) is not None
    with pytest.raises(Unavailable):
        await tokens_of(issuer).find(new)


@pytest.mark.parametrize("roles", ["", "admins", "admins=boss", "=read", "a=read@x*y", "a=read+"])
def test_roles_that_are_none_are_refused(roles: str) -> None:
    with pytest.raises(BadRequest, match="ROWMILL_OIDC_ROLES"):
        read_roles(roles)


def test_what_is_half_set_is_refused() -> None:
    whole: dict[str, Any] = {"oidc_issuer": "https://login.example", "oidc_audience": "x", "oidc_roles": "*=read"}
    check_oidc(Settings(**whole), asks_for_keys=True)
    check_oidc(Settings(), asks_for_keys=False)
    for change, asks in (({}, False), ({"oidc_audience": ""}, True), ({"oidc_roles": ""}, True), ({"oidc_issuer": "http://x"}, True)):
        with pytest.raises(BadRequest, match="OIDC"):
            check_oidc(Settings(**{**whole, **change}), asks_for_keys=asks)


async def test_one_who_leaves_while_keys_are_read_takes_them_from_nobody(issuer: Issuer) -> None:
    tokens = tokens_of(issuer)
    first = asyncio.ensure_future(tokens.find(issuer.token("admins")))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await tokens.find(issuer.token("admins")) is not None
