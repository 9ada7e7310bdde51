"""What the event logs promise when things break: processes killed and stopped, servers that fall silent without closing a connection."""

import asyncio
import random
import secrets
import signal
import struct
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.consume import Subscription, consume
from backbone.errors import Unavailable
from backbone.eventlog.events import CHUNK_PLANNED, Event
from backbone.eventlog.kafka import log as event_log_kafka
from backbone.eventlog.kafka.cluster import Cluster
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.postgres import consumer as event_log_postgres_consumer
from backbone.eventlog.postgres import session as event_log_postgres_session
from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.postgres.engine import make_engine, raw_url
from tests.contracts.test_event_log import MEMBER, Log, chunks, closed_log, eventually, log, planned, take_exactly
from tests.stack import Stack

__all__ = ["closed_log", "log"]  # fixtures

WORKER = """
import asyncio, sys
from backbone.postgres.engine import make_engine
from backbone.eventlog.kafka.log import KafkaEventLog
from backbone.eventlog.postgres.log import PostgresEventLog
from backbone.consume import Subscription, consume

async def run(home, address, prefix):
    log = PostgresEventLog(make_engine(address, 2)) if home == "embedded" else KafkaEventLog(address, prefix, partitions=12, session_timeout_s=6.0)
    async def handle(event):
        await asyncio.sleep(0.02)
        print(event.data["chunk"], flush=True)
    await consume(Subscription("parser", {"chunk.planned": handle}, 4), log, dead_letters=log, attempts_max=1, stopping=asyncio.Event())

asyncio.run(run(*sys.argv[1:]))
"""


class Worker:
    """A process that consumes; what it handled is read from its output."""

    def __init__(self, process: asyncio.subprocess.Process, handled: Counter[int]) -> None:
        self.process = process
        self.reading = asyncio.create_task(self._read(handled))

    async def _read(self, handled: Counter[int]) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.endswith(b"\n"):
                handled[int(line)] += 1

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self.reading


async def start(script: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )


def address_of(home: str, engine: AsyncEngine, request: pytest.FixtureRequest) -> str:
    return raw_url(engine) if home == "embedded" else str(request.getfixturevalue("stack").kafka)


@pytest.mark.parametrize("home", ["embedded", pytest.param("distributed", marks=[pytest.mark.stack, pytest.mark.slow])])
async def test_killing_processes_loses_nothing(log: Log, home: str, engine: AsyncEngine, request: pytest.FixtureRequest) -> None:
    arguments = (home, address_of(home, engine, request), getattr(log, "prefix", ""))
    handled: Counter[int] = Counter()
    events = 600
    await log.publish([planned(number) for number in range(events)])
    workers = [Worker(await start(WORKER, *arguments), handled) for _ in range(2)]
    try:
        for goal in (100, 300):

            async def came_so_far(goal: int = goal) -> bool:
                return len(handled) >= goal

            await eventually(came_so_far)
            await workers.pop(random.randrange(2)).kill()
            workers.append(Worker(await start(WORKER, *arguments), handled))

        async def all_handled() -> bool:
            return len(handled) == events and (await log.backlog("parser", [CHUNK_PLANNED])).events == 0

        await eventually(all_handled)
    finally:
        for worker in workers:
            await worker.kill()
    # At most what two killed processes had in hand, and not yet committed, was handled twice.
    assert sum(handled.values()) - events <= 2 * (4 + 4)


