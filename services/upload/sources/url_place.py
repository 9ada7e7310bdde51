"""A file behind a URL. It is asked for with what is known of the one before (`ETag`, `Last-Modified`), and not sent again when it is the same."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

import httpx
import msgspec

from backbone.errors import Rejected
from backbone.outgoing.client import Answer, Outgoing
from backbone.outgoing.request import OutgoingRequest, read_url
from services.upload.sources.place import THE_ONE, Content, Item
from services.upload.sources.settings import Secret, UrlSettings

ADVICE: Final[Mapping[int, str]] = {
    401: "Give the source a secret, or mend the one it has.",
    403: "Give the source a secret that may read this.",
    404: "Is the URL right still?",
    410: "Is the URL right still?",
}


class UrlPlace:
    def __init__(self, settings: UrlSettings, secret: Secret, outgoing: Outgoing, bytes_max: int) -> None:
        read_url(settings.url)  # raises what is wrong with it
        self._settings = settings
        self._secret = secret
        self._outgoing = outgoing
        self._bytes_max = bytes_max

    async def items(self) -> AsyncIterator[Item]:
        yield Item(THE_ONE)

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        conditions = {} if known is None else _conditions(known)
        request = OutgoingRequest(
            url=self._settings.url, headers={**self._settings.headers, **conditions}, secret_headers=secret_headers(self._secret)
        )
        async with self._outgoing.send(request) as answer:
            if answer.status == 304 and conditions:
                yield None
                return
            check_status(answer)
            yield Content(answer.blocks(self._bytes_max), _mark(answer), file_name_of(self._settings.url))


def secret_headers(secret: Secret) -> dict[str, str]:
    headers = dict(secret.headers)
    if secret.token:
        headers["authorization"] = f"Bearer {secret.token}"
    elif secret.user or secret.password:
        headers["authorization"] = "Basic " + base64.b64encode(f"{secret.user}:{secret.password}".encode()).decode()
    return headers


def check_status(answer: Answer) -> None:
    """Raises `Rejected`."""
    if answer.status != 200:
        advice = ADVICE.get(answer.status, "")
        raise Rejected("source-answers", f"{answer.host} answers {answer.status} in the place of the file. {advice}".strip())


def file_name_of(url: str) -> str:
    """The last part of its path, where that is a name."""
    name = PurePosixPath(unquote(httpx.URL(url).path)).name
    return name[-255:] if name.isprintable() and name else "fetched.csv"


def _mark(answer: Answer) -> str:
    """Empty where the server tells nothing to know the file by."""
    known = {name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers}
    return msgspec.json.encode(known).decode() if known else ""


def _conditions(known: str) -> dict[str, str]:
    marks = msgspec.json.decode(known, type=dict[str, str])
    named = {"etag": "if-none-match", "last-modified": "if-modified-since"}
    return {named[name]: value for name, value in marks.items() if name in named and value.isascii()}
