"""What the client does with sources and webhooks. Generated from `async_sources.py` by `make client`: change that one."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rowmill import calls, source_calls, webhook_calls
from rowmill.calls import Call, Part, T
from rowmill.pauses import sleep
from rowmill.source_shapes import Run, Source
from rowmill.webhook_calls import Delivery, Webhook


class SourceMethods(ABC):
    @abstractmethod
    def _ask(self, call: Call[T]) -> T: ...

    @abstractmethod
    def _items(self, call_at: Callable[[str | None], Call[Part[T]]]) -> Iterator[T]: ...

    def create_source(self, name: str, kind: str, dataset: str, settings: Mapping[str, Any], **more: Any) -> Source:
        """A place from which files come by themselves. `more`: secret, options, schedule, time_zone, jitter_s."""
        wanted = {"name": name, "kind": kind, "dataset": dataset, "settings": dict(settings), **more}
        return self._ask(source_calls.create_source(wanted))

    def change_source(self, name: str, **changes: Any) -> Source:
        """What is not given stays."""
        return self._ask(source_calls.change_source(name, changes))

    def source(self, name: str) -> Source:
        return self._ask(source_calls.source(name))

    def sources(self) -> Iterator[Source]:
        """All sources, by name, each with its last run."""
        return self._items(source_calls.sources)

    def remove_source(self, name: str) -> None:
        """With its history; what it brought stays."""
        self._ask(source_calls.remove_source(name))

    def pause_source(self, name: str) -> Source:
        return self._ask(source_calls.pause_source(name))

    def resume_source(self, name: str) -> Source:
        return self._ask(source_calls.resume_source(name))

    def source_runs(self, name: str, *, limit: int = 50) -> Iterator[Run]:
        """The last 200, the newest first; `limit` come with one request."""
        return self._items(lambda cursor: source_calls.runs(name, limit, cursor))

    def run_source(self, name: str, *, again: bool = False) -> Run:
        """Has it fetched now (`wait_for_run`). `again`: also what has not changed."""
        return self._ask(source_calls.run_source(name, again))

    def wait_for_run(self, run: Run, *, timeout_s: float | None = None) -> Run:
        """The run once it and its uploads have ended, whichever way. Raises `TimeoutError`."""
        started = time.monotonic()
        for wait_s in calls.waits():
            run = self._ask(source_calls.get_run(run))
            if run.has_ended:
                return run
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"run {run.id} of {run.source} is still {run.state} after {timeout_s} s")
            sleep(wait_s)
        raise AssertionError("waits never end")

    def create_webhook(self, url: str, *, datasets: Sequence[str] = ("*",), **more: Any) -> Webhook:
        """A program that is told, and the secret of its deliveries, this once. `more`: `events`."""
        return self._ask(webhook_calls.create_webhook({"url": url, "datasets": list(datasets), **more}))

    def webhooks(self) -> list[Webhook]:
        return self._ask(webhook_calls.webhooks())

    def change_webhook(self, webhook_id: str, **changes: Any) -> Webhook:
        """What is not given stays: url, datasets, events, paused."""
        return self._ask(webhook_calls.change_webhook(webhook_id, changes))

    def remove_webhook(self, webhook_id: str) -> None:
        """With its log."""
        self._ask(webhook_calls.remove_webhook(webhook_id))

    def deliveries(self, webhook_id: str, *, limit: int = 50) -> Iterator[Delivery]:
        """What it was, or is to be, told, the newest first; `limit` come with one request."""
        return self._items(lambda cursor: webhook_calls.deliveries(webhook_id, limit, cursor))

    def replay_delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Tells it once more: the same words under the same id."""
        return self._ask(webhook_calls.replay_delivery(webhook_id, delivery_id))
