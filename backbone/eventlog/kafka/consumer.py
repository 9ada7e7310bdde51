"""A member of a Kafka group: takes from its partitions in turns, commits what is done without a gap, keeps its head in a rebalance.

aiokafka rebalances eagerly: every member gives up everything and gets most of it back. Work in hand on a partition that comes back goes
on as if nothing had been; on one that went elsewhere it is forgotten, and comes again there.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from backbone.eventlog.events import Event
from backbone.eventlog.kafka.cluster import REQUEST_TIMEOUT_S, Cluster, kafka_errors
from backbone.eventlog.kafka.shares import EvenShares
from backbone.eventlog.offsets import Progress
from backbone.eventlog.port import Received

START_TIMEOUT_S: Final = 10.0
COMMIT_TIMEOUT_S: Final = 10.0
LEAVE_TIMEOUT_S: Final = 10.0
DRAIN_TIMEOUT_S: Final = 3.0  # work in hand may finish before a rebalance takes its partition; all members wait that long
LOOK_S: Final = 0.1  # the longest sleep between looks into aiokafka's buffers; new messages end it
METADATA_AGE_MAX_S: Final = 5.0  # a topic made a moment ago may be unknown when the group shares out; aiokafka would look again after 5 min
POLL_INTERVAL_MAX_S: Final = 24 * 3600.0  # a member whose hands are full does not poll: that it lives, its heartbeats tell
PARTITION_BUFFER_BYTES: Final = 256 * 1024
NEVER: Final = -1  # committed

_decoder = msgspec.json.Decoder(Event)


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, cluster: Cluster, group: str, types: Sequence[str], session_timeout_s: float) -> None:
        self._cluster = cluster
        self._group = group
        self._types = {cluster.topic(type): type for type in types}
        self._session_timeout_s = session_timeout_s
        self._held: dict[TopicPartition, Progress] = {}
        self._turn = 0
        self._may_take = False  # nor may it commit while a rebalance is under way; in its first seconds only the latter
        self._may_commit = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._committing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._cluster.ensure_topics(self._types.values())
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._cluster.bootstrap,
            group_id=self._cluster.group(self._group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # in a partition that a topic has grown by, too: what came before the group knew of it is taken
            partition_assignment_strategy=[EvenShares],
            session_timeout_ms=int(self._session_timeout_s * 1000),
            heartbeat_interval_ms=int(self._session_timeout_s * 1000 / 4),
            max_poll_interval_ms=int(POLL_INTERVAL_MAX_S * 1000),
            metadata_max_age_ms=int(METADATA_AGE_MAX_S * 1000),
            max_partition_fetch_bytes=PARTITION_BUFFER_BYTES,
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
            **self._cluster.security,
        )
        try:
            async with kafka_errors(), asyncio.timeout(START_TIMEOUT_S):
                await self._consumer.start()
        except BaseException:
            await self._stop()
            raise
        self._consumer.subscribe(list(self._types), listener=self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            with suppress(Exception):
                await self._commit()
        finally:
            self._may_take = self._may_commit = False
            self._held.clear()
            await self._stop()

    async def take(self, limit: int, timeout_s: float) -> list[Received]:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            async with kafka_errors():
                records = await self._take_buffered(limit)
            if records:
                return records
            wait_s = min(deadline - asyncio.get_running_loop().time(), LOOK_S)
            if wait_s <= 0:
                return []
            await self._wait_for_messages(wait_s)

    async def done(self, received: Received) -> None:
        progress = self._held.get(TopicPartition(self._cluster.topic(received.type), received.partition))
        if progress is None:
            return
        progress.finish(received.offset)
        self._note_hands()
        await self._commit()

    async def _wait_for_messages(self, timeout_s: float) -> None:
        arrived = self._consumer._fetcher._create_fetch_waiter()
        try:
            await asyncio.wait([arrived], timeout=timeout_s)
        finally:
            if not arrived.cancel():
                arrived.exception()  # the next `getmany` raises it

    async def _take_buffered(self, limit: int) -> list[Received]:
        """Never waits, so that no rebalance can come between: what came out of the buffers of an earlier assignment could not be told
        from what belongs to this one."""
        taken: list[Received] = []
        if self._may_take and not self._consumer._fetcher._records:
            await self._consumer.getmany(timeout_ms=0)  # gives nothing, but raises what went wrong in the background
            return taken
        while records := await self._take_round(limit - len(taken)):
            taken += records
        self._note_hands()
        return taken

    async def _take_round(self, limit: int) -> list[Received]:
        """One event of each partition that has one, those first that were not served for longest."""
        taken: list[Received] = []
        # Those that nothing has come of are not asked: there may be hundreds.
        waiting = [topic_partition for topic_partition in self._consumer._fetcher._records if topic_partition in self._held]
        for topic_partition in sorted(waiting, key=lambda topic_partition: self._held[topic_partition].turn):
            if not self._may_take or len(taken) >= limit:
                break
            for record in (await self._consumer.getmany(topic_partition, timeout_ms=0, max_records=1)).get(topic_partition, []):
                taken += self._note_taken(topic_partition, record)
        return taken

    def _note_taken(self, topic_partition: TopicPartition, record: ConsumerRecord) -> list[Received]:
        if not self._held[topic_partition].take(record.offset):
            return []
        self._turn += 1
        self._held[topic_partition].turn = self._turn
        raw = record.value or b""
        return [Received(self._types[topic_partition.topic], topic_partition.partition, record.offset, _decode(raw), raw)]

    def _note_hands(self) -> None:
        if any(progress.in_hand for progress in self._held.values()):
            self._idle.clear()
        else:
            self._idle.set()

    async def _commit(self) -> None:
        """Everything that can be committed by now: who waited for the turn finds its work done.

        In a rebalance nothing is: it is committed afterwards, for the partitions that came back.
        """
        async with self._committing:
            dirty = {topic_partition: progress.boundary for topic_partition, progress in self._held.items() if progress.dirty}
            if not dirty or not self._may_commit:
                return
            held = dict(self._held)
            try:
                async with kafka_errors(), asyncio.timeout(COMMIT_TIMEOUT_S):
                    await self._send_commit(dirty)
            except _Moved:
                return
            for topic_partition, boundary in dirty.items():
                held[topic_partition].committed = boundary

    async def _send_commit(self, offsets: dict[TopicPartition, int]) -> None:
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            raise _Moved from error

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """aiokafka holds the rebalance until this returns."""
        self._may_take = False
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self._idle.wait()
        with suppress(Exception):  # what could not be committed comes again, or is committed when its partition comes back
            await self._commit()
        self._may_commit = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        try:  # all in one request; `committed` asks for each partition by itself
            committed = await self._consumer._coordinator.fetch_committed_offsets(list(assigned))
        except KafkaError:
            committed = {}
        offsets = {topic_partition: found.offset for topic_partition, found in committed.items()}
        now = {topic_partition: Progress(offsets.get(topic_partition, NEVER)) for topic_partition in assigned}
        for topic_partition in now:
            before = self._held.get(topic_partition)
            # Nobody else has committed: so nobody had it in between, and what we have in hand of it is still ours alone.
            if before is not None and before.committed == now[topic_partition].committed:
                now[topic_partition] = before
        self._held = now
        self._may_take = self._may_commit = True
        self._note_hands()

    async def _stop(self) -> None:
        try:
            with suppress(KafkaError):
                async with asyncio.timeout(LEAVE_TIMEOUT_S):
                    await self._consumer.stop()
        except TimeoutError:
            await self._consumer._client.close()


class _Moved(Exception):  # noqa: N818 -- no error: what was done on a partition that has gone is done there again
    pass


def _decode(raw: bytes) -> Event | None:
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
