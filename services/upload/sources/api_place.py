"""A JSON API, page by page, as one file of NDJSON, known by its content alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from msgspec import Raw

from backbone.errors import Rejected
from backbone.outgoing.client import Answer, Outgoing
from backbone.outgoing.request import OutgoingRequest, read_url
from services.upload.sources.json_records import at_path, decode, line_of, records_of
from services.upload.sources.place import THE_ONE, Content, Item
from services.upload.sources.settings import ApiSettings, Secret
from services.upload.sources.url_place import check_status, secret_headers

PAGE_BYTES_MAX: Final = 16 * 1024 * 1024


class ApiPlace:
    def __init__(self, settings: ApiSettings, secret: Secret, outgoing: Outgoing) -> None:
        """Raises `Refused`."""
        self._url = read_url(settings.url)
        self._settings = settings
        self._secret = secret
        self._outgoing = outgoing

    async def items(self) -> AsyncIterator[Item]:
        yield Item(THE_ONE)

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        yield Content(self._blocks(), "", "records.ndjson", "ndjson")

    async def _blocks(self) -> AsyncIterator[bytes]:
        is_empty = True
        async for records in self.pages():
            if records:
                is_empty = False
                yield b"".join(line_of(record, self._settings.fields) for record in records)
        if is_empty:
            raise Rejected("no-records", f"{self._url.host} has no records. Nothing was changed.")

    async def pages(self) -> AsyncIterator[list[Raw]]:
        """Their records. Raises `Rejected` when there is no end of them, or one comes twice."""
        paging = self._settings.paging
        url: httpx.URL | None = self._first()
        seen: set[str] = set()
        for _ in range(paging.pages_max):
            if url is None:
                return
            if str(url) in seen:
                raise Rejected("paging-turns", f"{url.host} leads to the same page twice, so there is no end of them. Is paging right?")
            seen.add(str(url))
            async with self._outgoing.send(self._request(url)) as answer:
                check_status(answer)
                content = await answer.read(PAGE_BYTES_MAX)
            records = records_of(content, self._settings.records, url.host)
            yield records
            url = self._next(url, answer, content, len(records))
        if url is not None:
            raise Rejected("too-many-pages", f"{url.host} has more than {paging.pages_max} pages. pages_max= raises the limit.")

    def _request(self, url: httpx.URL) -> OutgoingRequest:
        """To another origin, where a link leads there, without secrets."""
        is_ours = (url.scheme, url.host, url.port) == (self._url.scheme, self._url.host, self._url.port)
        secret = secret_headers(self._secret) if is_ours else {}
        return OutgoingRequest(url=str(url), headers={"accept": "application/json", **self._settings.headers}, secret_headers=secret)

    def _first(self) -> httpx.URL:
        paging = self._settings.paging
        url = self._url
        if paging.by in ("page", "offset"):
            url = url.copy_set_param(paging.parameter, str(self._start()))
        return url.copy_set_param(paging.size_parameter, str(paging.size)) if paging.size_parameter else url

    def _start(self) -> int:
        paging = self._settings.paging
        return paging.start if paging.start is not None else 1 if paging.by == "page" else 0

    def _next(self, url: httpx.URL, answer: Answer, content: bytes, records: int) -> httpx.URL | None:
        paging = self._settings.paging
        if paging.by == "link":
            link = at_path(decode(content, url.host), paging.next) if paging.next else next_link(answer.headers.get("link", ""))
            return read_url(str(url.join(str(link)))) if link else None
        if paging.by == "cursor":
            cursor = at_path(decode(content, url.host), paging.next)
            return url.copy_set_param(paging.parameter, str(cursor)) if cursor else None
        if paging.by in ("page", "offset") and records:
            now = int(url.params[paging.parameter])
            return url.copy_set_param(paging.parameter, str(now + (1 if paging.by == "page" else records)))
        return None


def next_link(header: str) -> str | None:
    """Of `Link: <https://…>; rel="next"` (RFC 8288)."""
    links = httpx.Response(200, headers={"link": header}).links if header else {}
    return links.get("next", {}).get("url")
