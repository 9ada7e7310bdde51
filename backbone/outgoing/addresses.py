"""Which addresses a request that a user caused may go to: public ones, and those that the operator has allowed. Pure.

An address that carries another one inside (mapped, 6to4, Teredo, NAT64) is judged by both: the network may unwrap it.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from msgspec import Struct

from backbone.errors import BadRequest, Rejected

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS: Final = frozenset({80, 443, 8080, 8443})
PORT_MAX: Final = 65_535
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE: Final = IPv6Network("::/96")  # of old: ::127.0.0.1
# What Python's own judgement lets pass in some of its releases, or calls global although nobody outside is reached there.
_NOT_PUBLIC: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of a provider; clouds keep metadata there too
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


class Refused(Rejected):
    """A request that this server does not make."""

    status = 422


class Allowed(Struct, frozen=True):
    """What the operator lets requests reach besides public addresses. A port of None is any."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    def has_host(self, host: str, port: int) -> bool:
        name = host.lower().rstrip(".")
        return (name, port) in self.hosts or (name, None) in self.hosts

    def has_address(self, address: Address, port: int) -> bool:
        return any(address.version == network.version and address in network and at in (None, port) for network, at in self.networks)


def read_allowed(setting: str) -> Allowed:
    """`prices.internal,10.1.0.0/16,127.0.0.1:9000,[fd00::1]:443`: names, addresses and networks, each with a port or for all of them.
    Raises `BadRequest`."""
    hosts: set[tuple[str, int | None]] = set()
    networks: list[tuple[Network, int | None]] = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        host, port = _split_port(part)
        try:
            networks.append((ip_network(host), port))
        except ValueError:
            if not host or "/" in host or ":" in host or "*" in host:
                detail = (
                    f"ROWMILL_OUTGOING_ALLOW: {part[:100]!r} is no host, address or network, such as prices.internal:8080 or 10.1.0.0/16."
                )
                raise BadRequest("bad-setting", detail) from None
            hosts.add((host.lower().rstrip("."), port))
    return Allowed(frozenset(hosts), tuple(networks))


def _split_port(part: str) -> tuple[str, int | None]:
    if part.startswith("["):
        host, closing, rest = part[1:].partition("]")
        if not closing:
            return part, None
        return host, _port(part, rest.removeprefix(":")) if rest else None
    host, colon, port = part.rpartition(":")
    return (host, _port(part, port)) if colon and ":" not in host else (part, None)


def _port(part: str, text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= PORT_MAX:
        return int(text)
    raise BadRequest("bad-setting", f"ROWMILL_OUTGOING_ALLOW: {part[:100]!r} has no port between 1 and {PORT_MAX} behind its colon.")


def is_public(address: Address) -> bool:
    """Whether it, and what it carries inside, is of the open internet."""
    return all(_is_public(inner) for inner in _unwrapped(address))


def _unwrapped(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or any(address in network for network in _NAT64)):
        return True  # by itself a way of writing: what it carries is judged
    is_listed = any(address.version == network.version and address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not is_listed


def check_addresses(host: str, port: int, addresses: list[str], allowed: Allowed, ports: frozenset[int] = WEB_PORTS) -> list[str]:
    """All of them, in their order. One that may not be reached is enough for a no: who controls the name controls which one is taken.
    `ports`: of public addresses. Raises `Refused`."""
    if allowed.has_host(host, port):
        return addresses
    for text in addresses:
        address = ip_address(text)
        if any(allowed.has_address(inner, port) for inner in _unwrapped(address)):
            continue
        if not is_public(address):
            detail = (
                f"{host[:100]} leads to an address that is not public, and requests do not go there. "
                f"The operator of this server may allow it: ROWMILL_OUTGOING_ALLOW={host[:100]}:{port}."
            )
            raise Refused("outgoing-address", detail)
        if port not in ports:
            raise other_port(host, port, ports)
    return addresses


def other_port(host: str, port: int, ports: frozenset[int] = WEB_PORTS) -> Refused:
    usual = ", ".join(str(number) for number in sorted(ports))
    detail = f"Port {port} of {host[:100]} is none that requests go to ({usual}). ROWMILL_OUTGOING_ALLOW={host[:100]}:{port} allows it."
    return Refused("outgoing-port", detail)
