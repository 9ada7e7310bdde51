"""Each process tells of itself in the catalog every few seconds: that it is there, what it has in hand, how much waits for it."""

import asyncio
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.workers import QueueOfWorker, Worker, forget_worker, keep_worker
from backbone.consume.hands import Hands
from backbone.consume.subscription import Subscription
from backbone.errors import Unavailable
from backbone.eventlog.port import EventLog
from backbone.postgres.engine import transaction
from backbone.runtime.backoff import wait_any

EVERY_S: Final = 3.0
QUEUES_EVERY: Final = 3  # beats: to ask an event log what waits costs more than the rest of a beat

logger = structlog.get_logger()


class Heartbeat:
    """`services`: the names of those that run in this process."""

    def __init__(
        self, services: Sequence[str], subscriptions: Sequence[Subscription], hands: Hands, log: EventLog, engine: AsyncEngine
    ) -> None:
        self._id = f"{socket.gethostname()[:80]}-{os.getpid()}-{secrets.token_hex(3)}"
        self._services = list(services)
        self._subscriptions = subscriptions
        self._hands = hands
        self._log = log
        self._engine = engine
        self._version = version("rowmill")  # read from the disk, so once
        self._started_at = datetime.now(UTC)
        self._beats = 0
        self._queues: list[QueueOfWorker] = []

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; then the process takes its line out. A database that is away loses a beat, and nothing else."""
        while not stopping.is_set():
            try:
                await self._beat()
            except Unavailable as error:
                logger.info("heartbeat left out", server=error.server)
            except Exception as error:  # what it tells is for looking at: work goes on without
                logger.error("heartbeat failed", exc_info=error)
            await wait_any(EVERY_S, stopping)
        with suppress(Exception):
            async with transaction(self._engine) as connection:
                await forget_worker(connection, self._id)

    async def _beat(self) -> None:
        if self._beats % QUEUES_EVERY == 0:
            self._queues = [await self._queue(subscription) for subscription in self._subscriptions]
        self._beats += 1
        worker = Worker(
            id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=self._version,
            services=self._services,
            started_at=self._started_at,
            in_hand=self._hands.in_hand(),
            handled=self._hands.handled,
            per_minute=round(self._hands.per_minute(), 1),
            queues=self._queues,
        )
        async with transaction(self._engine) as connection:
            await keep_worker(connection, worker)

    async def _queue(self, subscription: Subscription) -> QueueOfWorker:
        try:
            backlog = await self._log.backlog(subscription.group, list(subscription.handlers))
        except Unavailable as error:
            return QueueOfWorker(group=subscription.group, hands=subscription.parallel, waiting_for=error.server)
        return QueueOfWorker(group=subscription.group, hands=subscription.parallel, events=backlog.events, oldest_s=backlog.oldest_s)
