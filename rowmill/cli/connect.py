"""Where the command line finds Rowmill, and the parameters that its commands share."""

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import httpx
from cyclopts import Parameter

from rowmill import calls
from rowmill.client import TIMEOUT_S, Client

Url = Annotated[str, Parameter(help="Where Rowmill answers; else ROWMILL_URL says it, or ROWMILL_HTTP_HOST and _PORT.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON, one object a line, instead of what people read.")]
Option = Annotated[
    tuple[str, ...],
    Parameter(negative="", help="NAME=VALUE, any option that the API has, also one that this version has no flag for. Repeatable."),
]
KEY: Final = "ROWMILL_KEY"
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = "8000"


class Misused(Exception):  # noqa: N818 -- not the program's error
    """Arguments that no request can be made of. Ends with 2."""


def open_client(url: str) -> Client:
    headers = {"User-Agent": "rowmill", **calls.headers(os.environ.get(KEY, ""))}
    return Client(http=httpx.Client(base_url=url_of(url, os.environ), timeout=TIMEOUT_S, headers=headers))


def url_of(url: str, environment: Mapping[str, str]) -> str:
    host, port = environment.get("ROWMILL_HTTP_HOST", DEFAULT_HOST), environment.get("ROWMILL_HTTP_PORT", DEFAULT_PORT)
    scheme = "https" if environment.get("ROWMILL_TLS_CERTIFICATE") else "http"
    return url or environment.get("ROWMILL_URL") or f"{scheme}://{host}:{port}"


def pairs(options: Iterable[str]) -> dict[str, Any]:
    """Raises `Misused`."""
    parts = [option.partition("=") for option in options]
    if wrong := [name for name, equals, _ in parts if not equals or not name]:
        raise Misused(f"--option needs NAME=VALUE, as in --option 'delimiter=;', and not {', '.join(map(repr, wrong))}.")
    return {name: value for name, _, value in parts}
