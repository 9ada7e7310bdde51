"""Requests have an id, and a line in the log that tells nothing it should not."""

from typing import Any

import pytest
from litestar import get
from litestar.testing import TestClient
from structlog.testing import capture_logs

from backbone.errors import Conflict
from backbone.http.app import build_app
from backbone.http.door import Door, Guarded
from backbone.http.head_requests import HeadRequests
from backbone.http.recorded import Recorded
from backbone.runtime.principal import Principal, set_asking
from backbone.runtime.request_record import ID_CHARACTERS_MAX, choose_id
from backbone.service import Service

SECRET = "rwm_secretsecret"


@get("/things/{name:str}")
async def thing(name: str) -> str:
    return name


@get("/refused")
async def refused() -> None:
    set_asking(Principal("k1", "nightly", ("read",)))
    raise Conflict("no", "No.")


@get("/broken")
async def broken() -> None:
    raise RuntimeError("a bug")


APP: Any = Recorded(
    HeadRequests(
        Guarded(build_app([Service(name="test", routes=[thing, refused, broken])]), Door(frozenset({"testserver.local"}), frozenset()))
    )
)


@pytest.fixture
def client() -> TestClient[Any]:
    return TestClient(APP, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things/a", 200),
        ("HEAD", "/things/a", 200),
        ("GET", "/refused", 409),
        ("GET", "/broken", 500),
        ("GET", "/no-such", 404),
        ("POST", "/refused", 405),
        ("GET", "/things/a?no-such=1", 400),
    ],
)
def test_every_answer_carries_the_id_that_was_sent(client: TestClient[Any], method: str, path: str, status: int) -> None:
    answer = client.request(method, path, headers={"X-Request-Id": "abc-1"})
    assert (answer.status_code, answer.headers.get_list("x-request-id")) == (status, ["abc-1"])
    if status >= 400:
        assert answer.json()["request_id"] == "abc-1"


def test_what_the_door_turns_away_has_an_id_too(client: TestClient[Any]) -> None:
    answer = client.get("/things/a", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["request_id"]) == (421, answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "sent", [[], [""], ["a b"], ["a\n"], ["é"], ["x" * (ID_CHARACTERS_MAX + 1)], ["a", "a"], ["a\x1b[31m"], ["<b>"], ["rwm_abc"]]
)
def test_what_is_no_id_is_replaced(sent: list[str]) -> None:
    made = choose_id(sent)
    assert made not in sent and len(made) == 32 and made.isalnum()


def test_the_line_tells_the_route_and_who_asked(client: TestClient[Any]) -> None:
    with capture_logs() as lines:
        client.get("/refused", headers={"X-Request-Id": "one"})
        client.head("/things/abc")
        client.get("/no-such")
    written = [(line["method"], line["route"], line["status"], line["by"]) for line in lines if line["event"] == "request"]
    assert written == [("GET", "/refused", 409, "nightly"), ("HEAD", "/things/{name}", 200, "everybody"), ("GET", "", 404, "")]
    assert all(line["ms"] >= 0 and "cut" not in line for line in lines)
    assert lines[0]["bytes"] > 50


def test_nothing_of_a_path_query_or_header_stands_in_the_log(client: TestClient[Any]) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"rowmill_key={SECRET}", "X-Request-Id": f"{SECRET} !"}
    with capture_logs() as lines:
        for path in (f"/things/{SECRET}?key={SECRET}", f"/broken?{SECRET}", f"/{SECRET}"):
            client.get(path, headers=headers)
    assert len(lines) >= 3 and SECRET not in repr(lines)


def test_health_is_asked_too_often_to_be_written_down(client: TestClient[Any]) -> None:
    with capture_logs() as lines:
        assert client.get("/health/live").headers["x-request-id"]
    assert lines == []
