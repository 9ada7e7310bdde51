"""How fast both event logs are: events a second, and the time from an event's commit to its handler. `python -m bench.event_log`"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import Relay, emit, new_event
from backbone.consume import Subscription, consume
from backbone.eventlog.events import CHUNK_PLANNED, Event
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.postgres.embedded.server import start_embedded
from backbone.postgres.engine import make_engine, migrate, transaction
from bench.homes import bench_database, machine
from tests.stack import find_stack

EVENTS: Final = 5_000
SINGLE_EVENTS: Final = 500
ROUNDS: Final = 200
BATCH: Final = 500  # as many as the relay publishes at once
PARALLEL: Final = 8
PAUSE_S: Final = 0.02  # between rounds: latency is measured on a log at rest

Log = PostgresEventLog | KafkaEventLog


class Handled:
    """Counts the events that reached their handler, and wakes who waits for a count."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = asyncio.Event()

    async def handle(self, _event: Event) -> None:
        self.count += 1
        self.changed.set()

    async def reach(self, count: int) -> None:
        while self.count < count:
            self.changed.clear()
            await self.changed.wait()


async def measure(name: str, url: str, open_log: Callable[[AsyncEngine], Log]) -> None:
    engine = make_engine(url, connections_max=5)
    await migrate(engine)
    log = open_log(engine)
    await log.publish([planned(0)])  # topics are made
    print(f"{name}:")
    print(f"  published, {BATCH} at once       {await rate(EVENTS, lambda: publish(log, EVENTS, BATCH)):7.0f} events/s")
    print(f"  published one by one        {await rate(SINGLE_EVENTS, lambda: publish(log, SINGLE_EVENTS, 1)):7.0f} events/s")
    print(f"  taken and done, one member  {await rate(EVENTS, lambda: drain(log, EVENTS)):7.0f} events/s")
    await measure_pipeline(log, engine)
    if isinstance(log, KafkaEventLog):
        await log.delete_topics()
    await log.close()
    await engine.dispose()


async def measure_pipeline(log: Log, engine: AsyncEngine) -> None:
    relay, handled = Relay(engine, log), Handled()
    async with running(log, relay, handled):
        await handled.reach(1 + EVENTS + SINGLE_EVENTS)
        print(f"  outbox, relay, log, handler {await rate(EVENTS, lambda: pass_through(engine, relay, handled)):7.0f} events/s")
        waits_ms = sorted([await latency_ms(engine, relay, handled) for _ in range(ROUNDS)])
    print(f"  commit to handler              median {waits_ms[ROUNDS // 2]:.1f} ms, 95 % {waits_ms[ROUNDS * 95 // 100]:.1f} ms")


def planned(number: int) -> Event:
    return new_event(CHUNK_PLANNED, f"upload/{number}", upload_id="upload", chunk=number)


async def rate(events: int, act: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await act()
    return events / (time.perf_counter() - started)


async def publish(log: Log, events: int, batch: int) -> None:
    for start in range(0, events, batch):
        await log.publish([planned(number) for number in range(start, start + batch)])


async def drain(log: Log, events: int) -> None:
    async with log.subscribe("drain", [CHUNK_PLANNED]) as consumer:
        while events > 0:
            taken = await consumer.take(100, 1.0)
            await asyncio.gather(*(consumer.done(received) for received in taken))
            events -= len(taken)


@asynccontextmanager
async def running(log: Log, relay: Relay, handled: Handled) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    subscription = Subscription("bench", {CHUNK_PLANNED: handled.handle}, PARALLEL)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run(stopping))
        tasks.create_task(consume(subscription, log, dead_letters=log, attempts_max=1, stopping=stopping))
        yield
        stopping.set()


async def pass_through(engine: AsyncEngine, relay: Relay, handled: Handled) -> None:
    goal = handled.count + EVENTS
    for start in range(0, EVENTS, 50):
        async with transaction(engine) as connection:
            await emit(connection, *(planned(number) for number in range(start, start + 50)))
        relay.wake()
    await handled.reach(goal)


async def latency_ms(engine: AsyncEngine, relay: Relay, handled: Handled) -> float:
    await asyncio.sleep(PAUSE_S)
    async with transaction(engine) as connection:
        await emit(connection, planned(0))
    started = time.perf_counter()
    relay.wake()
    await handled.reach(handled.count + 1)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory(prefix="rowmill-bench-") as home:
        asyncio.run(measure("PostgreSQL, embedded", start_embedded(Path(home)), PostgresEventLog))
    with find_stack() as stack, ExitStack() as opened:
        if stack is None:
            print("No real servers: set STACK_* to measure Kafka.")
            return
        url = opened.enter_context(bench_database(stack))
        prefix = f"bench-{secrets.token_hex(4)}"
        asyncio.run(measure("PostgreSQL, server", url, PostgresEventLog))
        asyncio.run(measure("Kafka", url, lambda _engine: KafkaEventLog(stack.kafka, prefix)))


if __name__ == "__main__":
    main()
