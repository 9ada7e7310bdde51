"""The consume loop's three fates, on the event log in memory, which has proven in the contract suite that it behaves like the others."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from backbone.catalog.outbox import new_event
from backbone.consume import Handler, OnDeadLetter, Subscription, consume, loop
from backbone.errors import Rejected, Unavailable
from backbone.eventlog.events import CHUNK_PLANNED, DEAD_LETTER, Event
from backbone.runtime.tracing import current_traceparent
from tests.memory_event_log import MemoryConsumer, MemoryEventLog

PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What the loop logs, kept from the terminal: pretty tracebacks of long messages take seconds each."""
    with capture_logs() as captured:
        yield captured


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog()


def planned(chunk: int, subject: str | None = None, upload: str = "u") -> Event:
    return new_event(CHUNK_PLANNED, subject or f"{upload}/{chunk}", upload_id=upload, chunk=chunk)


@asynccontextmanager
async def consuming(
    log: MemoryEventLog,
    handler: Handler,
    *,
    parallel: int = 2,
    finish_s: float = 20.0,
    on_dead_letter: OnDeadLetter | None = None,
    dead: object = None,
) -> AsyncIterator[asyncio.Event]:
    """Runs the loop until the block ends; yields its stop signal."""
    stopping = asyncio.Event()
    subscription = Subscription("parser", {CHUNK_PLANNED: handler}, parallel, finish_s)
    dead_letters = log if dead is None else dead
    running = asyncio.create_task(
        consume(subscription, log, dead_letters=dead_letters, attempts_max=3, stopping=stopping, on_dead_letter=on_dead_letter)  # type: ignore[arg-type]
    )
    try:
        yield stopping
    finally:
        stopping.set()
        async with asyncio.timeout(PATIENCE_S):
            await running


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)


def all_done(log: MemoryEventLog) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return (await log.backlog("parser", [CHUNK_PLANNED])).events == 0

    return condition


async def dead_letters(log: MemoryEventLog, count: int) -> list[Event]:
    async with log.subscribe("reader", [DEAD_LETTER]) as consumer:
        letters: list[Event] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(letters) < count:
                letters += [received.event for received in await consumer.take(10, 0.2) if received.event]
    return letters


async def test_events_are_handled_once_and_no_more_at_once_than_allowed(log: MemoryEventLog, logs: list[EventDict]) -> None:
    handled: list[object] = []
    at_once = at_once_most = 0

    async def handle(event: Event) -> None:
        nonlocal at_once, at_once_most
        at_once += 1
        at_once_most = max(at_once, at_once_most)
        await asyncio.sleep(0.005)
        at_once -= 1
        handled.append(event.data["chunk"])

    await log.publish([planned(chunk) for chunk in range(60)])
    async with consuming(log, handle, parallel=3):
        await eventually(all_done(log))
    assert sorted(handled, key=str) == sorted(range(60), key=str)
    assert at_once_most == 3
    assert logs == []


async def test_what_is_rejected_is_a_dead_letter_at_once(log: MemoryEventLog) -> None:
    tries: list[Event] = []
    told: list[tuple[Event, BaseException]] = []

    async def refuse(event: Event) -> None:
        tries.append(event)
        raise Rejected("no-such-column", "There is no column x.")

    async def on_dead_letter(event: Event, error: BaseException) -> None:
        told.append((event, error))

    event = planned(1)
    await log.publish([event])
    async with consuming(log, refuse, on_dead_letter=on_dead_letter):
        await eventually(all_done(log))
    (letter,) = await dead_letters(log, 1)
    assert tries == [event]
    assert letter.subject == event.subject
    assert letter.data["reason"] == "no-such-column"
    assert letter.data["detail"] == "There is no column x."
    assert (letter.data["event_id"], letter.data["event_type"]) == (event.id, event.type)
    assert json.loads(str(letter.data["event"]))["data"] == {"upload_id": "u", "chunk": 1}
    assert "traceback" not in letter.data
    assert [(dead.id, type(error)) for dead, error in told] == [(event.id, Rejected)]


async def test_a_bug_gets_three_tries_and_then_a_dead_letter_with_its_traceback(log: MemoryEventLog) -> None:
    tries = 0

    async def fail(event: Event) -> None:
        nonlocal tries
        tries += 1
        raise ZeroDivisionError("x" * 20_000)

    await log.publish([planned(1)])
    async with consuming(log, fail):
        await eventually(all_done(log))
    (letter,) = await dead_letters(log, 1)
    assert tries == 3
    assert letter.data["reason"] == "ZeroDivisionError"
    assert len(str(letter.data["traceback"])) == 8_000
    assert len(str(letter.data["detail"])) == 2_000


