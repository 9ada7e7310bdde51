"""The EventLog contract, on PostgreSQL tables, on Kafka, and on the log in memory that unit tests use."""

import asyncio
import secrets
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import new_event
from backbone.errors import Unavailable
from backbone.eventlog.events import CHUNK_LOADED, CHUNK_PLANNED, DEAD_LETTER, Event
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.port import Backlog, Consumer, Received
from backbone.eventlog.postgres import consumer as event_log_postgres_consumer
from backbone.eventlog.postgres.log import PostgresEventLog
from tests.memory_event_log import MemoryEventLog

PATIENCE_S = 20.0
PARTITIONS = 12  # 64 take a broker a second to make, and each test has topics of its own
MORE = 31
Log = PostgresEventLog | KafkaEventLog | MemoryEventLog
SERVERS = [pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)]


@pytest.fixture(params=[*SERVERS, pytest.param("memory")])
def home(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def closed_log(home: str, request: pytest.FixtureRequest) -> Log:
    """Apart from `log`, because only a fixture that is not a coroutine may ask for another one that is."""
    if home == "memory":
        return MemoryEventLog()
    return open_log(home, request, f"test-{secrets.token_hex(6)}", PARTITIONS)


def open_log(home: str, request: pytest.FixtureRequest, prefix: str, partitions: int) -> PostgresEventLog | KafkaEventLog:
    """Another one with the same prefix is another process with the same log."""
    if home == "embedded":
        return PostgresEventLog(request.getfixturevalue("engine"), partitions)
    return KafkaEventLog(request.getfixturevalue("stack").kafka, prefix, partitions=partitions)


@pytest.fixture
async def log(closed_log: Log) -> AsyncIterator[Log]:
    yield closed_log
    if isinstance(closed_log, KafkaEventLog):
        await closed_log.delete_topics()
    await closed_log.close()


def planned(number: int, subject: str | None = None) -> Event:
    return new_event(CHUNK_PLANNED, subject or f"upload/{number}", upload_id="upload", chunk=number)


def chunks(taken: Sequence[Received]) -> list[int]:
    return [int(received.event.data["chunk"]) for received in taken if received.event]


async def take_exactly(consumer: Consumer, count: int, limit: int = 1000) -> list[Received]:
    taken: list[Received] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(taken) < count and time.monotonic() < deadline:
        taken += await consumer.take(min(limit, count - len(taken)), 0.2)
    assert len(taken) == count
    return taken


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)


async def test_an_event_arrives_as_it_was_published(log: Log) -> None:
    event = new_event(CHUNK_PLANNED, "naïve/✓", upload_id="u", chunk=3)
    await log.publish([event])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        (received,) = await take_exactly(consumer, 1)
        assert received.event == event
        assert received.type == CHUNK_PLANNED
        assert received.offset == 0


async def test_publishing_nothing_is_nothing(log: Log) -> None:
    await log.publish([])


async def test_events_of_a_subject_keep_their_order(log: Log) -> None:
    async def publish(subject: str) -> None:
        for start in range(0, 30, 3):
            await log.publish([planned(number, subject) for number in range(start, start + 3)])

    await asyncio.gather(*(publish(f"subject {n}") for n in range(5)))
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        by_subject = defaultdict(list)
        for received in await take_exactly(consumer, 150, limit=7):
            assert received.event is not None
            by_subject[received.event.subject].append(int(received.event.data["chunk"]))
    assert len(by_subject) == 5
    assert all(numbers == list(range(30)) for numbers in by_subject.values())


