"""The one way out: requests to servers that users name, guarded and limited.

Each request, and each step of a redirect, is checked by its URL (`request.py`) and by every address of its host (`connect.py`). An answer is
limited in bytes as they are unpacked, in time, and in how slow it may be; a host is asked so often, and by so many at once, per process.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import httpcore
import httpx
from cachetools import LRUCache
from msgspec import Struct

from backbone.errors import TooLarge, Unavailable
from backbone.outgoing.addresses import WEB_PORTS, Allowed, Refused, other_port
from backbone.outgoing.connect import GuardedBackend, Resolve, checked_addresses, resolve_host
from backbone.outgoing.request import REDIRECTS, OutgoingRequest, port_of, read_url, redirected
from backbone.outgoing.retries import PASSING, retry_after_s, wait_s
from backbone.outgoing.unpack import CODINGS, Unpacker
from backbone.runtime.backoff import RateLimiter

REDIRECTS_MAX: Final = 5
TRIES_MAX: Final = 4
HOSTS_REMEMBERED_MAX: Final = 1_000
CONNECTIONS_MAX: Final = 50
USER_AGENT: Final = "rowmill"


class RemoteAway(Unavailable):
    """A server that a user named does not answer, or not as it should; a later request may go better."""

    code = "remote-away"

    @property
    def advice(self) -> str:
        return self.detail


class Limits(Struct, frozen=True, kw_only=True):
    """Per process. `bytes_per_s_min`: on average, after `silence_s` of waiting for the server; 0: any."""

    total_s: float = 3600.0
    silence_s: float = 30.0
    bytes_per_s_min: int = 1024
    per_host_max: int = 4
    requests_per_s: float = 10.0  # to one host; 0: any number


class Answer:
    def __init__(self, url: httpx.URL, response: httpcore.Response, limits: Limits) -> None:
        self.url = str(url)
        self.host = url.host
        self.status = response.status
        self.headers: Mapping[str, str] = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        self._response = response
        self._limits = limits

    async def blocks(self, bytes_max: int) -> AsyncIterator[bytes]:
        """The body, unpacked. Raises `TooLarge`, `RemoteAway` when it is cut off or too slow, `Refused`."""
        size_bytes = 0
        async for block in self._unpacked():
            size_bytes += len(block)
            if size_bytes > bytes_max:
                raise TooLarge("answer-too-large", f"{self.host} sends more than {bytes_max} bytes. Nothing of it was kept.")
            if block:
                yield block

    async def read(self, bytes_max: int) -> bytes:
        """All of it."""
        return b"".join([block async for block in self.blocks(bytes_max)])

    async def _unpacked(self) -> AsyncIterator[bytes]:
        coding = self.headers.get("content-encoding", "identity").strip().lower()
        if coding in ("identity", ""):
            async for block in self._received():
                yield block
            return
        if coding not in CODINGS:
            raise Refused("bad-content-encoding", f"{self.host} answers with Content-Encoding: {coding[:40]}, which was not asked for.")
        unpacker = Unpacker()
        async for block in self._received():
            for piece in unpacker.take(block):
                yield piece
        for piece in unpacker.finish():
            yield piece

    async def _received(self) -> AsyncIterator[bytes]:
        """As it comes over the line. Only the time counts that is spent waiting for the server."""
        loop, stream = asyncio.get_running_loop(), aiter(self._response.aiter_stream())
        waited_s, size_bytes = 0.0, 0
        while True:
            begun = loop.time()
            try:
                async with asyncio.timeout(self._limits.silence_s):
                    block = await anext(stream, None)
            except (TimeoutError, httpcore.ReadTimeout):
                raise RemoteAway(self.host, f"{self.host} sent nothing for {self._limits.silence_s:g} seconds.") from None
            except (httpcore.NetworkError, httpcore.ProtocolError):
                raise RemoteAway(self.host, f"{self.host} ended its answer after {size_bytes} bytes, before all of it had come.") from None
            if block is None:
                return
            waited_s += loop.time() - begun
            size_bytes += len(block)
            is_slow = waited_s > self._limits.silence_s and size_bytes < waited_s * self._limits.bytes_per_s_min
            if is_slow:
                raise RemoteAway(self.host, f"{self.host} sends fewer than {self._limits.bytes_per_s_min} bytes a second.")
            if waited_s > self._limits.total_s:
                raise RemoteAway(self.host, f"{self.host} takes longer than {self._limits.total_s:g} seconds.")
            yield block


class _Host:
    """How often, and by how many at once, one host is asked."""

    def __init__(self, limits: Limits) -> None:
        self.places = asyncio.Semaphore(limits.per_host_max)
        self.rate = RateLimiter(limits.requests_per_s)


class Outgoing:
    """`proxy`: the URL of one through which all requests go; it resolves the names then, and has to keep what it must not reach."""

    def __init__(self, allowed: Allowed, limits: Limits = Limits(), proxy: str = "", resolve: Resolve = resolve_host) -> None:  # noqa: B008 -- frozen
        self.allowed = allowed
        self.limits = limits
        self._proxy = proxy
        self._resolve = resolve
        self._hosts: LRUCache[str, _Host] = LRUCache(HOSTS_REMEMBERED_MAX)
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    @asynccontextmanager
    async def send(self, request: OutgoingRequest, tries_max: int = TRIES_MAX) -> AsyncIterator[Answer]:
        """The answer, of any status but those that pass: for these it is asked again. Raises `Refused`, `RemoteAway`."""
        async with AsyncExitStack() as opened:
            yield await self._answered(opened, request, tries_max)

    async def _answered(self, opened: AsyncExitStack, request: OutgoingRequest, tries_max: int) -> Answer:
        failures = 0
        while True:
            asked_s = None
            try:
                answer = await opened.enter_async_context(self._followed(request))
                if answer.status not in PASSING or tries_max == 1:
                    return answer
                asked_s = retry_after_s(answer.headers.get("retry-after"), datetime.now(UTC))
                failure = RemoteAway(answer.host, f"{answer.host} answers {answer.status}.")
            except RemoteAway as error:
                failure = error
            await opened.aclose()
            failures += 1
            pause_s = wait_s(failures, asked_s)
            if failures >= tries_max or pause_s is None:
                raise failure
            await asyncio.sleep(pause_s)

    @asynccontextmanager
    async def _followed(self, request: OutgoingRequest) -> AsyncIterator[Answer]:
        for _ in range(REDIRECTS_MAX + 1):
            url = read_url(request.url)
            async with self._once(request, url) as answer:
                location = answer.headers.get("location")
                if answer.status not in REDIRECTS or location is None:
                    yield answer
                    return
                request = redirected(request, url, location, answer.status)
        raise Refused("bad-redirect", f"{url.host} redirects more than {REDIRECTS_MAX} times.")

    @asynccontextmanager
    async def _once(self, request: OutgoingRequest, url: httpx.URL) -> AsyncIterator[Answer]:
        host = self._hosts.setdefault(url.host, _Host(self.limits))
        async with host.places:
            await host.rate.wait()
            host.rate.spend(1)
            response = await self._asked(request, url)
            try:
                yield Answer(url, response, self.limits)
            finally:
                await response.aclose()

    async def _asked(self, request: OutgoingRequest, url: httpx.URL) -> httpcore.Response:
        silence_s = self.limits.silence_s
        sent = {"host": url.netloc.decode("ascii"), "user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, identity"}
        sent |= {name.lower(): value for headers in (request.headers, request.secret_headers) for name, value in headers.items()}
        outgoing = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path),
            headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in sent.items()]
            + ([(b"content-length", str(len(request.content)).encode())] if request.content is not None else []),
            content=request.content,
            extensions={"timeout": {"connect": silence_s, "read": silence_s, "write": silence_s, "pool": silence_s}},
        )
        try:
            async with asyncio.timeout(2 * silence_s):  # headers that come a byte at a time end too
                if self._proxy:
                    await self._check_before_proxy(url)
                return await self._opened_pool().handle_async_request(outgoing)
        except (TimeoutError, httpcore.TimeoutException):
            raise RemoteAway(url.host, f"{url.host} did not answer within {silence_s:g} seconds.") from None
        except (httpcore.NetworkError, httpcore.ProxyError) as error:
            raise RemoteAway(url.host, f"{url.host} cannot be reached{_why(error)}.") from None
        except (httpcore.ProtocolError, ssl.SSLError):
            raise RemoteAway(url.host, f"{url.host} does not answer as a web server does.") from None

    async def _check_before_proxy(self, url: httpx.URL) -> None:
        """What can be known here of where the proxy will go: names that only it resolves are its own to judge."""
        host, port = url.raw_host.decode("ascii"), port_of(url)
        try:
            await checked_addresses(host, port, self.allowed, self._resolve)
        except (OSError, UnicodeError):
            if port not in WEB_PORTS and not self.allowed.has_host(host, port):
                raise other_port(host, port) from None

    def _opened_pool(self) -> httpcore.AsyncConnectionPool:
        if self._pool is None:
            common = {"max_connections": CONNECTIONS_MAX, "max_keepalive_connections": 10, "keepalive_expiry": 15.0}
            if self._proxy:
                proxy = httpx.Proxy(self._proxy)
                auth = None if proxy.raw_auth is None else proxy.raw_auth
                self._pool = httpcore.AsyncHTTPProxy(str(proxy.url), proxy_auth=auth, **common)  # type: ignore[arg-type]
            else:
                self._pool = httpcore.AsyncConnectionPool(network_backend=GuardedBackend(self.allowed, self._resolve), **common)  # type: ignore[arg-type]
        return self._pool


def _why(error: Exception) -> str:
    text = str(error)
    return f" ({text[:200]})" if text and text.isprintable() else ""