async def test_a_bug_that_passes_is_no_dead_letter(log: MemoryEventLog) -> None:
    tries = 0

    async def fail_twice(event: Event) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise KeyError("once")

    await log.publish([planned(1)])
    async with consuming(log, fail_twice):
        await eventually(all_done(log))
    assert tries == 3
    assert (await log.backlog("reader", [DEAD_LETTER])).events == 0


async def test_a_server_that_is_away_costs_no_attempts(log: MemoryEventLog) -> None:
    away = True
    tried: list[object] = []

    async def handle(event: Event) -> None:
        tried.append(event.data["chunk"])
        if away:
            raise Unavailable("elasticsearch", "connection refused")

    async def tried_often() -> bool:
        return len(tried) >= 4

    await log.publish([planned(chunk, "one") for chunk in range(10)])
    async with consuming(log, handle, parallel=1):
        await eventually(tried_often)
        away = False
        await eventually(all_done(log))
    assert sorted(set(map(str, tried))) == [str(chunk) for chunk in range(10)]
    assert (await log.backlog("reader", [DEAD_LETTER])).events == 0


async def test_taking_pauses_while_many_events_wait_for_a_server(log: MemoryEventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "WAITING_MAX", 32)
    tried: set[object] = set()
    working = most = 0

    async def handle(event: Event) -> None:
        nonlocal working, most
        tried.add(event.data["chunk"])
        working += 1
        most = max(most, working)
        await asyncio.sleep(0)
        working -= 1
        raise Unavailable("elasticsearch", "connection refused")

    await log.publish([planned(chunk, upload=f"u{chunk}") for chunk in range(160)])
    async with consuming(log, handle, parallel=5):

        async def have_tried() -> bool:
            return len(tried) >= 32

        await eventually(have_tried)
        for _ in range(20):
            await asyncio.sleep(0.02)
        assert len(tried) <= 32 + 5  # and one round of hands, had the loop been taking
        assert most <= 5


async def test_a_file_of_many_chunks_that_waits_asks_once_at_a_time_and_keeps_no_hand_from_others(log: MemoryEventLog) -> None:
    """The index of one dataset is away, and a file of 400 chunks for it came first."""
    away, asked, asking, most = True, 0, 0, 0
    done: list[tuple[object, object]] = []

    async def handle(event: Event) -> None:
        nonlocal asked, asking, most
        if event.data["upload_id"] == "away" and away:
            asked += 1
            asking += 1
            most = max(most, asking)
            await asyncio.sleep(0.005)  # as a server that answers late
            asking -= 1
            raise Unavailable("elasticsearch", "no shard of rows_1 is there")
        done.append((event.data["upload_id"], event.data["chunk"]))

    async def others_are_done() -> bool:
        return len(done) == 50

    await log.publish([planned(chunk, upload="away") for chunk in range(400)])
    await log.publish([planned(chunk, upload="there") for chunk in range(50)])
    async with consuming(log, handle, parallel=4):
        await eventually(others_are_done)
        assert asked < 40
        assert most <= 4  # those that were in hand when the first of them failed
        away = False
        await eventually(all_done(log))
    assert sorted(done, key=str) == sorted([("away", n) for n in range(400)] + [("there", n) for n in range(50)], key=str)


async def test_an_event_that_gives_up_lets_the_others_of_its_upload_through(log: MemoryEventLog) -> None:
    tries = 0

    async def handle(event: Event) -> None:
        nonlocal tries
        if event.data["chunk"] == 0:
            tries += 1
            raise Unavailable("elasticsearch", "away") if tries == 1 else Rejected("bad", "It never gets better.")

    await log.publish([planned(chunk) for chunk in range(30)])
    async with consuming(log, handle, parallel=2):
        await eventually(all_done(log))
    (letter,) = await dead_letters(log, 1)
    assert letter.data["reason"] == "bad"


async def test_what_waits_for_a_server_keeps_no_hand_from_others(log: MemoryEventLog) -> None:
    """An index of one dataset may be away while those of all others are there."""
    away, done = True, set[object]()

    async def handle(event: Event) -> None:
        if away and event.data["chunk"] in range(3):
            raise Unavailable("elasticsearch", "no shard of rows_1 is there")
        done.add(event.data["chunk"])

    async def others_are_done() -> bool:
        return done == {*range(3, 20)}

    await log.publish([planned(chunk, upload="away" if chunk < 3 else "there") for chunk in range(20)])
    async with consuming(log, handle, parallel=2):
        await eventually(others_are_done)
        away = False
        await eventually(all_done(log))
    assert done == {*range(20)}


async def test_bytes_that_are_no_event_are_dead_letters(log: MemoryEventLog) -> None:
    handled: list[Event] = []

    async def handle(event: Event) -> None:
        handled.append(event)

    await log.append([(CHUNK_PLANNED, "one", b"\xff\x00no event")])
    await log.publish([planned(1, "one"), new_event("chunk.unheard", "one")])
    async with consuming(log, handle):
        await eventually(all_done(log))
    (letter,) = await dead_letters(log, 1)
    assert base64.b64decode(str(letter.data["raw"])) == b"\xff\x00no event"
    assert letter.data["reason"] == "undecodable"
    assert [event.data["chunk"] for event in handled] == [1]


