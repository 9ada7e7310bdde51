"""Chores: what a service does now and then. Any number of pods may have the same one: each round is done by one of them.

When a round was begun stands in PostgreSQL, so a pod that is restarted every hour still does what is due once a day.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.periodic import claim_turn
from backbone.errors import Unavailable
from backbone.metrics import TASK_ROUNDS, start_at_zero
from backbone.postgres.engine import transaction
from backbone.runtime.backoff import wait_any

LOOK_EVERY_S_MAX: Final = 60.0
OUTCOMES: Final = ("done", "unavailable", "failed")

logger = structlog.get_logger()


@dataclass(frozen=True)
class PeriodicTask:
    """`act` must be repeatable: a pod may die in the middle of it, and the next round begins anew."""

    name: str
    every_s: float
    act: Callable[[], Awaitable[None]]


async def run_periodically(task: PeriodicTask, engine: AsyncEngine, stopping: asyncio.Event) -> None:
    """Until `stopping`, at the latest a second after it. Survives every error of the task: the next round may go better."""
    start_at_zero(TASK_ROUNDS, [task.name], OUTCOMES)
    while not stopping.is_set():
        round_ = asyncio.create_task(_once(task, engine))
        stopped = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({round_, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            round_.cancel()
            stopped.cancel()
            await asyncio.gather(round_, stopped, return_exceptions=True)
        # Spread, so that the pods of one rollout do not all ask in the same moment.
        await wait_any(min(task.every_s, LOOK_EVERY_S_MAX) * random.uniform(0.5, 1.0), stopping)


async def _once(task: PeriodicTask, engine: AsyncEngine) -> None:
    try:
        async with transaction(engine) as connection:
            ours = await claim_turn(connection, task.name, task.every_s)
        if ours:
            await task.act()
            TASK_ROUNDS.labels(task.name, "done").inc()
    except Unavailable as error:
        TASK_ROUNDS.labels(task.name, "unavailable").inc()
        logger.warning("task waits for server", task=task.name, server=error.server, detail=error.detail)
    except Exception as error:
        TASK_ROUNDS.labels(task.name, "failed").inc()
        logger.error("task failed", task=task.name, exc_info=error)
