"""The outbox: events are written in the transaction that makes them true, and published to the event log right after it.

What a crash leaves behind, any process's sweep publishes. So an event may be published twice, but never not at all, and never
before the state it speaks of is committed.
"""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy import ARRAY, BigInteger, bindparam, delete, func, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.schema import events
from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.port import EventLog
from backbone.metrics import PUBLISHED
from backbone.postgres.engine import postgres_errors, transaction
from backbone.runtime.backoff import backoff_s, wait_any
from backbone.runtime.tracing import current_traceparent

BATCH_EVENTS: Final = 500
SWEEP_S: Final = 1.0
RELAY_TIMEOUT_S: Final = 60.0  # a server that fell silent must not keep the relay for ever

logger = structlog.get_logger()

# An event waits while an older one of its subject is in another relay's hands: the other would publish it later, or, when it dies,
# give it back. A snapshot too old to see that the older one has gone only makes the event wait for the next sweep.
_TAKE_BATCH: Final = text("""
    WITH batch AS MATERIALIZED (
        SELECT number, id, type, subject, data, traceparent, created_at FROM events ORDER BY number LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT * FROM batch WHERE NOT EXISTS (
        SELECT FROM events AS older
        WHERE older.subject = batch.subject AND older.number < batch.number AND older.number NOT IN (SELECT number FROM batch)
    ) ORDER BY number
""")

_INSERT: Final = insert(events)
_REMOVE: Final = delete(events).where(events.c.number == func.any(bindparam("numbers", type_=ARRAY(BigInteger))))


def new_event(type: str, subject: str, **data: str | int) -> Event:
    """An event that happens now, in the trace of what is being handled."""
    return Event(
        id=str(uuid.uuid4()), type=type, subject=subject, time=rfc3339(datetime.now(UTC)), data=data, traceparent=current_traceparent.get()
    )


def rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def emit(connection: AsyncConnection, *happened: Event) -> None:
    """Writes events in the caller's transaction. Call `Relay.wake` after the commit, or wait for the sweep."""
    if not happened:
        return
    fields = ("id", "type", "subject", "traceparent")
    rows = [{**{name: getattr(event, name) for name in fields}, "data": dict(event.data)} for event in happened]
    await connection.execute(_INSERT, rows)


async def relay_once(engine: AsyncEngine, log: EventLog) -> int:
    """Publishes a batch of waiting events and removes them; returns how many. Any number of processes may do so at once.

    Publish, then commit the removal: a crash in between repeats events, the other order would lose them. Raises `Unavailable`.
    """
    async with postgres_errors(), asyncio.timeout(RELAY_TIMEOUT_S), transaction(engine) as connection:
        rows = (await connection.execute(_TAKE_BATCH, {"limit": BATCH_EVENTS})).mappings().all()
        if not rows:
            return 0
        waiting = [{**row, "time": rfc3339(row["created_at"])} for row in rows]
        await log.publish([msgspec.convert(row, Event) for row in waiting])
        await connection.execute(_REMOVE, {"numbers": [row["number"] for row in rows]})
    PUBLISHED.inc(len(rows))
    return len(rows)


class Relay:
    """Publishes this process's events as they are committed (`wake`), and every second what others left behind."""

    def __init__(self, engine: AsyncEngine, log: EventLog) -> None:
        self.engine = engine
        self.log = log
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Call it after each commit that emitted. Costs nothing."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Relays until `stopping` is set. Survives every error: without the relay the whole pipeline stands still."""
        failures = 0
        while not stopping.is_set():
            self._woken.clear()
            try:
                relayed = await relay_once(self.engine, self.log)
                failures = 0
            except Exception as error:
                failures += 1
                _warn(error, failures)
                await wait_any(backoff_s(failures), stopping)
                continue
            if relayed == 0:
                await wait_any(SWEEP_S, self._woken, stopping)


def _warn(error: Exception, failures: int) -> None:
    if isinstance(error, Unavailable):
        logger.warning("relay waits for server", server=error.server, detail=error.detail, failures=failures)
    else:
        logger.error("relay failed", failures=failures, exc_info=error)
