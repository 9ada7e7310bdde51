"""Signing in at an OpenID issuer, as a browser does: there, back, and in; with a provider that is not ours."""

import base64
import hashlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from werkzeug.serving import make_server

from backbone.http.oidc_login import Attempt
from backbone.runtime.key_text import new_key
from services.query.api.login_routes import ATTEMPT
from tests.flows.pods import Rowmill, embedded

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it stands on, about each other
    import oidc_provider_mock

PEOPLE = (
    oidc_provider_mock.User(sub="ann", claims={"email": "ann@example.org", "groups": ["shop"]}),
    oidc_provider_mock.User(sub="bob", claims={"email": "bob@example.org", "groups": ["others"]}),
)


@pytest.fixture(scope="module")
def rowmill() -> Iterator[Rowmill]:
    with serving_provider() as rowmill:
        yield rowmill


@contextmanager
def serving_people() -> Iterator[str]:
    """The issuer's address. In threads: a browser opens connections that it does not use yet."""
    server = make_server("127.0.0.1", 0, oidc_provider_mock.app(user_claims=PEOPLE), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serving_provider() -> Iterator[Rowmill]:
    """A Rowmill with an issuer at which people sign in."""
    with serving_people() as address:
        oidc = {
            "ROWMILL_OIDC_ISSUER": address,
            "ROWMILL_OIDC_AUDIENCE": "rowmill-api",
            "ROWMILL_OIDC_CLIENT_ID": "rowmill-page",
            "ROWMILL_OIDC_CLIENT_SECRET": "of-the-page",
            "ROWMILL_OIDC_ROLES": "shop=upload+read@shop-*",
        }
        with embedded(ROWMILL_AUTH="keys", ROWMILL_FIRST_KEY=new_key(), **oidc) as rowmill:
            yield rowmill


@pytest.fixture
def browser(rowmill: Rowmill) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=rowmill.pods["all"].url, timeout=30) as browser:
        yield browser


def go_to_the_issuer(browser: httpx.Client, who: str, to: str = "/") -> str:
    """Where the issuer sends the browser back to."""
    there = browser.get("/api/login", params={"to": to})
    assert there.status_code == 302, there.text
    return httpx.post(there.headers["location"], data={"sub": who}).headers["location"]


def test_whoever_is_known_there_comes_in(browser: httpx.Client) -> None:
    assert browser.get("/api/login/ways").json() == {"sign_in": "/api/login"}
    assert browser.get("/api/me").status_code == 401
    back = browser.get(go_to_the_issuer(browser, "ann", "/datasets?q=pen"))
    assert (back.status_code, back.headers["location"]) == (303, "/datasets?q=pen")
    session = next(cookie for cookie in back.headers.get_list("set-cookie") if cookie.startswith("rowmill_key="))
    assert "HttpOnly" in session and "SameSite=strict" in session.replace("Strict", "strict")
    me = browser.get("/api/me").json()
    assert (me["name"], me["id"], me["scopes"], me["datasets"]) == ("ann@example.org", "oidc:ann", ["upload", "read"], ["shop-*"])
    assert browser.get("/api/keys").status_code == 403
    assert browser.delete("/api/session").status_code == 204
    assert browser.get("/api/me").status_code == 401


def test_whom_no_role_fits_is_told(browser: httpx.Client) -> None:
    assert browser.get(go_to_the_issuer(browser, "bob")).headers["location"] == "/?refused=no-role"
    assert browser.get("/api/me").status_code == 401


def test_an_answer_that_was_not_asked_for_here_signs_nobody_in(browser: httpx.Client, rowmill: Rowmill) -> None:
    """Somebody else's answer, one that is used twice, one whose browser kept another nonce, one that says no."""
    with httpx.Client(base_url=browser.base_url) as another:
        stolen = go_to_the_issuer(another, "ann")
    assert browser.get(stolen).headers["location"] == "/?refused=sign-in-lost"
    go_to_the_issuer(browser, "ann")
    assert browser.get(stolen).headers["location"] == "/?refused=sign-in-lost"
    answer = go_to_the_issuer(browser, "ann")
    kept = base64.urlsafe_b64encode(msgspec.json.encode(msgspec.structs.replace(attempt_of(browser), nonce="another"))).decode()
    with httpx.Client(base_url=browser.base_url, cookies={ATTEMPT: kept}) as changed_browser:
        assert changed_browser.get(answer).headers["location"] == "/?refused=sign-in-lost"
    state = parse_qs(urlsplit(go_to_the_issuer(browser, "ann")).query)["state"][0]
    refused = browser.get("/api/login/callback", params={"error": "access_denied", "state": state, "iss": "x"})
    assert refused.headers["location"] == "/?refused=sign-in-refused"


def attempt_of(browser: httpx.Client) -> Attempt:
    return msgspec.json.decode(base64.urlsafe_b64decode(browser.cookies[ATTEMPT].strip('"')), type=Attempt)


def test_the_code_is_worth_nothing_without_what_the_browser_kept(browser: httpx.Client) -> None:
    """RFC 7636: the issuer is told a hash, and gives tokens to whoever has the text (this one does not look)."""
    asked = parse_qs(urlsplit(browser.get("/api/login").headers["location"]).query)
    digest = hashlib.sha256(attempt_of(browser).verifier.encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "elsewhere"])
def test_nobody_is_sent_elsewhere(browser: httpx.Client, to: str) -> None:
    assert browser.get(go_to_the_issuer(browser, "ann", to)).headers["location"] == "/"