class BrokenLetters:
    """Dead letters that cannot be written for a while."""

    def __init__(self, log: MemoryEventLog) -> None:
        self.log = log
        self.away = True
        self.tries = 0

    async def publish(self, events: Sequence[Event]) -> None:
        self.tries += 1
        if self.away:
            raise Unavailable("kafka", "no leader")
        await self.log.publish(events)


async def test_without_its_dead_letter_an_event_is_not_done(log: MemoryEventLog) -> None:
    letters = BrokenLetters(log)

    async def refuse(event: Event) -> None:
        raise Rejected("bad", "It is bad.")

    async def tried() -> bool:
        return letters.tries >= 3

    await log.publish([planned(1)])
    async with consuming(log, refuse, dead=letters):
        await eventually(tried)
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 1
    letters.away = False
    async with consuming(log, refuse, dead=letters):
        await eventually(all_done(log))
    assert len(await dead_letters(log, 1)) == 1


async def test_a_listener_that_fails_does_not_stop_the_rest(log: MemoryEventLog) -> None:
    told = 0

    async def refuse(event: Event) -> None:
        raise Rejected("bad", "It is bad.")

    async def on_dead_letter(event: Event, error: BaseException) -> None:
        nonlocal told
        told += 1
        if told == 1:
            raise Unavailable("postgres", "away")
        raise KeyError("upload_id")

    await log.publish([planned(1)])
    async with consuming(log, refuse, on_dead_letter=on_dead_letter):
        await eventually(all_done(log))
    assert told == 2
    assert len(await dead_letters(log, 1)) == 1


async def test_told_to_stop_it_finishes_what_is_in_hand(log: MemoryEventLog) -> None:
    started, handled = asyncio.Event(), []

    async def handle(event: Event) -> None:
        started.set()
        await asyncio.sleep(0.3)
        handled.append(event.data["chunk"])

    await log.publish([planned(chunk, "one") for chunk in range(5)])
    async with consuming(log, handle, parallel=1) as stopping:
        await started.wait()
        stopping.set()
    assert handled == [0]
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 4


async def test_what_does_not_finish_in_time_comes_again(log: MemoryEventLog) -> None:
    started, never, handled = asyncio.Event(), asyncio.Event(), []

    async def hang(event: Event) -> None:
        started.set()
        await never.wait()

    async def handle(event: Event) -> None:
        handled.append(event.data["chunk"])

    await log.publish([planned(0)])
    began = time.monotonic()
    async with consuming(log, hang, finish_s=0.2):
        await started.wait()
    assert time.monotonic() - began < 5
    async with consuming(log, handle):
        await eventually(all_done(log))
    assert handled == [0]


async def test_an_event_that_waits_for_a_server_does_not_hold_up_a_stop(log: MemoryEventLog) -> None:
    tries = 0

    async def handle(event: Event) -> None:
        nonlocal tries
        tries += 1
        raise Unavailable("files", "away")

    async def waits_long() -> bool:
        return tries >= 3

    await log.publish([planned(0)])
    async with consuming(log, handle):
        await eventually(waits_long)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert (await log.backlog("parser", [CHUNK_PLANNED])).events == 1


class ObservedLog(MemoryEventLog):
    """Knows who has joined."""

    def __init__(self) -> None:
        super().__init__()
        self.joined: list[MemoryConsumer] = []

    def join(self, member: MemoryConsumer) -> None:
        self.joined.append(member)
        super().join(member)


async def test_it_joins_again_when_the_log_was_away() -> None:
    log = ObservedLog()
    handled: list[object] = []

    async def handle(event: Event) -> None:
        handled.append(event.data["chunk"])

    async with consuming(log, handle):
        for chunk in range(3):
            await log.publish([planned(chunk)])
            await eventually(all_done(log))
            if chunk < 2:
                log.joined[-1].lose()
    assert handled == [0, 1, 2]
    assert len(log.joined) >= 3


async def test_what_a_handler_emits_belongs_to_the_trace_of_its_event(log: MemoryEventLog) -> None:
    traces: list[str | None] = []

    async def handle(event: Event) -> None:
        traces.append(new_event(CHUNK_PLANNED, "x").traceparent)

    token = current_traceparent.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    event = planned(1)
    current_traceparent.reset(token)
    await log.publish([event])
    async with consuming(log, handle):
        await eventually(all_done(log))
    (emitted,) = traces
    assert emitted is not None
    assert event.traceparent is not None
    assert emitted.split("-")[1] == event.traceparent.split("-")[1]
    assert emitted.split("-")[2] != event.traceparent.split("-")[2]  # a span of its own in it
