"""Who may come in at all: requests that a foreign web page makes a browser send, or that reach us under a foreign name, are turned away
before anything reads them.

A server on localhost is open to every page that its user visits: the browser sends a form or a script's request there, and a name whose
address changes to 127.0.0.1 (DNS rebinding) makes a foreign page the same origin. So the name in `Host` has to be one of ours, and a
request that changes something must not come from another origin (`Sec-Fetch-Site` by browsers that send it, else `Origin`).
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from backbone.errors import BadRequest, Rejected
from backbone.http.problems import problem_document
from backbone.runtime.key_text import is_key
from backbone.settings import NO_KEY, Settings

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE: Final = frozenset({"same-origin", "none"})
HEADERS: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}


class Forbidden(Rejected):
    """The request is understood, and not let in."""

    status = 403


class Misdirected(Rejected):
    """The request names a host that this server does not answer for."""

    status = 421


class Door(Struct, frozen=True):
    """`hosts`: names, without a port, under which this server is reached; empty: any. `origins`: other pages that may change something,
    as `https://tools.example`."""

    hosts: frozenset[str]
    origins: frozenset[str]

    def check(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raises `BadRequest`, `Misdirected`, `Forbidden`."""
        named: dict[bytes, list[str]] = {b"host": [], b"origin": [], b"sec-fetch-site": []}
        for name, value in headers:
            if (values := named.get(name)) is not None:
                values.append(value.decode("latin-1"))
        host = self._check_host(named[b"host"])
        if method not in SAFE_METHODS:
            self._check_origin(host, named[b"origin"], named[b"sec-fetch-site"])

    def _check_host(self, hosts: Sequence[str]) -> str:
        if len(hosts) != 1 or not hosts[0]:
            raise BadRequest("bad-host", f"The request has {len(hosts)} Host headers; it takes exactly one.")
        name = host_name(hosts[0])
        if self.hosts and name not in self.hosts:
            detail = f"This server is not called {name[:200]!r}. ROWMILL_HTTP_HOSTS names the hosts that it answers for."
            raise Misdirected("unknown-host", detail)
        return hosts[0].lower()

    def _check_origin(self, host: str, origins: Sequence[str], sites: Sequence[str]) -> None:
        if any(origin.lower() in self.origins for origin in origins):
            return
        is_foreign = any(site not in OWN_SITE for site in sites) or any(origin_host(origin) != host for origin in origins)
        if is_foreign:
            where = (origins or sites)[0][:200]
            detail = f"The request comes from another web page ({where!r}), which may not change anything. ROWMILL_CORS_ORIGINS names pages that may."
            raise Forbidden("foreign-origin", detail)


def door_of(settings: Settings) -> Door:
    """Raises `BadRequest` where the server would be reachable from elsewhere without anybody having said so."""
    is_local = is_loopback(settings.http_host)
    if settings.auth == "none" and not is_local and not settings.insecure:
        detail = (
            f"ROWMILL_HTTP_HOST={settings.http_host} lets other machines in, and with ROWMILL_AUTH=none nobody is asked who they are. "
            "Leave ROWMILL_AUTH out, so that keys are asked for; or set ROWMILL_INSECURE=1 if something in front of it asks."
        )
        raise BadRequest("open-to-all", detail)
    keys = {"ROWMILL_FIRST_KEY": settings.first_key if settings.first_key != NO_KEY else "", "ROWMILL_METRICS_KEY": settings.metrics_key}
    for name, key in keys.items():
        if key and not is_key(key):
            raise BadRequest("bad-setting", f"{name} is no key: rwm_, 40 letters and digits, and the first 6 digits of their SHA-256.")
    hosts = _listed(settings.http_hosts) | (LOOPBACK_NAMES if is_local or settings.http_hosts else frozenset())
    return Door(hosts=hosts, origins=_listed(settings.cors_origins))


def asks_for_keys(settings: Settings) -> bool:
    return settings.auth == "keys" or (settings.auth == "" and not settings.insecure and not is_loopback(settings.http_host))


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """`Host` without its port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def origin_host(origin: str) -> str:
    """The host and port of an origin, as `Host` has them; empty for `null` and for what is no URL."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _listed(names: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())


class Guarded:
    """The application behind its door. Every answer gets the headers that keep browsers from guessing and framing it."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":  # the start and end of the application
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message.get("headers", [])}
                added = [(name, value) for name, value in HEADERS.items() if name not in present]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        try:
            self._door.check(str(scope["method"]), scope["headers"])  # type: ignore[typeddict-item]
        except Rejected as error:
            await _refuse(error, send_guarded)
            return
        await self._app(scope, receive, send_guarded)


async def _refuse(error: Rejected, send: Any) -> None:
    """Without reading the body, so the connection ends behind the answer."""
    body = msgspec.json.encode(problem_document(error.status, error.code, error.detail, **error.place))
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
