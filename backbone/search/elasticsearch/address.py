"""`https://[user:password@]host:9200[/prefix][?ca=/path&api_key=…]`: where Elasticsearch is, and how it is spoken to. Pure, but for a look
whether the CA's file is there."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from backbone.runtime.url_options import unusable, url_options

SETTING: Final = "ROWMILL_SEARCH_URL"
OPTIONS: Final = ("ca", "api_key")


class ElasticsearchAddress(Struct, frozen=True):
    """`security` goes to Elasticsearch's client."""

    url: str
    prefix: str = ""
    security: dict[str, Any] = {}


def read_address(url: str) -> ElasticsearchAddress:
    """Raises `BadRequest` that tells no password."""
    parts = urlsplit(url)
    options = url_options(parts.query, SETTING, OPTIONS)
    if "api_key" in options and "@" in parts.netloc:
        raise unusable(SETTING, "give api_key or user:password@, not both")
    security: dict[str, Any] = {}
    if (api_key := options.get("api_key")) is not None:
        security["api_key"] = api_key
    if (ca := options.get("ca")) is not None:
        if parts.scheme != "https":
            raise unusable(SETTING, "ca needs https")
        if not Path(ca).is_file():
            raise unusable(SETTING, f"there is no file {ca} for ca")
        security["ca_certs"] = ca
    return ElasticsearchAddress(f"{parts.scheme}://{parts.netloc}", parts.path.strip("/"), security)
