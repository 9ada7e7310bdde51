"""What both clients do with enrichments. `sync_enrichments.py` is generated from this module (`make client`)."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from rowmill import calls, enrichment_calls
from rowmill.calls import Call, Part, T
from rowmill.enrichment_shapes import Enrichment, EnrichmentPreview, EnrichmentRun
from rowmill.pauses import asleep


class AsyncEnrichmentMethods(ABC):
    @abstractmethod
    async def _ask(self, call: Call[T]) -> T: ...

    @abstractmethod
    def _items(self, call_at: Callable[[str | None], Call[Part[T]]]) -> AsyncIterator[T]: ...

    async def create_enrichment(
        self, name: str, kind: str, dataset: str, column: str, fields: Mapping[str, str], settings: Mapping[str, Any], **more: Any
    ) -> Enrichment:
        """Columns that come from a remote API. `fields`: where each stands in a record, and its title. `more`: secret, on_upload, on_warning,
        schedule, time_zone."""
        wanted = {
            "name": name,
            "kind": kind,
            "dataset": dataset,
            "column": column,
            "fields": dict(fields),
            "settings": dict(settings),
            **more,
        }
        return await self._ask(enrichment_calls.create_enrichment(wanted))

    async def change_enrichment(self, name: str, **changes: Any) -> Enrichment:
        """What is not given stays."""
        return await self._ask(enrichment_calls.change_enrichment(name, changes))

    async def enrichment(self, name: str) -> Enrichment:
        return await self._ask(enrichment_calls.enrichment(name))

    def enrichments(self) -> AsyncIterator[Enrichment]:
        """All enrichments, by name, each with its last run."""
        return self._items(enrichment_calls.enrichments)

    async def remove_enrichment(self, name: str) -> None:
        """With its history and what it was answered; its columns stay."""
        await self._ask(enrichment_calls.remove_enrichment(name))

    async def preview_enrichment(self, name: str) -> EnrichmentPreview:
        """What a run would write into the first ten rows. Nothing is kept."""
        return await self._ask(enrichment_calls.preview_enrichment(name))

    def enrichment_runs(self, name: str, *, limit: int = 50) -> AsyncIterator[EnrichmentRun]:
        """The last 200, the newest first; `limit` come with one request."""
        return self._items(lambda cursor: enrichment_calls.enrichment_runs(name, limit, cursor))

    async def run_enrichment(self, name: str, *, again: bool = False) -> EnrichmentRun:
        """Has it run now, over all rows (`wait_for_enrichment`). `again`: whatever was answered before is asked for again."""
        return await self._ask(enrichment_calls.run_enrichment(name, again))

    async def wait_for_enrichment(self, run: EnrichmentRun, *, timeout_s: float | None = None) -> EnrichmentRun:
        """The run once it and its upload have ended, whichever way. Raises `TimeoutError`."""
        started = time.monotonic()
        for wait_s in calls.waits():
            run = await self._ask(enrichment_calls.get_enrichment_run(run))
            if run.has_ended:
                return run
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise TimeoutError(f"run {run.id} of {run.enrichment} is still {run.state} after {timeout_s} s")
            await asleep(wait_s)
        raise AssertionError("waits never end")
