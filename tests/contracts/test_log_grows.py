"""Topics grow while events pass, in both homes: nothing is lost, and processes of different settings share the work meanwhile."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidPartitionsError, TopicAuthorizationFailedError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.consume import Subscription, consume
from backbone.eventlog.events import CHUNK_LOADED, CHUNK_PLANNED, Event
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.port import EventLog, Received
from backbone.eventlog.postgres import consumer as event_log_postgres_consumer
from backbone.eventlog.postgres.consumer import PostgresConsumer
from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.postgres.engine import raw_url
from tests.contracts.test_event_log import SERVERS, eventually, open_log, planned, take_and_finish, take_exactly

FEW, MANY = 3, 16
GROUP = "parser"
Log = PostgresEventLog | KafkaEventLog


@pytest.fixture(params=SERVERS)
def home(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def closed_logs(home: str, request: pytest.FixtureRequest) -> list[Log]:
    """As many processes as settings, on one log."""
    prefix = f"test-{secrets.token_hex(6)}"
    return [open_log(home, request, prefix, partitions) for partitions in (FEW, MANY)]


@pytest.fixture
async def logs(closed_logs: list[Log]) -> AsyncIterator[list[Log]]:
    yield closed_logs
    for log in closed_logs:
        if isinstance(log, KafkaEventLog) and log is closed_logs[-1]:
            await log.delete_topics()
        await log.close()


@asynccontextmanager
async def working(logs: Iterable[EventLog], handled: Counter[int]) -> AsyncIterator[None]:
    """A member of the group for each of the logs."""

    async def handle(event: Event) -> None:
        handled[int(event.data["chunk"])] += 1

    stopping = asyncio.Event()
    subscription = Subscription(GROUP, {CHUNK_PLANNED: handle}, 4)
    async with asyncio.TaskGroup() as tasks:
        for log in logs:
            tasks.create_task(consume(subscription, log, dead_letters=log, attempts_max=1, stopping=stopping))
        try:
            yield
        finally:
            stopping.set()


@pytest.mark.long
async def test_a_topic_grows_under_traffic_and_nothing_is_lost(logs: list[Log]) -> None:
    small, large = logs
    handled: Counter[int] = Counter()
    published = 0
    growing = asyncio.Event()
    stopping = asyncio.Event()

    async def publish(log: Log, begin: asyncio.Event | None) -> None:
        nonlocal published
        if begin is not None:
            await begin.wait()
        while not stopping.is_set():
            first, published = published, published + 5
            await log.publish([planned(number) for number in range(first, first + 5)])
            await asyncio.sleep(0)  # the others have their turn

    async def has(count: int) -> bool:
        return len(handled) >= count

    publishing = [asyncio.create_task(publish(small, None)), asyncio.create_task(publish(large, growing))]
    async with working([small], handled):
        await eventually(lambda: has(100))
        growing.set()
        async with working([large], handled):
            await eventually(lambda: has(600))
            stopping.set()
            await asyncio.gather(*publishing)

            async def all_came() -> bool:
                return len(handled) == published and (await small.backlog(GROUP, [CHUNK_PLANNED])).events == 0

            await eventually(all_came)
    assert set(handled) == set(range(published))


@pytest.mark.long
async def test_what_came_into_a_new_partition_before_its_group_knew_is_taken(logs: list[Log]) -> None:
    """The group's only member started with fewer partitions, and is not told: it finds out."""
    small, large = logs
    await small.publish([planned(number) for number in range(20)])
    async with small.subscribe(GROUP, [CHUNK_PLANNED]) as consumer:
        for received in await take_exactly(consumer, 20):
            await consumer.done(received)
        await large.publish([planned(number) for number in range(20, 120)])
        taken = await take_exactly(consumer, 100)
        assert max(received.partition for received in taken) >= FEW
        for received in taken:
            await consumer.done(received)
        assert (await large.backlog(GROUP, [CHUNK_PLANNED])).events == 0
    async with large.subscribe(GROUP, [CHUNK_PLANNED]) as consumer:
        assert await consumer.take(10, 0.5) == []


