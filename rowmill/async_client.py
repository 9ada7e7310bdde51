"""The client for programs with an event loop, asyncio's or trio's. `client.py`, with `await` where the network is."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, Unpack

import anyio
import anyio.to_thread
import httpx

from rowmill import calls
from rowmill.answers import check_answer, read_answer
from rowmill.calls import Call, Format, GroupOptions, PageOptions, Part, SearchOptions, T, UploadOptions
from rowmill.files import Incoming, Outgoing, Progress
from rowmill.frames import Library, read_frame
from rowmill.problems import UploadFailed
from rowmill.shapes import Dataset, DatasetHits, Page, Row, Upload

TIMEOUT_S = 60.0


class AsyncClient:
    """Speaks to the Rowmill at `url`; a context manager. What it raises: `Problem`, `UploadFailed`, and httpx's own errors.

    With `http`, requests go through a client of yours, with its own base URL, headers, proxies; it is left open.
    """

    def __init__(self, url: str = "http://127.0.0.1:8000", *, timeout_s: float = TIMEOUT_S, http: httpx.AsyncClient | None = None) -> None:
        self._is_ours = http is None
        self._http = http or httpx.AsyncClient(base_url=url, timeout=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def upload(self, file: str | Path | BinaryIO, *, progress: Progress | None = None, **options: Unpack[UploadOptions]) -> Upload:
        """Sends a file in blocks; it is stored and scanned when this returns, and its rows follow (`wait`)."""
        outgoing = Outgoing(file, progress)
        try:
            call = calls.upload(outgoing.named(options))
            request = self._http.build_request(
                call.method, call.path, params=list(call.parameters), headers=outgoing.headers, content=_in_threads(outgoing.blocks())
            )
            return read_answer(call, await self._http.send(request))
        finally:
            outgoing.close()

    async def wait(self, upload: Upload | str, *, timeout_s: float | None = None) -> Upload:
        """Returns when its rows can be searched (or are held for a preview). Raises `UploadFailed`, `TimeoutError`."""
        upload_id = upload if isinstance(upload, str) else upload.id
        started = time.monotonic()
        for wait_s in calls.waits():
            found = await self.get_upload(upload_id)
            if found.is_good:
                return found
            if found.has_ended:
                raise UploadFailed(found)
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"upload {upload_id} is still {found.state} after {timeout_s} s")
            await anyio.sleep(wait_s)
        raise AssertionError("waits never end")

    async def get_upload(self, upload_id: str) -> Upload:
        return await self._ask(calls.get_upload(upload_id))

    def datasets(self) -> AsyncIterator[Dataset]:
        """All datasets, by name."""
        return self._items(calls.datasets)

    async def dataset(self, name: str, version: int | None = None) -> Dataset:
        return await self._ask(calls.dataset(name, version))

    async def page(self, dataset: str, q: str = "", *, cursor: str | None = None, **options: Unpack[PageOptions]) -> Page:
        """One page of a search; `Page.next_cursor` leads to the next, of the same version."""
        return await self._ask(calls.rows(dataset, q, options, cursor))

    async def pages(self, dataset: str, q: str = "", **options: Unpack[PageOptions]) -> AsyncIterator[Page]:
        """All pages of a search, all of one version, whatever is published meanwhile."""
        cursor: str | None = None
        while True:
            page = await self.page(dataset, q, cursor=cursor, **options)
            yield page
            if (cursor := page.next_cursor) is None:
                return

    async def search(self, dataset: str, q: str = "", **options: Unpack[PageOptions]) -> AsyncIterator[Row]:
        """All rows that a search finds, page by page as they are taken."""
        async for page in self.pages(dataset, q, **options):
            for row in page.rows:
                yield row

    def search_everywhere(self, q: str, *, limit: int = 3) -> AsyncIterator[DatasetHits]:
        """The first rows found in each dataset, for those with any."""
        return self._items(lambda cursor: calls.everywhere(q, limit, cursor))

    def groups(
        self, dataset: str, by: str | Sequence[str], agg: str | Sequence[str] = "count", **options: Unpack[GroupOptions]
    ) -> AsyncIterator[dict[str, Any]]:
        """Groups with their aggregates, exact: `agg="count,sum:price"` gives each a `count` and a `sum_price`."""
        return self._items(lambda cursor: calls.groups(dataset, by, agg, options, cursor))

    async def export(
        self,
        dataset: str,
        target: str | Path,
        *,
        format: Format | None = None,
        q: str = "",
        safe: bool = False,
        **options: Unpack[SearchOptions],
    ) -> Path:
        """Writes all rows that a search finds to a file, in the format that its name ends in. A broken download of CSV or NDJSON goes on
        where it stopped; the file appears when it is whole."""
        call = calls.export(dataset, format or calls.format_of(target), q, {**options, "safe": safe or None})
        with Incoming(target) as incoming:
            while not incoming.is_whole:
                try:
                    await self._receive(call, incoming)
                except httpx.TransportError:
                    if not incoming.may_go_on():
                        raise
        return Path(target)

    async def to_frame(self, dataset: str, q: str = "", *, library: Library = "polars", **options: Unpack[SearchOptions]) -> Any:
        """All rows that a search finds as a DataFrame of polars or pandas, which must be installed."""
        call = calls.export(dataset, "parquet", q, options)
        response = await self._http.request(call.method, call.path, params=list(call.parameters))
        check_answer(response)
        return read_frame(response.content, library)

    async def _receive(self, call: Call[None], incoming: Incoming) -> None:
        async with self._http.stream(call.method, call.path, params=list(call.parameters), headers=incoming.headers) as response:
            if not response.is_success:
                await response.aread()
            check_answer(response)
            incoming.begin(response.status_code, response.headers)
            async for block in response.aiter_bytes():
                incoming.write(block)
        incoming.is_whole = True

    async def _items(self, call_at: Callable[[str | None], Call[Part[T]]]) -> AsyncIterator[T]:
        """Of all pages of a list."""
        cursor: str | None = None
        while True:
            part = await self._ask(call_at(cursor))
            for item in part.items:
                yield item
            if (cursor := part.next_cursor) is None:
                return

    async def _ask(self, call: Call[T]) -> T:
        return read_answer(call, await self._http.request(call.method, call.path, params=list(call.parameters)))


async def _in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A disk may be slow: the loop does not wait for it."""
    while block := await anyio.to_thread.run_sync(next, blocks, b""):
        yield block
