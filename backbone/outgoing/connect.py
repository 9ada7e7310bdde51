"""Connections to checked addresses only: the name is resolved once, every address of it is checked, and the connection goes to one of these
very addresses, so that a name which changes between the check and the connection gains nothing. TLS and `Host` keep the name."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import httpcore

from backbone.outgoing.addresses import WEB_PORTS, Allowed, check_addresses

Resolve = Callable[[str, int], Awaitable[list[str]]]
ADDRESSES_MAX: Final = 32  # of one name
RESOLVE_S_MAX: Final = 10.0


async def resolve_host(host: str, port: int) -> list[str]:
    """Numeric addresses, the preferred first. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))[:ADDRESSES_MAX]


async def checked_addresses(
    host: str, port: int, allowed: Allowed, resolve: Resolve = resolve_host, ports: frozenset[int] = WEB_PORTS
) -> list[str]:
    """Raises `Refused`, `OSError` for a name that leads nowhere, `TimeoutError`."""
    async with asyncio.timeout(RESOLVE_S_MAX):
        addresses = await resolve(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    return check_addresses(host, port, addresses, allowed, ports)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """What httpcore opens its connections with."""

    def __init__(self, allowed: Allowed, resolve: Resolve = resolve_host) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await checked_addresses(host, port, self._allowed, self._resolve)
        except (OSError, UnicodeError) as error:  # TimeoutError is one
            raise httpcore.ConnectError(f"the name {host[:100]} leads nowhere") from error
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("there is no way to a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
