"""A JSON API, page by page, as one CSV file, known by its content alone.

Its columns are known when the last record has come, so records wait in a temporary file; with `fields` they are known before, and nothing waits.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any, Final

import httpx
import msgspec

from backbone.errors import Rejected, TooLarge
from backbone.outgoing.client import Answer, Outgoing
from backbone.outgoing.databases.values import csv_line
from backbone.outgoing.request import OutgoingRequest, read_url
from services.upload.sources.json_records import at_path, decode, header_of, records_of
from services.upload.sources.place import THE_ONE, Content, Item
from services.upload.sources.settings import ApiSettings, Secret
from services.upload.sources.url_place import check_status, secret_headers

PAGE_BYTES_MAX: Final = 16 * 1024 * 1024  # as objects of Python it takes several times as much
SPOOL_BYTES_MAX: Final = 256 * 1024 * 1024
BLOCK_BYTES: Final = 1024 * 1024
Record = dict[str, str | None]


class ApiPlace:
    def __init__(self, settings: ApiSettings, secret: Secret, outgoing: Outgoing, bytes_max: int) -> None:
        """Raises `Refused`."""
        self._url = read_url(settings.url)
        self._settings = settings
        self._secret = secret
        self._outgoing = outgoing
        self._bytes_max = bytes_max

    async def items(self) -> AsyncIterator[Item]:
        yield Item(THE_ONE)

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        yield Content(self._blocks(), "", "records.csv")

    async def _blocks(self) -> AsyncIterator[bytes]:
        if self._settings.fields:
            header = list(self._settings.fields)
            yield csv_line(header).encode()
            async for records in self._pages():
                yield lines_of(header, records)
            return
        with tempfile.TemporaryFile() as spool:
            header = await self._spool(spool)
            spool.seek(0)
            yield csv_line(header).encode()
            while records := [msgspec.json.decode(line) for line in spool.readlines(BLOCK_BYTES)]:
                yield lines_of(header, records)

    async def _spool(self, spool: IO[bytes]) -> list[str]:
        """The header of all that has come."""
        header: list[str] = []
        size_bytes = 0
        async for records in self._pages():
            header = header_of(header, records)
            size_bytes += spool.write(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
            if size_bytes > min(SPOOL_BYTES_MAX, self._bytes_max):
                detail = f"The records take more than {min(SPOOL_BYTES_MAX, self._bytes_max)} bytes. With fields= they need not wait for each other."
                raise TooLarge("answer-too-large", detail)
        if not header:
            raise Rejected("no-records", f"{self._url.host} has no records. Nothing was changed.")
        return header

    async def _pages(self) -> AsyncIterator[list[Record]]:
        """Raises `Rejected` when there is no end of them, or one comes twice."""
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
                content = decode(await answer.read(PAGE_BYTES_MAX), answer.host)
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

    def _next(self, url: httpx.URL, answer: Answer, content: Any, records: int) -> httpx.URL | None:
        paging = self._settings.paging
        if paging.by == "link":
            link = at_path(content, paging.next) if paging.next else next_link(answer.headers.get("link", ""))
            return read_url(str(url.join(str(link)))) if link else None
        if paging.by == "cursor":
            cursor = at_path(content, paging.next)
            return url.copy_set_param(paging.parameter, str(cursor)) if cursor else None
        if paging.by in ("page", "offset") and records:
            now = int(url.params[paging.parameter])
            return url.copy_set_param(paging.parameter, str(now + (1 if paging.by == "page" else records)))
        return None


def lines_of(header: list[str], records: list[Record]) -> bytes:
    return "".join(csv_line(record.get(field) for field in header) for record in records).encode()


def next_link(header: str) -> str | None:
    """Of `Link: <https://…>; rel="next"` (RFC 8288)."""
    links = httpx.Response(200, headers={"link": header}).links if header else {}
    return links.get("next", {}).get("url")