@pytest.mark.slow
@pytest.mark.parametrize("home", ["embedded"])
async def test_a_stopped_process_loses_its_partitions_and_comes_back_harmless(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka's brokers see to that by themselves."""
    monkeypatch.setattr(event_log_postgres_consumer, "HUNG_S", 3.0)
    log = PostgresEventLog(engine)
    await log.publish([planned(number) for number in range(24)])
    member = await start(MEMBER, "embedded", raw_url(engine), "")
    assert member.stdout is not None
    try:
        for _ in range(24):
            await member.stdout.readline()
        member.send_signal(signal.SIGSTOP)
        async with log.subscribe("parser", [CHUNK_PLANNED]) as heir:
            taken = await take_exactly(heir, 24)
            assert sorted(chunks(taken)) == list(range(24))
            member.send_signal(signal.SIGCONT)
            for received in taken:
                await heir.done(received)
            assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 0
    finally:
        member.kill()
        await member.wait()


class Proxy:
    """Stands before a server; told to stall, it lets nothing through and closes nothing, like a server that was paused.

    Kafka tells its clients where it is; in those answers the proxy puts its own port.
    """

    def __init__(self, host: str, port: int, *, is_kafka: bool = False) -> None:
        self.host, self.port, self.is_kafka = host, port, is_kafka
        self.own_port = 0  # known once it listens
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.flowing.wait()
        theirs_reader, theirs_writer = await asyncio.open_connection(self.host, self.port)
        answers = self.pass_frames if self.is_kafka else self.pass_bytes
        for flow in (self.pass_bytes(reader, theirs_writer), answers(theirs_reader, writer)):
            task = asyncio.create_task(flow)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def pass_bytes(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(65536):
                await self.flowing.wait()
                writer.write(block)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def pass_frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = (b"127.0.0.1" + struct.pack(">i", port) for port in (self.port, self.own_port))
        try:
            while True:
                size = await reader.readexactly(4)
                frame = await reader.readexactly(int.from_bytes(size, "big"))
                await self.flowing.wait()
                writer.write(size + frame.replace(theirs, ours))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def proxy_before(host: str, port: int, *, is_kafka: bool = False) -> AsyncIterator[Proxy]:
    proxy = Proxy(host, port, is_kafka=is_kafka)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.own_port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.flowing.set()
        server.close()
        for task in list(proxy.tasks):
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)


@asynccontextmanager
async def consuming(log: Log, handled: Counter[int]) -> AsyncIterator[None]:
    async def handle(event: Event) -> None:
        await asyncio.sleep(0.005)
        handled[int(event.data["chunk"])] += 1

    stopping = asyncio.Event()
    subscription = Subscription("parser", {CHUNK_PLANNED: handle}, 4)
    running = asyncio.create_task(consume(subscription, log, dead_letters=log, attempts_max=1, stopping=stopping))
    try:
        yield
    finally:
        stopping.set()
        await running


async def survives_silence(log: Log, proxy: Proxy, silence_s: float) -> None:
    """Silence in the middle of work; publishing fails within its limit meanwhile, and everything goes on by itself afterwards."""
    handled: Counter[int] = Counter()

    async def has(count: int) -> bool:
        return len(handled) >= count

    async with consuming(log, handled):
        await log.publish([planned(number) for number in range(200)])
        await eventually(lambda: has(50))
        proxy.flowing.clear()
        silent_since = time.monotonic()
        with pytest.raises(Unavailable):
            await log.publish([planned(200)])
        await asyncio.sleep(max(0.0, silence_s - (time.monotonic() - silent_since)))
        proxy.flowing.set()
        for attempt in range(20):
            try:
                await log.publish([planned(200)])
                break
            except Unavailable:
                assert attempt < 19
        await eventually(lambda: has(201))

        async def all_committed() -> bool:
            return (await log.backlog("parser", [CHUNK_PLANNED])).events == 0

        await eventually(all_committed)


@pytest.mark.slow
@pytest.mark.stack
async def test_kafka_falls_silent(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log_kafka, "PUBLISH_TIMEOUT_S", 3.0)
    host, port = stack.kafka.rsplit(":", 1)
    async with proxy_before(host, int(port), is_kafka=True) as proxy:
        log = KafkaEventLog(f"127.0.0.1:{proxy.own_port}", f"test-{secrets.token_hex(6)}", session_timeout_s=6.0)
        await survives_silence(log, proxy, silence_s=8.0)
        await log.delete_topics()
        await log.close()


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("home", ["distributed"])
async def test_postgres_falls_silent(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded server listens on a socket of its own, not on TCP."""
    for module in (event_log_postgres_session, sys.modules[PostgresEventLog.__module__]):
        monkeypatch.setattr(module, "QUERY_TIMEOUT_S", 2.0)
    parts = urlsplit(raw_url(engine))
    async with proxy_before(parts.hostname or "", parts.port or 5432) as proxy:
        silent = make_engine(raw_url(engine).replace(f":{parts.port}/", f":{proxy.own_port}/"), connections_max=3)
        await survives_silence(PostgresEventLog(silent), proxy, silence_s=6.0)
        await silent.dispose()


@pytest.mark.long
async def test_topics_that_appear_after_the_group_has_shared_out_are_taken_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen as an upload that stayed PROCESSING: the group was formed before the broker told of a topic that had just been made."""

    async def sees_no_need(self: Cluster, types: object) -> None:
        """As where another pod has made the topics a moment ago, and this broker has not heard of it."""

    log = KafkaEventLog(stack.kafka, f"test-{secrets.token_hex(4)}")
    maker = KafkaEventLog(stack.kafka, log.prefix)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(Cluster, "ensure_topics", sees_no_need)
            consumer = await log.subscribe("indexer", [CHUNK_PLANNED]).__aenter__()
        try:
            assert await consumer.take(1, 1.0) == []
            await maker.publish([planned(1)])
            assert chunks(await take_exactly(consumer, 1)) == [1]
        finally:
            await consumer.__aexit__(None, None, None)
    finally:
        await maker.delete_topics()
        await maker.close()
        await log.close()
