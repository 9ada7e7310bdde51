"""What a proxy in front says of its client: the address, and whether it came by TLS. Believed of proxies in named networks alone, for anybody
else can write the same headers."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

from backbone.errors import BadRequest
from backbone.settings import Settings

FORWARDED_FOR: Final = b"x-forwarded-for"
FORWARDED_PROTO: Final = b"x-forwarded-proto"
PROTOCOLS: Final = ("http", "https")

Networks = Sequence[IPv4Network | IPv6Network]


def trusted_networks(settings: Settings) -> Networks:
    """Raises `BadRequest`."""
    try:
        return [ip_network(text.strip(), strict=False) for text in settings.trusted_proxies.split(",") if text.strip()]
    except ValueError as error:
        raise BadRequest("bad-setting", f"ROWMILL_TRUSTED_PROXIES takes addresses and networks such as 10.0.0.0/8: {error}.") from None


class Proxied:
    """An ASGI application around another one, which finds the client's own address and scheme in the request."""

    def __init__(self, app: ASGIApp, trusted: Networks) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Any = scope
        if self._trusted and request["type"] == "http" and self._is_trusted((request.get("client") or ("",))[0]):
            request = {**request, **self._said_of_client(request)}
        await self._app(request, receive, send)

    def _said_of_client(self, request: Any) -> dict[str, Any]:
        said: dict[str, Any] = {}
        protocols = _values(request["headers"], FORWARDED_PROTO)
        if protocols and protocols[-1].lower() in PROTOCOLS:
            said["scheme"] = protocols[-1].lower()
        # From the right: each proxy adds whom it saw, and what stands left of the first that is not ours, anybody may have written.
        for address in reversed(_values(request["headers"], FORWARDED_FOR)):
            if not _is_address(address):
                break
            said["client"] = (address, 0)
            if not self._is_trusted(address):
                break
        return said

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _values(headers: Any, wanted: bytes) -> list[str]:
    joined = ",".join(value.decode("latin-1") for name, value in headers if name.lower() == wanted)
    return [value.strip() for value in joined.split(",") if value.strip()]
