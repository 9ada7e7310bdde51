"""What is believed of whom about a client."""

from typing import Any

import pytest

from backbone.errors import BadRequest
from backbone.http.proxied import Proxied, trusted_networks
from backbone.settings import Settings

TRUSTED = trusted_networks(Settings(trusted_proxies="10.0.0.0/8, ::1"))


async def seen(client: str, **headers: str) -> tuple[str, str]:
    """The client's address and scheme, as the application has them."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    sent = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: Any = {"type": "http", "client": (client, 1), "scheme": "http", "headers": sent}
    await Proxied(app, TRUSTED)(scope, None, None)  # type: ignore[arg-type]
    return scopes[0]["client"][0], scopes[0]["scheme"]


@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        ("10.1.2.3", {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https"}, ("203.0.113.9", "https")),
        ("10.1.2.3", {"x_forwarded_for": "6.6.6.6, 203.0.113.9, 10.0.0.7"}, ("203.0.113.9", "http")),  # 6.6.6.6 may be made up
        ("10.1.2.3", {"x_forwarded_for": "10.0.0.9, 10.0.0.7"}, ("10.0.0.9", "http")),
        ("::1", {"x_forwarded_for": "2001:db8::5"}, ("2001:db8::5", "http")),
        ("10.1.2.3", {"x_forwarded_for": "203.0.113.9, nonsense"}, ("10.1.2.3", "http")),
        ("10.1.2.3", {"x_forwarded_proto": "javascript"}, ("10.1.2.3", "http")),
        ("10.1.2.3", {}, ("10.1.2.3", "http")),
        ("192.0.2.1", {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https"}, ("192.0.2.1", "http")),
        ("", {"x_forwarded_for": "203.0.113.9"}, ("", "http")),
    ],
)
async def test_a_trusted_proxy_is_believed_and_nobody_else(client: str, headers: dict[str, str], expected: tuple[str, str]) -> None:
    assert await seen(client, **headers) == expected


def test_without_a_setting_nobody_is_trusted() -> None:
    assert trusted_networks(Settings()) == []
    with pytest.raises(BadRequest, match="ROWMILL_TRUSTED_PROXIES"):
        trusted_networks(Settings(trusted_proxies="example.com"))