async def test_a_smaller_setting_takes_nothing_away(logs: list[Log]) -> None:
    small, large = logs
    await large.publish([planned(number) for number in range(100)])
    await small.publish([planned(number) for number in range(100, 120)])
    async with small.subscribe(GROUP, [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, 120)
    assert {int(received.event.data["chunk"]) for received in taken if received.event} == set(range(120))


@pytest.mark.long
async def test_members_of_different_settings_share_all_partitions(logs: list[Log]) -> None:
    small, large = logs
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(log.subscribe(GROUP, [CHUNK_PLANNED])) for log in (small, large)]
        seen: list[list[Received]] = [[], []]
        number = 0

        async def each_has_half() -> bool:
            nonlocal number
            for taken in seen:
                taken.clear()
            await large.publish([planned(number + step) for step in range(200)])
            number += 200
            while (await large.backlog(GROUP, [CHUNK_PLANNED])).events:
                await take_and_finish(members, seen, 0.1)
            partitions = [{received.partition for received in taken} for taken in seen]
            return [len(of_one) for of_one in partitions] == [MANY // 2, MANY // 2] and not partitions[0] & partitions[1]

        await eventually(each_has_half)


@pytest.mark.parametrize("home", ["embedded"])
async def test_while_a_member_of_an_older_rowmill_is_there_nothing_is_lost(
    logs: list[Log], engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never finds out that there are more partitions; some wait until it has gone. Kafka tells all members."""
    small, large = logs
    monkeypatch.setattr(event_log_postgres_consumer, "HEARTBEAT_S", 0.05)

    class Older(PostgresConsumer):
        async def _grow(self) -> None:
            """It knows nothing of that."""

    monkeypatch.setattr(small, "subscribe", lambda group, types: Older(raw_url(engine), group, types, FEW))
    async with large.subscribe(GROUP, [CHUNK_PLANNED]) as newer:
        seen: list[list[Received]] = [[], []]
        async with small.subscribe(GROUP, [CHUNK_PLANNED]) as older:
            await large.publish([planned(number) for number in range(200)])
            for _ in range(5):
                await take_and_finish([newer, older], seen, 0.1)

        async def is_empty() -> bool:
            await take_and_finish([newer], seen[:1], 0.1)
            return (await large.backlog(GROUP, [CHUNK_PLANNED])).events == 0

        await eventually(is_empty)
    chunks = {int(received.event.data["chunk"]) for taken in seen for received in taken if received.event}
    assert chunks == set(range(200))


@pytest.mark.parametrize("home", ["embedded"])
async def test_no_group_is_forgotten_when_another_one_grows(logs: list[Log], engine: AsyncEngine) -> None:
    """Events go when all groups that have rows have committed them: a group without a row of a new partition would not be waited for."""
    small, large = logs
    async with small.subscribe("other", [CHUNK_PLANNED, CHUNK_LOADED]):
        pass
    async with large.subscribe(GROUP, [CHUNK_PLANNED]):
        pass
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT group_name, topic, count(*) FROM log_offsets GROUP BY 1, 2 ORDER BY 1, 2"))
        assert [tuple(row) for row in rows] == [("other", CHUNK_LOADED, FEW), ("other", CHUNK_PLANNED, MANY), (GROUP, CHUNK_PLANNED, MANY)]


@pytest.mark.parametrize("home", [pytest.param("distributed", marks=pytest.mark.stack)])
async def test_topics_of_others_that_may_not_be_changed_are_used_as_they_are(logs: list[Log], monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = logs
    await small.publish([planned(0)])
    asked: list[object] = []

    async def refuse(_self: object, topics: object) -> None:
        asked.append(topics)
        raise (TopicAuthorizationFailedError if len(asked) == 1 else InvalidPartitionsError)("no")

    monkeypatch.setattr(AIOKafkaAdminClient, "create_partitions", refuse)
    await large.publish([planned(1)])
    large._cluster.forget_topics()  # type: ignore[union-attr]
    await large.publish([planned(2)])
    assert len(asked) == 2
    async with large.subscribe(GROUP, [CHUNK_PLANNED]) as consumer:
        assert {received.partition for received in await take_exactly(consumer, 3)} <= set(range(FEW))
