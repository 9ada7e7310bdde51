"""What both clients do with sources and webhooks. `sync_sources.py` is generated from this module (`make client`)."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from rowmill import calls, source_calls, webhook_calls
from rowmill.calls import Call, Part, T
from rowmill.pauses import asleep
from rowmill.source_shapes import Run, Source
from rowmill.webhook_calls import Delivery, Webhook


class AsyncSourceMethods(ABC):
    @abstractmethod
    async def _ask(self, call: Call[T]) -> T: ...

    @abstractmethod
    def _items(self, call_at: Callable[[str | None], Call[Part[T]]]) -> AsyncIterator[T]: ...

    async def create_source(self, name: str, kind: str, dataset: str, settings: Mapping[str, Any], **more: Any) -> Source:
        """A place from which files come by themselves. `more`: secret, options, schedule, time_zone, jitter_s."""
        wanted = {"name": name, "kind": kind, "dataset": dataset, "settings": dict(settings), **more}
        return await self._ask(source_calls.create_source(wanted))

    async def change_source(self, name: str, **changes: Any) -> Source:
        """What is not given stays."""
        return await self._ask(source_calls.change_source(name, changes))

    async def source(self, name: str) -> Source:
        return await self._ask(source_calls.source(name))

    def sources(self) -> AsyncIterator[Source]:
        """All sources, by name, each with its last run."""
        return self._items(source_calls.sources)

    async def remove_source(self, name: str) -> None:
        """With its history; what it brought stays."""
        await self._ask(source_calls.remove_source(name))

    async def pause_source(self, name: str) -> Source:
        return await self._ask(source_calls.pause_source(name))

    async def resume_source(self, name: str) -> Source:
        return await self._ask(source_calls.resume_source(name))

    def source_runs(self, name: str, *, limit: int = 50) -> AsyncIterator[Run]:
        """The last 200, the newest first; `limit` come with one request."""
        return self._items(lambda cursor: source_calls.runs(name, limit, cursor))

    async def run_source(self, name: str, *, again: bool = False) -> Run:
        """Has it fetched now (`wait_for_run`). `again`: also what has not changed."""
        return await self._ask(source_calls.run_source(name, again))

    async def wait_for_run(self, run: Run, *, timeout_s: float | None = None) -> Run:
        """The run once it and its uploads have ended, whichever way. Raises `TimeoutError`."""
        started = time.monotonic()
        for wait_s in calls.waits():
            run = await self._ask(source_calls.get_run(run))
            if run.has_ended:
                return run
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"run {run.id} of {run.source} is still {run.state} after {timeout_s} s")
            await asleep(wait_s)
        raise AssertionError("waits never end")

    async def create_webhook(self, url: str, *, datasets: Sequence[str] = ("*",), **more: Any) -> Webhook:
        """A program that is told, and the secret of its deliveries, this once. `more`: `events`."""
        return await self._ask(webhook_calls.create_webhook({"url": url, "datasets": list(datasets), **more}))

    async def webhooks(self) -> list[Webhook]:
        return await self._ask(webhook_calls.webhooks())

    async def change_webhook(self, webhook_id: str, **changes: Any) -> Webhook:
        """What is not given stays: url, datasets, events, paused."""
        return await self._ask(webhook_calls.change_webhook(webhook_id, changes))

    async def remove_webhook(self, webhook_id: str) -> None:
        """With its log."""
        await self._ask(webhook_calls.remove_webhook(webhook_id))

    def deliveries(self, webhook_id: str, *, limit: int = 50) -> AsyncIterator[Delivery]:
        """What it was, or is to be, told, the newest first; `limit` come with one request."""
        return self._items(lambda cursor: webhook_calls.deliveries(webhook_id, limit, cursor))

    async def replay_delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Tells it once more: the same words under the same id."""
        return await self._ask(webhook_calls.replay_delivery(webhook_id, delivery_id))
