"""The client for programs with an event loop, asyncio's or trio's. `client.py` is generated from this module (`make client`)."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, Unpack

import httpx

from rowmill import calls, operator_calls
from rowmill.answers import check_answer, read_answer
from rowmill.async_edits import AsyncEditMethods
from rowmill.async_enrichments import AsyncEnrichmentMethods
from rowmill.async_scans import AsyncScanMethods
from rowmill.async_sources import AsyncSourceMethods
from rowmill.calls import AuditOptions, Call, Format, GroupOptions, ListOptions, PageOptions, Part, SearchOptions, T
from rowmill.files import PREVIEW_BYTES, Incoming, Outgoing, Progress
from rowmill.frames import Library, read_frame
from rowmill.options import UploadOptions
from rowmill.pauses import asleep
from rowmill.problems import UploadFailed
from rowmill.shapes import (
    AuditEvent,
    Dataset,
    DatasetHits,
    DatasetSettings,
    DeadLetter,
    Finding,
    Key,
    MadeKey,
    Me,
    Page,
    Preview,
    Reject,
    Row,
    Upload,
    Workers,
)

TIMEOUT_S = 60.0


class AsyncClient(AsyncEditMethods, AsyncEnrichmentMethods, AsyncScanMethods, AsyncSourceMethods):
    """Speaks to the Rowmill at `url`; a context manager. What it raises: `Problem`, `UploadFailed`, and httpx's own errors.

    `key` is sent with each request, where the server asks for one. With `http`, requests go through a client of yours, with its own base
    URL, headers, proxies; it is left open.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8000", *, key: str = "", timeout_s: float = TIMEOUT_S, http: httpx.AsyncClient | None = None
    ) -> None:
        self._is_ours = http is None
        self._http = http or httpx.AsyncClient(base_url=url, timeout=timeout_s, headers=calls.headers(key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def upload(self, file: str | Path | BinaryIO, *, progress: Progress | None = None, **options: Unpack[UploadOptions]) -> Upload:
        """Sends a file in blocks; it is stored and scanned when this returns, and its rows follow (`wait`)."""
        with Outgoing(file, progress) as outgoing:
            return await self._send(calls.upload(outgoing.named(options)), outgoing)

    async def preview(self, file: str | Path | BinaryIO, **options: Unpack[UploadOptions]) -> Preview:
        """What a file would become, found out from its first 64 KiB. Nothing is stored."""
        with Outgoing(file, bytes_max=PREVIEW_BYTES) as outgoing:
            return await self._send(calls.preview(outgoing.named(options)), outgoing)

    async def watch(self, upload: Upload | str) -> AsyncIterator[Upload]:
        """The upload again and again, until it has ended one way or another, or is held."""
        for wait_s in calls.waits():
            current = await self.get_upload(upload)
            yield current
            if current.has_ended:
                return
            await asleep(wait_s)

    async def wait(self, upload: Upload | str, *, timeout_s: float | None = None) -> Upload:
        """Returns when its rows can be searched (or are held for a preview). Raises `UploadFailed`, `TimeoutError`."""
        started = time.monotonic()
        async for current in self.watch(upload):
            if current.is_good:
                return current
            if current.has_ended:
                raise UploadFailed(current)
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"upload {current.id} is still {current.state} after {timeout_s} s")
        raise AssertionError("watching ends with an upload that has ended")

    async def get_upload(self, upload: Upload | str) -> Upload:
        return await self._ask(calls.get_upload(upload))

    def uploads(self, **options: Unpack[ListOptions]) -> AsyncIterator[Upload]:
        """All uploads, the newest first."""
        return self._items(lambda cursor: calls.uploads(options, cursor))

    async def findings(self, upload: Upload | str) -> tuple[Finding, ...]:
        """What was decided about the file, and what was repaired in it."""
        return (await self.get_upload(upload)).findings

    def rejects(self, upload: Upload | str, *, limit: int = 1000) -> AsyncIterator[Reject]:
        """The records that could not be loaded, in file order; `limit` come with one request."""
        return self._items(lambda cursor: calls.rejects(upload, limit, cursor))

    async def publish(self, upload: Upload | str) -> Upload:
        """Lets readers see a held upload."""
        return await self._ask(calls.act(upload, "publish"))

    async def discard(self, upload: Upload | str) -> Upload:
        """Gives up a held upload; the dataset stays as it is."""
        return await self._ask(calls.act(upload, "discard"))

    async def undo(self, upload: Upload | str) -> Upload:
        """Takes back the newest version of a dataset."""
        return await self._ask(calls.act(upload, "undo"))

    async def cancel(self, upload: Upload | str) -> Upload:
        """Stops an upload that is not complete yet."""
        return await self._ask(calls.act(upload, "cancel"))

    async def retry(self, upload: Upload | str) -> Upload:
        """Loads a failed upload again from its stored file."""
        return await self._ask(calls.act(upload, "retry"))

    async def remove(self, upload: Upload | str, *, timeout_s: float | None = None) -> Upload | None:
        """Takes an upload out of its dataset, as if it had never been there, and returns it once it is out (UNDONE) or is told that it cannot
        be. One that has ended otherwise is forgotten with its file: None. Raises `TimeoutError`."""
        started = time.monotonic()
        current = await self._ask(calls.remove(upload))
        for wait_s in calls.waits():
            if current is None or not current.removing:
                return current
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"upload {current.id} is still being removed after {timeout_s} s")
            await asleep(wait_s)
            current = await self.get_upload(upload)
        raise AssertionError("waits never end")

    def datasets(self) -> AsyncIterator[Dataset]:
        """All datasets, by name."""
        return self._items(calls.datasets)

    async def dataset(self, name: str, version: int | None = None) -> Dataset:
        return await self._ask(calls.dataset(name, version))

    async def change(
        self,
        dataset: str,
        *,
        name: str | None = None,
        title: str | None = None,
        versions_kept: int | None = None,
        types: Mapping[str, str] | None = None,
        hold: bool | None = None,
        weights: Mapping[str, int | None] | None = None,
        language: str | None = None,
        guards: Mapping[str, str] | None = None,
    ) -> DatasetSettings:
        """Gives a dataset another name, title or number of kept versions, its columns other types (a load: `DatasetSettings.upload`, with
        `hold` to be looked at first) or other weights in searches (None: as found), its words another language ("none", "found"),
        its files other guards (`{"max_rejects": "5%", "on_warning": "hold"}`, whatever an upload says). What is left out stays."""
        changes = {"name": name, "title": title, "versions_kept": versions_kept, "types": types, "hold": hold, "weights": weights}
        changes |= {"language": language, "guards": guards}
        return await self._ask(calls.change(dataset, changes))

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

    def search_everywhere(self, q: str, *, datasets: str | Sequence[str] = "", limit: int = 3) -> AsyncIterator[DatasetHits]:
        """The first rows found in each dataset with any, the best dataset first; `datasets`: names, and beginnings of names with `*`."""
        return self._items(lambda cursor: calls.everywhere(q, datasets, limit, cursor))

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

    async def create_key(self, name: str, scopes: Sequence[str], *, datasets: Sequence[str] = ("*",), days: int | None = None) -> MadeKey:
        """A new key; what it is, is told this once. `days`: until it expires; for ever when not given."""
        return await self._ask(operator_calls.create_key(name, scopes, datasets, days))

    def keys(self) -> AsyncIterator[Key]:
        """All keys, expired and revoked ones too."""
        return self._items(operator_calls.keys)

    async def revoke_key(self, key_id: str) -> None:
        """Nobody gets in with it any more, within seconds."""
        await self._ask(operator_calls.revoke_key(key_id))

    def audit(self, **options: Unpack[AuditOptions]) -> AsyncIterator[AuditEvent]:
        """Who changed what, and who was turned away, the newest first. For keys that may do everything."""
        return self._items(lambda cursor: operator_calls.audit(options, cursor))

    async def me(self) -> Me:
        """Who asks, and what they may do."""
        return await self._ask(operator_calls.me())

    async def workers(self) -> Workers:
        """All processes, what each has in hand, and what waits."""
        return await self._ask(operator_calls.workers())

    def dead_letters(self, *, waiting: bool = False) -> AsyncIterator[DeadLetter]:
        """Events that could not be handled, the newest first; only those not replayed, if `waiting`."""
        return self._items(partial(operator_calls.dead_letters, waiting))

    async def dead_letter(self, letter_id: str) -> DeadLetter:
        """One of them, with its event and, where it was a bug, the traceback."""
        return await self._ask(operator_calls.dead_letter(letter_id))

    async def replay(self, letter_id: str) -> DeadLetter:
        """Has its event published again. What fails again dies again, as another one."""
        return await self._ask(operator_calls.replay(letter_id))

    async def _ask(self, call: Call[T]) -> T:
        answer = await self._http.request(
            call.method, call.path, params=list(call.parameters), json=call.content, content=call.body, headers=call.headers
        )
        return read_answer(call, answer)

    async def _send(self, call: Call[T], outgoing: Outgoing) -> T:
        request = self._http.build_request(
            call.method, call.path, params=list(call.parameters), headers=outgoing.headers, content=outgoing.ablocks()
        )
        return read_answer(call, await self._http.send(request))
