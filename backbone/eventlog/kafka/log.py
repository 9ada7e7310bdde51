"""The event log on Kafka: a topic per event type, named `{prefix}.{type}`, the subject as the key of each message."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.kafka.cluster import PLAIN, REQUEST_TIMEOUT_S, Cluster, kafka_errors
from backbone.eventlog.kafka.consumer import KafkaConsumer
from backbone.eventlog.kafka.topics import PARTITIONS
from backbone.eventlog.port import Backlog, Consumer

START_TIMEOUT_S: Final = 10.0
PUBLISH_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
SESSION_TIMEOUT_S: Final = 10.0  # how long a dead member's partitions wait

Message = tuple[str, str, bytes, list[tuple[str, bytes]]]  # topic, key, value, headers


class KafkaEventLog:
    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        *,
        partitions: int = PARTITIONS,
        session_timeout_s: float = SESSION_TIMEOUT_S,
        security: Mapping[str, Any] = PLAIN,
    ) -> None:
        """`bootstrap` is `host:port[,host:port]`, `security` as of `Cluster`. Does no I/O; topics are made, or grown, when first used."""
        self.prefix = prefix
        self.partitions = partitions
        self._bootstrap = bootstrap
        self._session_timeout_s = session_timeout_s
        self._security = security
        self._cluster = Cluster(bootstrap, prefix, security, partitions)
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._aborting: set[asyncio.Task[None]] = set()

    async def publish(self, events: Sequence[Event]) -> None:
        await self._send([(event.type, event.subject, msgspec.json.encode(event), _headers(event)) for event in events])

    async def append(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        """Type, subject and bytes of each record; what `publish` writes are encoded events."""
        await self._send([(*record, []) for record in records])

    def subscribe(self, group: str, types: Sequence[str]) -> Consumer:
        return KafkaConsumer(self._cluster, group, types, self._session_timeout_s)

    async def backlog(self, group: str, types: Sequence[str]) -> Backlog:
        return await self._cluster.backlog(group, types)

    async def check(self) -> None:
        await self._cluster.check()

    async def delete_topics(self) -> None:
        """Everything under this prefix; for tests, and for whoever gives up a prefix."""
        await self._cluster.delete_topics()

    async def close(self) -> None:
        if self._producer is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await self._producer.stop()
        await asyncio.gather(*self._aborting)
        await self._cluster.close()

    async def _send(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        await self._cluster.ensure_topics({message[0] for message in messages})
        producer = await self._started()
        try:
            async with kafka_errors(), asyncio.timeout(PUBLISH_TIMEOUT_S):
                sent = [
                    await producer.send(self._cluster.topic(type), value, key=key.encode(), headers=headers)
                    for type, key, value, headers in messages
                ]
                await asyncio.gather(*sent)
        except Unavailable:
            self._drop(producer)
            raise

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
                    **self._security,
                )
                try:
                    async with kafka_errors(), asyncio.timeout(START_TIMEOUT_S):
                        await producer.start()
                except BaseException:
                    await _abort(producer)
                    raise
                self._producer = producer
            return self._producer

    def _drop(self, producer: AIOKafkaProducer) -> None:
        """An idempotent producer never gives a message up: kept, it would publish again, minutes later, what is tried anew meanwhile."""
        if self._producer is producer:
            self._producer = None
        self._cluster.forget_topics()  # perhaps one has been deleted
        aborting = asyncio.create_task(_abort(producer))
        self._aborting.add(aborting)
        aborting.add_done_callback(self._aborting.discard)


def _headers(event: Event) -> list[tuple[str, bytes]]:
    return [] if event.traceparent is None else [("traceparent", event.traceparent.encode())]


async def _abort(producer: AIOKafkaProducer) -> None:
    """Ends a producer without sending what it still holds; `stop` would wait for that for ever."""
    sender = producer._sender.sender_task if producer._sender is not None else None
    if sender is not None:
        sender.cancel()
        await asyncio.wait([sender], timeout=STOP_TIMEOUT_S)
    producer._closed = True
    await producer.client.close()
