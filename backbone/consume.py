"""The one consume loop: takes what it can work on, commits after the effect, and knows three errors with three fates (DESIGN §5)."""

import asyncio
import random
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from backbone.books.outbox import current_traceparent, new_event
from backbone.errors import Rejected, Unavailable
from backbone.events import DEAD_LETTER, Event
from backbone.ports.event_log import Consumer, EventLog, Received

Handler = Callable[[Event], Awaitable[None]]
OnDead = Callable[[Event, BaseException], Awaitable[None]]
logger = structlog.get_logger()

TAKE_TIMEOUT_S: Final = 1.0
BACK_OFF_FIRST_S: Final = 0.1
BACK_OFF_MAX_S: Final = 5.0
REASON_CHARACTERS_MAX: Final = 8_000
RAW_CHARACTERS_MAX: Final = 8_000

EVENTS: Final = Counter("rowmill_events_total", "Events handled, by what became of them.", ["group", "type", "outcome"])
SECONDS: Final = Histogram("rowmill_event_seconds", "How long a handler took.", ["group", "type"])
IN_HAND: Final = Gauge("rowmill_events_in_hand", "Events being handled now.", ["group"])


@dataclass(frozen=True)
class Subscription:
    """Which events a group handles, and how many at once in one process. Told to stop, what is in hand gets `finish_s` seconds."""

    group: str
    handlers: Mapping[str, Handler]
    parallel: int
    finish_s: float = 20.0


async def consume(
    subscription: Subscription,
    log: EventLog,
    *,
    dead_letters: EventLog,
    attempts_max: int,
    stopping: asyncio.Event,
    on_dead: OnDead | None = None,
) -> None:
    """Consumes until `stopping` is set, then finishes what is in hand. Survives every error: joins again when the log was away."""
    loop = _Loop(subscription, dead_letters, attempts_max, stopping, on_dead)
    failures = 0
    while not stopping.is_set():
        try:
            async with log.subscribe(subscription.group, list(subscription.handlers)) as consumer:
                failures = 0
                await loop.run(consumer)
        except Exception as error:
            failures += 1
            _warn("consumer joins again", error, group=subscription.group, failures=failures)
            await _pause(failures, stopping)


class _Loop:
    """One membership after another of one subscription: what is in hand, and how it ends."""

    def __init__(
        self, subscription: Subscription, dead_letters: EventLog, attempts_max: int, stopping: asyncio.Event, on_dead: OnDead | None
    ) -> None:
        self.subscription = subscription
        self.dead_letters = dead_letters
        self.attempts_max = attempts_max
        self.stopping = stopping
        self.on_dead = on_dead

    async def run(self, consumer: Consumer) -> None:
        """Returns when stopping; raises when the log fails. Either way nothing of this membership is left running."""
        in_hand: set[asyncio.Task[None]] = set()
        try:
            while not self.stopping.is_set():
                room = self.subscription.parallel - len(in_hand)
                if room > 0:
                    for received in await consumer.take(room, 0.0 if in_hand else TAKE_TIMEOUT_S):
                        in_hand.add(asyncio.create_task(self._handle(consumer, received)))
                in_hand = await self._settle(in_hand)
            await self._finish(in_hand)
        finally:
            for task in in_hand:
                task.cancel()
            await asyncio.gather(*in_hand, return_exceptions=True)

    async def _settle(self, in_hand: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Waits until something in hand is done, but not for long: there may be room for more. Raises what a task raised."""
        if not in_hand:
            return in_hand
        IN_HAND.labels(self.subscription.group).set(len(in_hand))
        is_full = len(in_hand) >= self.subscription.parallel
        done, rest = await asyncio.wait(in_hand, timeout=TAKE_TIMEOUT_S if is_full else 0.02, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            _raise_if_failed(task)
        return rest

    async def _finish(self, in_hand: set[asyncio.Task[None]]) -> None:
        if in_hand:
            done, _ = await asyncio.wait(in_hand, timeout=self.subscription.finish_s)
            for task in done:
                _raise_if_failed(task)

    async def _handle(self, consumer: Consumer, received: Received) -> None:
        if received.event is None:
            await self._bury_bytes(received)
        else:
            current_traceparent.set(received.event.traceparent)
            await self._attempt(received.event)
        await consumer.done(received)

    async def _attempt(self, event: Event) -> None:
        attempts = waits = 0
        while True:
            try:
                with SECONDS.labels(self.subscription.group, event.type).time():
                    await self.subscription.handlers[event.type](event)
                return self._count(event.type, "done")
            except Rejected as error:
                return await self._bury(event, error, "rejected")
            except Unavailable as error:
                # The server is away, which is not the event's fault: no attempt is counted, however long it takes.
                waits += 1
                _warn("handler waits for server", error, type=event.type, waits=waits)
                self._count(event.type, "waited")
                await self._back_off(waits)
            except Exception as error:
                attempts += 1
                logger.error("handler failed", type=event.type, data=event.data, attempts=attempts, exc_info=error)
                self._count(event.type, "failed")
                if attempts >= self.attempts_max:
                    return await self._bury(event, error, "dead")
                await self._back_off(attempts)

    async def _back_off(self, failures: int) -> None:
        await _pause(failures, self.stopping)
        if self.stopping.is_set():
            # Cancelled, not done: the event stays in the log and comes again, to us or to another pod.
            raise asyncio.CancelledError

    async def _bury(self, event: Event, error: Exception, outcome: str) -> None:
        """To the dead letters, and its upload is told. Raises when that fails: the offset stays, and the event comes again."""
        told = str(error) if isinstance(error, Rejected) else "".join(traceback.format_exception(error))
        logger.error("event to dead letters", type=event.type, data=event.data, reason=str(error))
        letter = new_event(
            DEAD_LETTER, event.subject, event_id=event.id, event_type=event.type, reason=told[-REASON_CHARACTERS_MAX:], **_flat(event)
        )
        await self.dead_letters.publish([letter])
        if self.on_dead is not None:
            await self.on_dead(event, error)
        self._count(event.type, outcome)

    async def _bury_bytes(self, received: Received) -> None:
        place = f"{received.type}/{received.partition}/{received.offset}"
        logger.error("event cannot be read", place=place)
        raw = received.raw[:RAW_CHARACTERS_MAX].decode("utf-8", "backslashreplace")
        letter = new_event(DEAD_LETTER, place, event_type=received.type, reason="the bytes are no event", place=place, raw=raw)
        await self.dead_letters.publish([letter])
        self._count(received.type, "unreadable")

    def _count(self, type: str, outcome: str) -> None:
        EVENTS.labels(self.subscription.group, type, outcome).inc()


def _raise_if_failed(task: asyncio.Task[None]) -> None:
    """A cancelled task gave its event back because we are stopping: no error."""
    if not task.cancelled():
        task.result()


def _flat(event: Event) -> dict[str, str | int]:
    return {f"data_{name}": value for name, value in event.data.items()}


def _warn(message: str, error: Exception, **fields: object) -> None:
    if isinstance(error, Unavailable):
        logger.warning(message, server=error.server, detail=error.detail, **fields)
    else:
        logger.error(message, exc_info=error, **fields)


async def _pause(failures: int, stopping: asyncio.Event) -> None:
    """Waits longer after each failure, with jitter so that pods do not come back all at once; at once over when stopping."""
    longest = min(BACK_OFF_FIRST_S * 2 ** min(failures, 10), BACK_OFF_MAX_S)
    deadline = time.monotonic() + longest * random.uniform(0.5, 1.0)
    try:
        await asyncio.wait_for(stopping.wait(), max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return
