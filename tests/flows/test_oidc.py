"""Tokens of an OpenID issuer, over HTTP: in the place of a key, with the rights of the groups that they name."""

from collections.abc import Iterator

import httpx
import pytest

from backbone.runtime.key_text import new_key
from tests.flows.issuer import AUDIENCE, Issuer, serving_issuer
from tests.flows.pods import Rowmill, embedded
from tests.no_tls import NO_TLS

ROLES = "admins=admin; shop=upload+read@shop-*"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def rowmill(issuer: Issuer) -> Iterator[Rowmill]:
    oidc = {"ROWMILL_OIDC_ISSUER": issuer.url, "ROWMILL_OIDC_AUDIENCE": AUDIENCE, "ROWMILL_OIDC_ROLES": ROLES}
    with embedded(ROWMILL_AUTH="keys", ROWMILL_FIRST_KEY=new_key(), **oidc) as rowmill:
        yield rowmill


def asking(rowmill: Rowmill, token: str) -> httpx.Client:
    return httpx.Client(base_url=rowmill.pods["all"].url, timeout=30, headers={"Authorization": f"Bearer {token}"}, verify=NO_TLS)


def test_a_token_is_let_in_with_the_rights_of_its_groups(rowmill: Rowmill, issuer: Issuer) -> None:
    with asking(rowmill, issuer.token("shop")) as http:
        me = http.get("/api/me").json()
        assert (me["name"], me["scopes"], me["datasets"]) == ("ann@example.org", ["upload", "read"], ["shop-*"])
        assert http.post("/api/uploads?dataset=shop-a", content=b"a\n1\n").status_code == 202
        assert http.post("/api/uploads?dataset=bank", content=b"a\n1\n").status_code == 404
        assert http.get("/api/keys").status_code == 403
    with asking(rowmill, issuer.token("admins")) as http:
        changes = http.get("/api/audit", params={"dataset": "shop-a"}).json()["events"]
        assert {change["principal"] for change in changes} == {"ann@example.org"}


def test_what_is_no_good_token_is_not_let_in(rowmill: Rowmill, issuer: Issuer) -> None:
    for token in (issuer.token("strangers"), issuer.token("admins", exp=1), issuer.token("admins", aud="another"), "a.b.c", "x"):
        with asking(rowmill, token) as http:
            assert http.get("/api/me").status_code == 401
