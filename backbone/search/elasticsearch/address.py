"""`https://[user:password@]host:9200[/prefix][?ca=/path&api_key=…]`: where Elasticsearch is, and how it is spoken to. Pure, but for a look
whether the CA's file is there."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from backbone.errors import BadRequest

OPTIONS: Final = ("ca", "api_key")


class ElasticsearchAddress(Struct, frozen=True):
    """`security` goes to Elasticsearch's client."""

    url: str
    prefix: str = ""
    security: dict[str, Any] = {}


def read_address(url: str) -> ElasticsearchAddress:
    """Raises `BadRequest` that tells no password."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - set(OPTIONS)):
        raise _bad(f"it knows {' and '.join(OPTIONS)}, not {', '.join(unknown)}")
    if "api_key" in options and "@" in parts.netloc:
        raise _bad("give api_key or user:password@, not both")
    security: dict[str, Any] = {}
    if (api_key := options.get("api_key")) is not None:
        security["api_key"] = api_key
    if (ca := options.get("ca")) is not None:
        if parts.scheme != "https":
            raise _bad("ca needs https")
        if not Path(ca).is_file():
            raise _bad(f"there is no file {ca} for ca")
        security["ca_certs"] = ca
    return ElasticsearchAddress(f"{parts.scheme}://{parts.netloc}", parts.path.strip("/"), security)


def _bad(why: str) -> BadRequest:
    return BadRequest("bad-setting", f"ROWMILL_SEARCH_URL cannot be used: {why}.")
