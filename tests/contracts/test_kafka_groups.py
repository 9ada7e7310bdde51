"""Kafka groups of many members: an older Rowmill among them, and more of them than one has hands for."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from backbone.catalog.outbox import new_event
from backbone.eventlog.events import CHUNK_PLANNED, UPLOAD_LOADED
from backbone.eventlog.kafka import consumer as event_log_kafka_consumer
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.kafka.shares import EvenShares
from backbone.eventlog.kafka.topics import PARTITIONS
from backbone.eventlog.port import Consumer, Received
from tests.contracts.test_event_log import eventually, planned, take_and_finish, take_exactly
from tests.stack import Stack

pytestmark = pytest.mark.stack
GROUP, TYPES = "parser", [CHUNK_PLANNED, UPLOAD_LOADED]


@pytest.fixture
async def log(stack: Stack) -> AsyncIterator[KafkaEventLog]:
    """With as many partitions as there are where nothing is set."""
    log = KafkaEventLog(stack.kafka, f"test-{secrets.token_hex(6)}")
    yield log
    await log.delete_topics()
    await log.close()


async def spread(log: KafkaEventLog, members: list[Consumer], first: int) -> list[list[Received]]:
    """What each member got of a hundred events of each type that were published when it was there; all are done afterwards."""
    await log.publish([planned(first + number) for number in range(100)])
    await log.publish([new_event(UPLOAD_LOADED, f"upload/{first + number}", chunk=first + number) for number in range(100)])
    seen: list[list[Received]] = [[] for _ in members]
    while (await log.backlog(GROUP, TYPES)).events:
        await take_and_finish(members, seen, 0.1)
    return seen


async def test_all_members_have_of_all_topics(log: KafkaEventLog) -> None:
    """Joined one after the other, as pods are; the sticky strategy would give the last ones all that is rare and no chunk."""
    async with AsyncExitStack() as stack:
        members: list[Consumer] = []
        first = 0
        for _ in range(4):
            members.append(await stack.enter_async_context(log.subscribe(GROUP, TYPES)))
            assert await members[-1].take(1, 0.1) == []

        async def is_even() -> bool:
            nonlocal first
            seen = await spread(log, members, first)
            first += 100
            places = [{(received.type, received.partition) for received in taken} for taken in seen]
            doubled = sum(map(len, places)) - len(set().union(*places))
            return not doubled and all(sum(type == one for type, _ in of_one) >= 8 for of_one in places for one in TYPES)

        await eventually(is_even)


@pytest.mark.long
@pytest.mark.parametrize("leader", ["older", "newer"])
async def test_a_member_of_an_older_rowmill_works_in_the_group(log: KafkaEventLog, leader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes first leads. Nothing is lost, and both have of both topics."""

    def join(age: str) -> Consumer:
        monkeypatch.setattr(event_log_kafka_consumer, "EvenShares", RangePartitionAssignor if age == "older" else EvenShares)
        return log.subscribe(GROUP, TYPES)

    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(join(leader))]
        await log.publish([planned(0)])
        for received in await take_exactly(members[0], 1):
            await members[0].done(received)
        members.append(await stack.enter_async_context(join("newer" if leader == "older" else "older")))
        first = 1

        async def both_have_both() -> bool:
            nonlocal first
            seen = await spread(log, members, first)
            chunks = {int(received.event.data["chunk"]) for taken in seen for received in taken if received.event}
            assert chunks == set(range(first, first + 100))
            first += 100
            return all({received.type for received in taken} == set(TYPES) for taken in seen)

        await eventually(both_have_both)


async def test_a_group_of_64_partitions_starts_at_once(log: KafkaEventLog) -> None:
    await log.publish([planned(number) for number in range(1_000)])
    async with log.subscribe(GROUP, TYPES) as consumer:
        taken = await take_exactly(consumer, 1_000)
        for received in taken:
            await consumer.done(received)
    assert len({received.partition for received in taken}) == PARTITIONS
