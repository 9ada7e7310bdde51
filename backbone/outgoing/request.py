"""A request as a value, what its URL may be, and where a redirect may lead. Pure."""

from collections.abc import Mapping
from typing import Final

import httpx
from msgspec import Struct, structs

from backbone.outgoing.addresses import PORT_MAX, Refused

URL_CHARACTERS_MAX: Final = 8 * 1024
PORTS: Final = {"http": 80, "https": 443}
REDIRECTS: Final = (301, 302, 303, 307, 308)


class OutgoingRequest(Struct, frozen=True, kw_only=True):
    """`secret_headers` go to the origin of `url` alone, whatever redirects say."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    secret_headers: Mapping[str, str] = {}
    content: bytes | None = None


def read_url(text: str) -> httpx.URL:
    """Of http and https, with a host, and without a user in it. Raises `Refused`."""
    if len(text) > URL_CHARACTERS_MAX or not text.isprintable() or "\\" in text or " " in text:
        raise Refused("bad-url", f"A URL has at most {URL_CHARACTERS_MAX} characters, and no blank, backslash or control character.")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise Refused("bad-url", "This is no URL, such as https://example.org/prices.csv.") from None
    if url.scheme not in PORTS or not url.host or not 0 < port_of(url) <= PORT_MAX:
        raise Refused("bad-url", "A URL begins with https:// or http:// and the name of a host.")
    if url.userinfo:
        raise Refused("bad-url", "The URL has a user or password in it. Give them as the secret instead: it is kept encrypted.")
    return url


def port_of(url: httpx.URL) -> int:
    return url.port or PORTS[url.scheme]


def redirected(request: OutgoingRequest, url: httpx.URL, location: str, status: int) -> OutgoingRequest:
    """The request to make instead. Credentials stay with their origin. Raises `Refused`."""
    try:
        target = read_url(str(url.join(location)))
    except (httpx.InvalidURL, ValueError):
        raise Refused("bad-redirect", f"{url.host} redirects to what is no URL.") from None
    if url.scheme == "https" and target.scheme == "http":
        raise Refused("bad-redirect", f"{url.host} redirects from https to http, where anybody could read along.")
    moved = structs.replace(request, url=str(target.copy_with(fragment=None)))
    if status == 303:
        moved = structs.replace(moved, method="GET", content=None)
    is_same_origin = (target.scheme, target.raw_host, port_of(target)) == (url.scheme, url.raw_host, port_of(url))
    return moved if is_same_origin else structs.replace(moved, secret_headers={})
