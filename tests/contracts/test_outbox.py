"""The outbox on both event logs: what was committed is published, in the order of its subject; what was not, never is."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog import outbox
from backbone.catalog.outbox import Relay, emit, new_event, relay_once
from backbone.catalog.schema import events
from backbone.errors import Unavailable
from backbone.eventlog.events import CHUNK_PLANNED, Event
from backbone.eventlog.port import EventLog
from backbone.postgres.engine import make_engine, raw_url, transaction
from backbone.runtime.tracing import current_traceparent
from tests.contracts.test_event_log import Log, chunks, closed_log, eventually, log, planned, take_exactly

__all__ = ["closed_log", "log"]  # fixtures


async def waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(events))).scalar_one())


async def emit_alone(engine: AsyncEngine, *happened: Event) -> None:
    async with transaction(engine) as connection:
        await emit(connection, *happened)


@asynccontextmanager
async def relaying(relay: Relay) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    running = asyncio.create_task(relay.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await running


class CountingLog:
    """A log that only keeps what is published, and may be away."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.failures = 0

    async def publish(self, happened: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("kafka", "no leader")
        await asyncio.sleep(0)
        self.published += happened


def as_log(counting: CountingLog) -> EventLog:
    return counting  # type: ignore[return-value]


async def test_what_is_emitted_arrives_whole(engine: AsyncEngine, log: Log) -> None:
    token = current_traceparent.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    event = new_event(CHUNK_PLANNED, "ä/1", upload_id="u", chunk=1)
    current_traceparent.reset(token)
    await emit_alone(engine, event)
    assert await relay_once(engine, log) == 1
    assert await waiting(engine) == 0
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        (received,) = await take_exactly(consumer, 1)
    assert received.event is not None
    for name in ("id", "type", "subject", "data", "traceparent", "source", "specversion", "dataversion"):
        assert getattr(received.event, name) == getattr(event, name)
    assert received.event.time.endswith("Z")


async def test_what_is_rolled_back_never_happened(engine: AsyncEngine) -> None:
    counting = CountingLog()
    with pytest.raises(KeyError):
        async with transaction(engine) as connection:
            await emit(connection, planned(1))
            raise KeyError
    assert await relay_once(engine, as_log(counting)) == 0
    assert counting.published == []


async def test_emitting_nothing_is_nothing(engine: AsyncEngine) -> None:
    await emit_alone(engine)
    assert await waiting(engine) == 0


async def test_events_stay_while_the_log_is_away(engine: AsyncEngine) -> None:
    counting = CountingLog()
    counting.failures = 1
    await emit_alone(engine, planned(1), planned(2))
    with pytest.raises(Unavailable):
        await relay_once(engine, as_log(counting))
    assert await waiting(engine) == 2
    assert await relay_once(engine, as_log(counting)) == 2
    assert [event.data["chunk"] for event in counting.published] == [1, 2]


async def test_a_crash_after_publishing_publishes_again(engine: AsyncEngine) -> None:
    class Crash(BaseException):
        pass

    class CrashingLog(CountingLog):
        async def publish(self, happened: Sequence[Event]) -> None:
            await super().publish(happened)
            raise Crash

    crashing, counting = CrashingLog(), CountingLog()
    await emit_alone(engine, planned(1))
    with pytest.raises(Crash):
        await relay_once(engine, as_log(crashing))
    assert await relay_once(engine, as_log(counting)) == 1
    assert counting.published == crashing.published


async def test_many_relays_lose_nothing_double_nothing_and_keep_the_order(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH_EVENTS", 7)
    counting = CountingLog()
    url = raw_url(engine)
    engines = [make_engine(url, connections_max=1) for _ in range(4)]
    emitted = asyncio.Event()

    async def emitting(subject: str) -> None:
        for number in range(40):
            await emit_alone(engine, planned(number, subject))

    async def relay(own: AsyncEngine) -> None:
        while not (emitted.is_set() and await waiting(own) == 0):
            await relay_once(own, as_log(counting))

    relays = [asyncio.create_task(relay(own)) for own in engines]
    await asyncio.gather(*(emitting(f"subject {n}") for n in range(5)))
    emitted.set()
    await asyncio.gather(*relays)
    await asyncio.gather(*(own.dispose() for own in engines))
    by_subject = defaultdict(list)
    for event in counting.published:
        by_subject[event.subject].append(event.data["chunk"])
    assert by_subject == {f"subject {n}": list(range(40)) for n in range(5)}


async def test_an_event_waits_for_an_older_one_of_its_subject_in_other_hands(engine: AsyncEngine) -> None:
    counting = CountingLog()
    await emit_alone(engine, planned(1, "one"))
    async with engine.begin() as other:
        await other.execute(text("SELECT * FROM events FOR UPDATE"))  # as a relay that publishes just now
        await emit_alone(engine, planned(2, "one"), planned(3, "two"))
        assert await relay_once(engine, as_log(counting)) == 1
    await relay_once(engine, as_log(counting))
    assert [event.data["chunk"] for event in counting.published] == [3, 1, 2]


async def test_the_relay_publishes_at_once_when_woken(engine: AsyncEngine, log: Log) -> None:
    relay = Relay(engine, log)
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer, relaying(relay):
        await relay_until(relay, consumer_ready=consumer.take(1, 5.0), engine=engine)
        waits: list[float] = []
        for number in range(5):
            await asyncio.sleep(0.02)  # until the relay rests
            started = time.monotonic()
            await emit_alone(engine, planned(number))
            relay.wake()
            assert chunks(await take_exactly(consumer, 1)) == [number]
            waits.append(time.monotonic() - started)
        assert sorted(waits)[2] < 0.5  # the sweep alone would take twice that


async def relay_until(relay: Relay, *, consumer_ready: object, engine: AsyncEngine) -> None:
    """One event through everything first: topics are made and partitions settled with it."""
    await emit_alone(engine, planned(99))
    relay.wake()
    assert await consumer_ready  # type: ignore[misc]


async def test_the_sweep_publishes_what_others_left(engine: AsyncEngine) -> None:
    counting = CountingLog()
    async with relaying(Relay(engine, as_log(counting))):
        await asyncio.sleep(0)
        await emit_alone(engine, planned(1))  # by a process that died before its wake-up

        async def published() -> bool:
            return bool(counting.published)

        await eventually(published)


async def test_the_relay_survives_a_log_that_is_away(engine: AsyncEngine) -> None:
    counting = CountingLog()
    counting.failures = 3
    async with relaying(Relay(engine, as_log(counting))):
        await emit_alone(engine, planned(1))

        async def published() -> bool:
            return bool(counting.published)

        await eventually(published)
    assert counting.failures == 0