async def test_take_gives_no_more_than_asked_and_returns_empty_in_time(log: Log) -> None:
    await log.publish([planned(number) for number in range(20)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        first = await take_exactly(consumer, 1, limit=1)
        rest = [await consumer.take(4, 5.0) for _ in range(3)]
        assert all(0 < len(taken) <= 4 for taken in rest)
        await take_exactly(consumer, 19 - sum(map(len, rest)), limit=3)
        assert len(first) == 1
        started = time.monotonic()
        assert await consumer.take(5, 0.3) == []
        assert 0.2 < time.monotonic() - started < 2


async def test_no_topic_waits_behind_a_long_one(log: Log) -> None:
    await log.publish([planned(number) for number in range(500)])
    await log.publish([new_event(CHUNK_LOADED, "late", chunk=1000)])
    async with log.subscribe("indexer", [CHUNK_PLANNED, CHUNK_LOADED]) as consumer:
        taken: list[Received] = []
        while CHUNK_LOADED not in {received.type for received in taken}:
            taken += await consumer.take(2, 5.0)
            assert len(taken) < 200


async def test_each_group_sees_every_event(log: Log) -> None:
    await log.publish([planned(number) for number in range(30)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as parser, log.subscribe("watcher", [CHUNK_PLANNED]) as watcher:
        assert sorted(chunks(await take_exactly(parser, 30))) == list(range(30))
        assert sorted(chunks(await take_exactly(watcher, 30))) == list(range(30))


async def test_a_group_sees_its_types_only(log: Log) -> None:
    await log.publish([planned(0), new_event(CHUNK_LOADED, "x", chunk=1)])
    async with log.subscribe("indexer", [CHUNK_LOADED]) as consumer:
        assert chunks(await take_exactly(consumer, 1)) == [1]
        assert await consumer.take(10, 0.3) == []


async def test_a_new_group_starts_at_the_oldest_event_and_then_waits_for_new_ones(log: Log) -> None:
    await log.publish([planned(0)])
    async with log.subscribe("early", [CHUNK_PLANNED]) as early:
        for received in await take_exactly(early, 1):
            await early.done(received)
    async with log.subscribe("late", [CHUNK_PLANNED]) as late:
        assert chunks(await take_exactly(late, 1)) == [0]
        waiting = asyncio.create_task(take_exactly(late, 1))
        await log.publish([planned(1)])
        assert chunks(await waiting) == [1]


async def test_what_is_done_does_not_come_again_and_what_is_not_does(log: Log) -> None:
    await log.publish([planned(number) for number in range(24)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, 24)
        undone = {received.partition: received for received in reversed(taken)}  # the first of each partition
        for received in taken:
            if received not in undone.values():
                await consumer.done(received)
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        again = await take_exactly(consumer, 24)  # no offset could move past its first event
        for received in again:
            await consumer.done(received)
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        assert await consumer.take(10, 0.5) == []


async def test_the_offset_moves_past_a_done_prefix_in_any_order(log: Log) -> None:
    await log.publish([planned(number, "one") for number in range(5)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, 5)
        for place, lag in ((3, 5), (1, 5), (0, 3), (2, 1), (2, 1), (4, 0)):
            await consumer.done(taken[place])
            assert (await log.backlog("parser", [CHUNK_PLANNED])).events == lag


async def test_only_what_follows_the_done_prefix_comes_again(log: Log) -> None:
    await log.publish([planned(number, "one") for number in range(5)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, 5)
        for place in (0, 1, 3):
            await consumer.done(taken[place])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        assert chunks(await take_exactly(consumer, 3)) == [2, 3, 4]


async def test_members_share_the_partitions_and_none_is_doubled(log: Log) -> None:
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(log.subscribe("parser", [CHUNK_PLANNED])) for _ in range(3)]
        seen: list[list[Received]] = [[], [], []]
        number = 0

        async def all_take_part() -> bool:
            """Publishes until each member got something: how long the shares take to settle differs."""
            nonlocal number
            await log.publish([planned(number + step) for step in range(24)])
            number += 24
            await take_and_finish(members, seen, 0.1)
            return all(seen)

        await eventually(all_take_part)
        for taken in seen:
            taken.clear()
        await drain(log, members, seen)
        for taken in seen:
            taken.clear()
        await log.publish([planned(step) for step in range(1000)])
        await drain(log, members, seen)
        assert Counter(number for taken in seen for number in chunks(taken)) == Counter(range(1000))
        owners = Counter(partition for taken in seen for partition in {received.partition for received in taken})
        assert set(owners.values()) == {1}
        assert sorted(len({received.partition for received in taken}) for taken in seen) == [4, 4, 4]


async def test_each_topic_is_shared_on_its_own(log: Log) -> None:
    """The members join one after the other, which is when a balance over all topics together gives one all of a topic and the other none."""
    async with log.subscribe("parser", [CHUNK_PLANNED, CHUNK_LOADED]) as first:
        await log.publish([planned(0), new_event(CHUNK_LOADED, "upload/0", upload_id="upload", chunk=0)])
        for received in await take_exactly(first, 2):
            await first.done(received)
        async with log.subscribe("parser", [CHUNK_PLANNED, CHUNK_LOADED]) as second:
            members, seen = [first, second], [[], []]  # type: ignore[var-annotated]
            number = 0

            async def both_have_both() -> bool:
                nonlocal number
                for _ in range(24):
                    number += 1
                    loaded = new_event(CHUNK_LOADED, f"upload/{number}", upload_id="upload", chunk=number)
                    await log.publish([planned(number), loaded])
                await take_and_finish(members, seen, 0.1)
                return all({received.type for received in taken} == {CHUNK_PLANNED, CHUNK_LOADED} for taken in seen)

            await eventually(both_have_both)
            for taken in seen:
                taken.clear()
            await drain(log, members, seen)
            await log.publish([planned(step) for step in range(200)])
            await drain(log, members, seen)
            assert all(any(received.type == CHUNK_PLANNED for received in taken) for taken in seen)


async def take_and_finish(members: Sequence[Consumer], seen: list[list[Received]], timeout_s: float) -> None:
    async def one(member: Consumer, into: list[Received]) -> None:
        for received in await member.take(50, timeout_s):
            into.append(received)
            await member.done(received)

    await asyncio.gather(*(one(member, into) for member, into in zip(members, seen, strict=True)))


async def drain(log: Log, members: Sequence[Consumer], seen: list[list[Received]]) -> None:
    async def is_empty() -> bool:
        await take_and_finish(members, seen, 0.1)
        return (await log.backlog("parser", [CHUNK_PLANNED])).events == 0

    await eventually(is_empty)


async def test_a_member_that_joins_gets_work_and_none_is_lost(log: Log) -> None:
    """With events in hand on the first one. Kafka may give those of a partition that moves to both; they are all done in the end."""
    await log.publish([planned(number) for number in range(100)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as first:
        in_hand = await take_exactly(first, 20, limit=20)
        async with log.subscribe("parser", [CHUNK_PLANNED]) as second:
            seen: list[list[Received]] = [[], []]
            for received in in_hand:
                await asyncio.gather(first.done(received), take_and_finish([second], seen[1:], 0.0))
            number = 100

            async def second_works() -> bool:
                nonlocal number
                await log.publish([planned(number)])
                number += 1
                await take_and_finish([first, second], seen, 0.05)
                return bool(seen[1])

            await eventually(second_works)
            await drain(log, [first, second], seen)
    assert set(chunks(in_hand + seen[0] + seen[1])) == set(range(number))
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 0


@pytest.mark.long
async def test_what_a_leaving_member_had_in_hand_goes_to_the_others(log: Log) -> None:
    async with log.subscribe("parser", [CHUNK_PLANNED]) as staying:
        async with log.subscribe("parser", [CHUNK_PLANNED]) as leaving:
            number = 0
            in_hand: list[Received] = []
            seen: list[list[Received]] = [[]]

            async def leaving_has_some() -> bool:
                nonlocal number
                await log.publish([planned(number)])
                number += 1
                in_hand.extend(await leaving.take(10, 0.05))
                await take_and_finish([staying], seen, 0.05)
                return len(in_hand) >= 2

            await eventually(leaving_has_some)
        await drain(log, [staying], seen)
        await leaving.done(in_hand[0])  # too late: ignored, or refused, but harmless
    assert set(chunks(seen[0])) == set(range(number))


MEMBER = """
import asyncio, sys
from backbone.postgres.engine import make_engine
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.postgres.log import PostgresEventLog

async def run(home, address, prefix):
    log = PostgresEventLog(make_engine(address, 2)) if home == "embedded" else KafkaEventLog(address, prefix, partitions=12, session_timeout_s=6.0)
    async with log.subscribe("parser", ["chunk.planned"]) as consumer:
        while True:
            for received in await consumer.take(100, 5.0):
                print(received.event.data["chunk"], flush=True)

asyncio.run(run(*sys.argv[1:]))
"""


@pytest.mark.long
@pytest.mark.parametrize("home", SERVERS)  # a log in memory ends with its process
async def test_what_a_killed_process_had_in_hand_returns(log: Log, home: str, postgres_url: str, request: pytest.FixtureRequest) -> None:
    await log.publish([planned(number) for number in range(20)])
    address = postgres_url if home == "embedded" else request.getfixturevalue("stack").kafka
    prefix = getattr(log, "prefix", "")
    member = await asyncio.create_subprocess_exec(sys.executable, "-c", MEMBER, home, address, prefix, stdout=asyncio.subprocess.PIPE)
    assert member.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        taken = {int(await member.stdout.readline()) for _ in range(20)}
    assert taken == set(range(20))
    member.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    async with log.subscribe("parser", [CHUNK_PLANNED]) as heir:
        assert sorted(chunks(await take_exactly(heir, 20))) == list(range(20))
    took_s = time.monotonic() - killed_at
    assert took_s < (5 if home == "embedded" else 15)
    await member.wait()


async def test_bytes_that_are_no_event_arrive_as_such(log: Log) -> None:
    bad = [b"", b"{", b"\xff\xfe", b'{"id": 1}', b"[]"]
    await log.append([(CHUNK_PLANNED, "one", raw) for raw in bad])
    await log.publish([planned(7, "one")])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, len(bad) + 1)
        assert [received.raw for received in taken[:-1]] == bad
        assert [received.event for received in taken[:-1]] == [None] * len(bad)
        assert chunks(taken) == [7]
        for received in taken:
            await consumer.done(received)
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 0


async def test_the_lag_counts_what_is_not_committed(log: Log) -> None:
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 0
    await log.publish([planned(number) for number in range(9)])
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 9
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        taken = await take_exactly(consumer, 9)
        assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 9
        for received in taken:
            await consumer.done(received)
    await log.publish([new_event(CHUNK_LOADED, "x", chunk=1)])
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 0
    assert (await log.backlog("parser", [CHUNK_PLANNED, CHUNK_LOADED])).events == 1


async def test_the_backlog_tells_since_when_the_oldest_waits(log: Log) -> None:
    assert (await log.backlog("parser", [CHUNK_PLANNED])).oldest_s == 0
    await log.publish([planned(1)])
    first = await log.backlog("parser", [CHUNK_PLANNED])
    await log.publish([planned(number) for number in range(2, 9)])

    async def is_older() -> bool:
        return (await log.backlog("parser", [CHUNK_PLANNED, CHUNK_LOADED])).oldest_s > first.oldest_s + 0.2

    await eventually(is_older)
    assert (await log.backlog("parser", [CHUNK_PLANNED, CHUNK_LOADED])).events == 8
    async with log.subscribe("parser", [CHUNK_PLANNED]) as consumer:
        for received in await take_exactly(consumer, 8):
            await consumer.done(received)
    assert await log.backlog("parser", [CHUNK_PLANNED, CHUNK_LOADED]) == Backlog(0)


async def test_a_log_that_answers_passes_its_check(log: Log) -> None:
    await log.check()


async def test_a_kafka_that_is_away_is_unavailable() -> None:
    log = KafkaEventLog("127.0.0.1:1", "test")
    for attempt in (log.check(), log.publish([planned(1)]), log.backlog("parser", [CHUNK_PLANNED]), log.subscribe("g", ["t"]).__aenter__()):
        with pytest.raises(Unavailable):
            await attempt
    await log.close()


async def test_what_a_lost_member_in_memory_had_in_hand_returns() -> None:
    log = MemoryEventLog()
    await log.publish([planned(number) for number in range(20)])
    async with log.subscribe("parser", [CHUNK_PLANNED]) as lost, log.subscribe("parser", [CHUNK_PLANNED]) as heir:
        in_hand = await lost.take(20, 0.0)
        lost.lose()
        assert in_hand
        assert sorted(chunks(await take_exactly(heir, 20))) == list(range(20))
        for attempt in (lost.take(1, 1.0), lost.done(in_hand[0])):
            with pytest.raises(Unavailable):
                await attempt


@pytest.mark.parametrize("home", ["embedded"])
async def test_old_events_go_once_every_group_has_committed_them(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka does its own forgetting, by age alone."""
    monkeypatch.setattr(event_log_postgres_consumer, "TIDY_S", 0.0)
    monkeypatch.setattr(event_log_postgres_consumer, "HEARTBEAT_S", 0.05)
    log = PostgresEventLog(engine)
    await log.publish([planned(number, "one") for number in range(6)])
    await log.publish([new_event(DEAD_LETTER, "kept", chunk=0)])
    async with log.subscribe("slow", [CHUNK_PLANNED]) as slow, log.subscribe("fast", [CHUNK_PLANNED]) as fast:
        for consumer, count in ((fast, 6), (slow, 4)):
            for received in (await take_exactly(consumer, 6))[:count]:
                await consumer.done(received)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE log_events SET written_at = now() - interval '2 days' WHERE number <> 2"))

        async def kept() -> list[tuple[str, int]]:
            async with engine.connect() as connection:
                rows = await connection.execute(text("SELECT topic, number FROM log_events ORDER BY topic, number"))
                return [(row.topic, row.number) for row in rows]

        async def tidied() -> bool:
            return len(await kept()) == 4

        await eventually(tidied)
        assert await kept() == [(CHUNK_PLANNED, 2), (CHUNK_PLANNED, 4), (CHUNK_PLANNED, 5), (DEAD_LETTER, 0)]
        assert (await log.backlog("slow", [CHUNK_PLANNED])).events == 2
        assert (await log.backlog("new", [CHUNK_PLANNED])).events == 4  # from the oldest that is left: 2, 3 (gone), 4, 5
    async with log.subscribe("new", [CHUNK_PLANNED]) as consumer:
        assert chunks(await take_exactly(consumer, 3)) == [2, 4, 5]
