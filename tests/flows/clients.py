"""Clients that do what no library does: stop in the middle, lie about the length, send a byte at a time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import httpx

from tests.flows import keyed
from tests.no_tls import NO_TLS


@contextmanager
def sending(url: str, length: int, headers: dict[str, str] | None = None, **options: str) -> Iterator[socket.socket]:
    """A connection on which the head of an upload has been sent, with this Content-Length; the body is the caller's."""
    place = urlsplit(url)
    lines = [
        f"POST /api/uploads?{urlencode(options)} HTTP/1.1",
        f"Host: {place.netloc}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in {**keyed.AUTHORIZED, **(headers or {})}.items()),
    ]
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def only_upload(url: str, dataset: str) -> dict[str, object]:
    """The one upload of the dataset; empty before there is one."""
    found = httpx.get(f"{url}/api/uploads", params={"dataset": dataset}, headers=keyed.AUTHORIZED, verify=NO_TLS).json()["uploads"]
    assert len(found) <= 1
    return found[0] if found else {}
