"""Runs sources and enrichments in the background, a few at a time. Every process looks; a lease in PostgreSQL lets one of them have a run, and
another one go on with it when that process dies."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from backbone.catalog.source_runs import RunRecord, claim_run, end_run, give_back, keep_lease, plan_due
from backbone.catalog.sources import ENRICHING, Noun, SourceRecord, noun_of
from backbone.errors import Rejected, Unavailable
from backbone.http.in_flight import SHUTTING_DOWN
from backbone.metrics import SOURCE_RUNS, start_at_zero
from backbone.outgoing.client import RemoteAway
from backbone.postgres.engine import transaction
from backbone.runtime.backoff import wait_any
from backbone.runtime.principal import Principal, set_asking
from backbone.runtime.sealed_secrets import SealedSecrets
from services.upload.receive.receive import Receiver
from services.upload.sources.place import Place
from services.upload.sources.run_source import Outcome, SourceRun
from services.upload.sources.settings import Secret, read_secret, redacted

LOOK_EVERY_S: Final = 2.0
BEATS_PER_LEASE: Final = 4
PAUSE_S: Final = 5.0  # before a run goes on that one of our own servers kept from going on
OUTCOMES: Final = ("done", "unchanged", "failed")
NOTHING: Final = Secret()
DETAIL_CHARACTERS_MAX: Final = 1_000
MakePlace = Callable[[SourceRecord, Secret], Place]
Enrich = Callable[[RunRecord, SourceRecord, Secret], Awaitable[str]]

log = structlog.get_logger()


@dataclass(frozen=True)
class SourceRunner:
    receiver: Receiver
    make_place: MakePlace
    enrich: Enrich  # the state in which such a run ends
    sealed: SealedSecrets
    parallel: int
    lease_s: float
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`. What is under way then is given back, and another process goes on with it."""
        start_at_zero(SOURCE_RUNS, OUTCOMES)
        running: dict[Noun, set[asyncio.Task[None]]] = {"source": set(), "enrichment": set()}
        while not stopping.is_set():
            self.wake.clear()
            try:
                for noun, tasks in running.items():
                    await self._begin(noun, tasks)
            except Unavailable as error:
                log.warning("sources wait for server", server=error.server, detail=error.detail)
            except Exception as error:  # a later look may go better, and this loop must not take the process with it
                log.error("looking at sources failed", exc_info=error)
            await wait_any(LOOK_EVERY_S, stopping, self.wake)
        left = [task for tasks in running.values() for task in tasks]
        for task in left:
            task.cancel(SHUTTING_DOWN)
        await asyncio.gather(*left, return_exceptions=True)

    async def _begin(self, noun: Noun, tasks: set[asyncio.Task[None]]) -> None:
        """As many as may run at once, of each kind: look-ups take hours, and files that come each night do not wait for them."""
        while len(tasks) < self.parallel and (claimed := await self._next(noun)) is not None:
            task = asyncio.create_task(self._carry_out(*claimed))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda _: self.wake.set())

    async def _next(self, noun: Noun) -> tuple[RunRecord, SourceRecord] | None:
        async with transaction(self.receiver.engine) as connection:
            await plan_due(connection)
            return await claim_run(connection, self.holder, self.lease_s, noun)

    async def _carry_out(self, run: RunRecord, source: SourceRecord) -> None:
        structlog.contextvars.bind_contextvars(source=source.name, run_id=run.id)
        set_asking(Principal(source.owner, f"{noun_of(source.kind)} {source.name}", ("upload",), (source.dataset,)))
        beating = asyncio.create_task(self._beat(run, asyncio.current_task()))
        secret = NOTHING
        try:
            secret = read_secret(self.sealed.unseal(source.secret))
            await self._end(run, source, *await self._work(run, source, secret))
        except RemoteAway as error:
            await self._end(run, source, "FAILED", error_of("remote-away", error.detail, secret))
        except Rejected as error:
            await self._end(run, source, "FAILED", error_of(error.code, error.detail, secret))
        except Unavailable as error:
            log.warning("run waits for server", server=error.server, detail=error.detail)
            await self._give_back(run, PAUSE_S)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(run, 0))
            raise
        except Exception as error:
            log.error("run failed", exc_info=error)
            detail = f"Rowmill itself failed in this run ({type(error).__name__}). It was logged."
            await self._end(run, source, "FAILED", error_of("internal-error", detail, secret))
        finally:
            beating.cancel()

    async def _work(self, run: RunRecord, source: SourceRecord, secret: Secret) -> tuple[str, dict[str, str] | None]:
        if source.kind in ENRICHING:
            return await self.enrich(run, source, secret), None
        place = self.make_place(source, secret)
        return judge(await SourceRun(run, source, place, self.receiver).carry_out(), secret)

    async def _beat(self, run: RunRecord, task: "asyncio.Task[None] | None") -> None:
        """Keeps the lease while the run goes on; ends the run where the lease is another's."""
        assert task is not None
        while True:
            await asyncio.sleep(self.lease_s / BEATS_PER_LEASE)
            try:
                async with transaction(self.receiver.engine) as connection:
                    is_ours = await keep_lease(connection, run, self.lease_s)
            except Unavailable:
                continue  # whoever takes the lease over meanwhile, finds in the catalog what was done
            if not is_ours:
                task.cancel("the run is another process's now")
                return

    async def _end(self, run: RunRecord, source: SourceRecord, state: str, error: dict[str, str] | None) -> None:
        try:
            async with transaction(self.receiver.engine) as connection:
                is_ended = await end_run(connection, run, state, error, source.dataset)
        except Unavailable:  # its lease ends, and whoever takes it up finds nothing left to do
            return
        if is_ended:
            SOURCE_RUNS.labels(state.lower()).inc()
        if error is not None:
            log.warning("run of source failed", code=error["type"], detail=error["detail"])

    async def _give_back(self, run: RunRecord, pause_s: float) -> None:
        try:
            async with transaction(self.receiver.engine) as connection:
                await give_back(connection, run, pause_s)
        except Unavailable:
            return


def judge(outcome: Outcome, secret: Secret) -> tuple[str, dict[str, str] | None]:
    """The state in which a run ends, and why it failed."""
    if outcome.refused:
        total = outcome.delivered + outcome.unchanged + len(outcome.refused)
        first = outcome.refused[0]
        detail = first if total == 1 else f"{len(outcome.refused)} of {total} files were refused; the first: {first}"
        return "FAILED", error_of("files-refused", detail, secret)
    return ("DONE" if outcome.delivered else "UNCHANGED"), None


def error_of(code: str, detail: str, secret: Secret) -> dict[str, str]:
    return {"type": code, "detail": redacted(detail, secret)[:DETAIL_CHARACTERS_MAX]}
