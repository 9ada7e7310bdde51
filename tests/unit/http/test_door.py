"""The door: which requests are let in, as a table."""

import pytest

from backbone.errors import BadRequest, Rejected
from backbone.http.door import Door, asks_for_keys, door_of
from backbone.settings import Settings

LOCAL = door_of(Settings())
OPEN = door_of(Settings(http_host="0.0.0.0", insecure=True))
NAMED = door_of(Settings(http_hosts="rowmill.example", cors_origins="https://tools.example"))
Headers = list[tuple[bytes, bytes]]


def headers(**values: str) -> Headers:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]


@pytest.mark.parametrize(
    ("door", "method", "sent"),
    [
        (LOCAL, "POST", headers(host="127.0.0.1:8000")),
        (LOCAL, "POST", headers(host="LocalHost:8000", origin="http://localhost:8000", sec_fetch_site="same-origin")),
        (LOCAL, "DELETE", headers(host="[::1]:8000", origin="http://[::1]:8000")),
        (LOCAL, "GET", headers(host="localhost", origin="https://evil.example", sec_fetch_site="cross-site")),
        (LOCAL, "POST", headers(host="localhost:8000", sec_fetch_site="none")),
        (OPEN, "POST", headers(host="10.0.0.7:8000", origin="http://10.0.0.7:8000")),
        (NAMED, "POST", headers(host="rowmill.example")),
        (NAMED, "POST", headers(host="rowmill.example", origin="https://tools.example", sec_fetch_site="cross-site")),
        (NAMED, "GET", headers(host="127.0.0.1:8000")),
    ],
)
def test_let_in(door: Door, method: str, sent: Headers) -> None:
    door.check(method, sent)


@pytest.mark.parametrize(
    ("door", "method", "sent", "status"),
    [
        (LOCAL, "GET", headers(host="rebind.evil.example:8000"), 421),
        (LOCAL, "GET", headers(host="localhost.evil.example"), 421),
        (LOCAL, "GET", headers(host="127.0.0.1.evil.example:8000"), 421),
        (LOCAL, "GET", headers(), 400),
        (LOCAL, "GET", headers(host=""), 400),
        (LOCAL, "GET", headers(host="localhost") * 2, 400),
        (LOCAL, "POST", headers(host="localhost:8000", origin="https://evil.example"), 403),
        (LOCAL, "POST", headers(host="localhost:8000", origin="null"), 403),
        (LOCAL, "POST", headers(host="localhost:8000", origin="http://localhost:9999"), 403),
        (LOCAL, "POST", headers(host="localhost:8000", sec_fetch_site="cross-site"), 403),
        (LOCAL, "PATCH", headers(host="localhost:8000", sec_fetch_site="same-site"), 403),
        (LOCAL, "DELETE", headers(host="localhost:8000", origin="http://localhost:8000") + headers(origin="https://evil.example"), 403),
        (OPEN, "POST", headers(host="10.0.0.7:8000", origin="https://evil.example"), 403),
        (NAMED, "POST", headers(host="other.example"), 421),
    ],
)
def test_turned_away(door: Door, method: str, sent: Headers, status: int) -> None:
    with pytest.raises(Rejected) as refusal:
        door.check(method, sent)
    assert refusal.value.status == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "rowmill.example"])
def test_an_address_that_others_reach_has_to_be_meant(host: str) -> None:
    with pytest.raises(BadRequest, match="ROWMILL_INSECURE=1"):
        door_of(Settings(http_host=host, auth="none"))
    for settings in (Settings(http_host=host), Settings(http_host=host, auth="keys", insecure=True)):
        door_of(settings)
        assert asks_for_keys(settings)
    for settings in (Settings(http_host=host, insecure=True), Settings(http_host=host, auth="none", insecure=True)):
        door_of(settings)
        assert not asks_for_keys(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_is_nobody_elses(host: str) -> None:
    door_of(Settings(http_host=host))
    assert not asks_for_keys(Settings(http_host=host)) and asks_for_keys(Settings(http_host=host, auth="keys"))
