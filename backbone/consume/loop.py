"""The loop: joins the group, takes no more than it has hands for, and survives everything but its own cancellation."""

import asyncio
from typing import Final

import structlog

from backbone.consume.hands import Hands
from backbone.consume.process_event import EventProcessor, Leaving
from backbone.consume.subscription import OnDeadLetter, Subscription
from backbone.errors import Unavailable
from backbone.eventlog.port import Consumer, EventLog, Received
from backbone.metrics import IN_HAND
from backbone.runtime.backoff import backoff_s, wait_any

TAKE_TIMEOUT_S: Final = 1.0  # also how late a stop may be noticed
PAUSE_S: Final = 0.1  # between looks at whether a server is back
WAITING_MAX: Final = 2000  # events that wait for a server while others are taken: it may be away for their datasets alone

logger = structlog.get_logger()


async def consume(
    subscription: Subscription,
    log: EventLog,
    *,
    dead_letters: EventLog,
    attempts_max: int,
    stopping: asyncio.Event,
    on_dead_letter: OnDeadLetter | None = None,
    hands: Hands | None = None,
) -> None:
    """Consumes until `stopping`, then finishes what is in hand. Joins again after every error: nothing but cancellation ends it early.

    `on_dead_letter` is called for each event that became a dead letter, after it was written; not for bytes that were no event.
    `hands` are told what is in hand.
    """
    failures = 0
    hands = hands or Hands()
    while not stopping.is_set():
        membership = _Membership(subscription, EventProcessor(subscription, dead_letters, attempts_max, on_dead_letter, hands), stopping)
        try:
            async with log.subscribe(subscription.group, list(subscription.handlers)) as consumer:
                await membership.work(consumer)
        except Unavailable as error:
            failures = 1 if membership.worked else failures + 1
            logger.warning(
                "consumer waits for the log", group=subscription.group, server=error.server, detail=error.detail, failures=failures
            )
        except Exception as error:
            failures = 1 if membership.worked else failures + 1
            logger.error("consumer failed", group=subscription.group, failures=failures, exc_info=error)
        if failures:
            await wait_any(backoff_s(failures), stopping)


class _Membership:
    """From joining the group to leaving it."""

    def __init__(self, subscription: Subscription, processor: EventProcessor, stopping: asyncio.Event) -> None:
        self.worked = False
        self._subscription = subscription
        self._processor = processor
        self._stopping = stopping
        self._in_hand: set[asyncio.Task[None]] = set()

    async def work(self, consumer: Consumer) -> None:
        try:
            while not self._stopping.is_set():
                await self._turn(consumer)
        finally:
            await self._finish()

    async def _turn(self, consumer: Consumer) -> None:
        freed, waiting = self._processor.gates.freed, self._processor.gates.waiting
        freed.clear()
        hands_free = self._subscription.parallel - (len(self._in_hand) - waiting)
        if waiting >= WAITING_MAX or hands_free <= 0:
            # While a server is away, more events would only be more that wait.
            await wait_any(PAUSE_S if waiting else TAKE_TIMEOUT_S, freed)
            self._reap_done()
            return
        for received in await consumer.take(hands_free, TAKE_TIMEOUT_S):
            task = asyncio.create_task(self._settle(consumer, received))
            task.add_done_callback(lambda _: freed.set())
            self._in_hand.add(task)
        self.worked = True
        self._reap_done()

    def _reap_done(self) -> None:
        """Forgets tasks that have ended. An error that got out of one is a bug: leaving the group lets its event come again."""
        for task in [task for task in self._in_hand if task.done()]:
            self._in_hand.discard(task)
            task.result()

    async def _settle(self, consumer: Consumer, received: Received) -> None:
        with IN_HAND.labels(self._subscription.group).track_inprogress():
            try:
                await self._processor.settle(received)
                await consumer.done(received)
            except Leaving:
                return
            except Unavailable as error:  # from `done`: the effect is there, at worst the event comes again
                logger.warning("offset not committed", server=error.server, detail=error.detail)

    async def _finish(self) -> None:
        self._processor.leave()
        if not self._in_hand:
            return
        _, unfinished = await asyncio.wait(self._in_hand, timeout=self._subscription.finish_s)
        for task in unfinished:
            if self._subscription.finish_s > 0:  # else it was meant to be left
                logger.warning("event left unfinished", group=self._subscription.group)
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)
