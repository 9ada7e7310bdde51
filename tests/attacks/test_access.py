"""Who may do what, asked of every route there is: each principal, and another dataset's name or id in every place that takes one."""

import contextvars
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from litestar import Request
from litestar.testing import TestClient

from backbone.errors import BadRequest, Conflict
from backbone.http.access import ACCESS, OPEN_BELOW, Access, rule_of
from backbone.http.app import build_app
from backbone.runtime.key_text import is_key, new_key
from backbone.runtime.principal import SCOPES, Principal, Scope, set_asking
from backbone.runtime.signed_tokens import seal, unseal
from services.__main__ import SERVICES
from services.describe_api import _unopened

MINE, OTHERS = "shop", "bank"
UPLOADS: Final = {"u-shop": MINE, "u-bank": OTHERS}
PASSED: Final = 409
KEYS: Final[Mapping[str, Principal]] = {
    **{new_key(): Principal(scope, scope, (scope,)) for scope in SCOPES},
    **{new_key(): Principal(f"shop-{scope}", f"shop {scope}", (scope,), (MINE, "shop-*")) for scope in SCOPES},
}


class Checked(Access):
    """Answers what the check lets pass, in the place of the handlers."""

    async def check(self, request: Request[Any, Any, Any]) -> None:
        await super().check(request)
        raise Conflict("passed", "The check let it pass.")


async def find(key: str) -> Principal | None:
    return KEYS.get(key)


async def find_upload(upload_id: str) -> str | None:
    return UPLOADS.get(upload_id)


APP: Final = build_app([build(_unopened()) for build in SERVICES.values()], access=Checked(find, find_upload))
ROUTES: Final = sorted(
    (method, route.path_format)
    for route in APP.routes
    for method in getattr(route, "methods", ())
    if method not in ("OPTIONS", "HEAD") and not route.path_format.startswith(OPEN_BELOW)
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Any]]:
    with TestClient(APP) as client:
        yield client


def path_of(template: str, dataset: str) -> str:
    named = {
        "{name}": dataset,
        "{upload_id}": f"u-{dataset}",
        "{version}": "1",
        "{row}": "1",
        "{key_id}": "k",
        "{resumable_id}": "r",
        "{letter_id}": "l",
        "{source}": "s",
        "{enrichment}": "e",
        "{run_id}": "r",
        "{webhook_id}": "w",
        "{delivery_id}": "d",
    }
    path = template
    for parameter, value in named.items():
        path = path.replace(parameter, value)
    assert "{" not in path, f"what stands for a parameter of {template}?"
    return path


def ask(client: TestClient[Any], method: str, path: str, key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.request(method, path, headers=headers, follow_redirects=False).status_code


def test_every_route_stands_in_the_table() -> None:
    missing = [f"{method} {path}" for method, path in ROUTES if (method, path) not in ACCESS]
    assert not missing, f"backbone/http/access.py says who may ask for what; these have no line there: {missing}"
    assert not ACCESS.keys() - set(ROUTES), "lines of routes that are no more"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_route_lets_in_whom_its_line_names(client: TestClient[Any], method: str, path: str) -> None:
    rule = rule_of(method, path)
    for dataset in (MINE, OTHERS):
        asked = path_of(path, dataset)
        is_open = not rule.scopes
        assert ask(client, method, asked) == (PASSED if is_open else 401)
        assert ask(client, method, asked, new_key()) == (PASSED if is_open else 401)
        assert ask(client, method, asked, "rwm_nonsense") == (PASSED if is_open else 401)
        for key, principal in KEYS.items():
            assert ask(client, method, asked, key) == expected(rule.scopes, rule.names, principal, dataset), (asked, principal)


def expected(scopes: tuple[Scope, ...], names: str, principal: Principal, dataset: str) -> int:
    if not scopes:
        return PASSED
    if names in ("dataset", "upload") and not principal.sees(dataset):
        return 404
    if not principal.may(*scopes) or (names == "everything" and not principal.sees_all):
        return 403
    return PASSED


def test_what_is_hidden_looks_as_what_is_not_there(client: TestClient[Any]) -> None:
    key = next(key for key, principal in KEYS.items() if principal.id == "shop-read")
    headers = {"Authorization": f"Bearer {key}"}
    for hidden, absent in (("/api/datasets/bank/rows", "/api/datasets/none/rows"), ("/api/uploads/u-bank", "/api/uploads/u-none")):
        answers = [client.get(path, headers=headers).text for path in (hidden, absent)]
        assert answers[0].replace("bank", "none") == answers[1]


def test_a_key_has_a_shape_by_which_a_slip_is_seen() -> None:
    key = new_key()
    assert is_key(key)
    assert not is_key(key[:-1]) and not is_key(key[:10] + ("b" if key[10] != "b" else "c") + key[11:]) and not is_key("")


def test_a_cursor_is_for_whom_it_was_given() -> None:
    token = seal(b"k", ("list",), 7)
    assert unseal(b"k", ("list",), token) == 7

    def as_another() -> None:
        set_asking(next(iter(KEYS.values())))
        with pytest.raises(BadRequest):
            unseal(b"k", ("list",), token)

    contextvars.copy_context().run(as_another)
