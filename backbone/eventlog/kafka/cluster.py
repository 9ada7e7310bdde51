"""What is asked of Kafka about topics and groups, rather than about events: making topics, backlog, health."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalArgumentError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnsupportedVersionError,
)

from backbone.errors import Unavailable
from backbone.eventlog.kafka.topics import PARTITIONS, grow_topics, make_topics
from backbone.eventlog.port import Backlog

REQUEST_TIMEOUT_S: Final = 15.0  # longer than a rebalance may take, for joining is one request
ASK_TIMEOUT_S: Final = 10.0
LOOK_TIMEOUT_S: Final = 2.0  # for the first events that wait, of all partitions together
LOOK_BYTES: Final = 16 * 1024
PLAIN: Final[Mapping[str, Any]] = MappingProxyType({})
BUGS: Final = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidTopicError, IllegalArgumentError, UnsupportedVersionError)


@asynccontextmanager
async def kafka_errors() -> AsyncIterator[None]:
    """Everything that a mended broker, network or permission would mend is `Unavailable`; what our own message caused goes through."""
    try:
        yield
    except BUGS:
        raise
    except (KafkaError, ConsumerStoppedError, OSError, TimeoutError) as error:
        raise Unavailable("kafka", str(error) or type(error).__name__) from error


class Cluster:
    def __init__(self, bootstrap: str, prefix: str, security: Mapping[str, Any] = PLAIN, partitions: int = PARTITIONS) -> None:
        """`security`: what aiokafka's clients want for TLS and SASL. `partitions` of each topic, at least."""
        self.bootstrap = bootstrap
        self.security = security
        self.prefix = prefix
        self._admin: AIOKafkaAdminClient | None = None
        self._reader: AIOKafkaConsumer | None = None
        self._partitions = partitions
        self._known: set[str] = set()  # to exist
        self._ensured: set[str] = set()  # to have their partitions too
        self._turn = asyncio.Lock()

    def topic(self, type: str) -> str:
        return f"{self.prefix}.{type}"

    def group(self, group: str) -> str:
        return f"{self.prefix}.{group}"

    async def ensure_topics(self, types: Iterable[str]) -> None:
        """Before anybody asks for them: a broker that makes topics by itself would give them one partition."""
        wanted = {self.topic(type) for type in types} - self._ensured
        if not wanted:
            return
        async with self._asking() as admin:
            there = wanted & set(await admin.list_topics())
            await make_topics(admin, wanted - there, self._partitions)
            await grow_topics(admin, there, self._partitions)
            self._known |= wanted
            self._ensured |= wanted

    def forget_topics(self) -> None:
        self._known.clear()
        self._ensured.clear()

    async def backlog(self, group: str, types: Sequence[str]) -> Backlog:
        async with self._asking() as admin:
            wanted = {self.topic(type) for type in types}
            if not wanted <= self._known:  # a list of all topics is long where others have theirs, too
                self._known |= wanted & set(await admin.list_topics())
            if not (existing := wanted & self._known):
                return Backlog(0)
            described = await admin.describe_topics(sorted(existing))
            topic_partitions = [
                TopicPartition(topic["topic"], partition["partition"]) for topic in described for partition in topic["partitions"]
            ]
            committed = await admin.list_consumer_group_offsets(self.group(group))
            reader = await self._started_reader()
            first, end = await asyncio.gather(reader.beginning_offsets(topic_partitions), reader.end_offsets(topic_partitions))
            starts = {
                topic_partition: max(first[topic_partition], committed[topic_partition].offset if topic_partition in committed else 0)
                for topic_partition in topic_partitions
            }
            waiting = {topic_partition: start for topic_partition, start in starts.items() if start < end[topic_partition]}
            return Backlog(
                sum(end[topic_partition] - start for topic_partition, start in waiting.items()), await _oldest_s(reader, waiting)
            )

    async def check(self) -> None:
        async with self._asking() as admin:
            await admin.describe_cluster()

    async def delete_topics(self) -> None:
        async with self._asking() as admin:
            ours = [topic for topic in await admin.list_topics() if topic.startswith(f"{self.prefix}.")]
            if ours:
                await admin.delete_topics(ours)
            self.forget_topics()

    async def close(self) -> None:
        admin, reader, self._admin, self._reader = self._admin, self._reader, None, None
        if admin is not None:
            await admin.close()
        if reader is not None:
            await reader.stop()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """The admin client, for one question at a time. One that failed is replaced: it may know only brokers that have gone."""
        async with self._turn, kafka_errors():
            try:
                async with asyncio.timeout(ASK_TIMEOUT_S):
                    if self._admin is None:
                        self._admin = AIOKafkaAdminClient(
                            bootstrap_servers=self.bootstrap, request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000), **self.security
                        )
                        await self._admin.start()
                    yield self._admin
            except BaseException:
                await self.close()
                raise

    async def _started_reader(self) -> AIOKafkaConsumer:
        if self._reader is None:
            self._reader = AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap,
                request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
                max_partition_fetch_bytes=LOOK_BYTES,
                enable_auto_commit=False,
                **self.security,
            )
            await self._reader.start()
        return self._reader


async def _oldest_s(reader: AIOKafkaConsumer, waiting: Mapping[TopicPartition, int]) -> float:
    """The age of the oldest of the events at these offsets. A partition that does not answer in time is left out."""
    if not waiting:
        return 0.0
    reader.assign(list(waiting))
    for topic_partition, offset in waiting.items():
        reader.seek(topic_partition, offset)
    written_ms: dict[TopicPartition, int] = {}
    deadline = time.monotonic() + LOOK_TIMEOUT_S
    while (left := [topic_partition for topic_partition in waiting if topic_partition not in written_ms]) and (
        left_s := deadline - time.monotonic()
    ) > 0:
        for topic_partition, records in (await reader.getmany(*left, timeout_ms=int(left_s * 1000))).items():
            written_ms[topic_partition] = records[0].timestamp
    reader.unsubscribe()
    return max(0.0, time.time() - min(written_ms.values()) / 1000) if written_ms else 0.0
