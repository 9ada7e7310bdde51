"""The event log at its worst: everything twice, late and in random order; events that make no sense; two pods at one chunk."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import pytest

from backbone.catalog.outbox import new_event
from backbone.eventlog import events
from backbone.eventlog.events import Event
from backbone.eventlog.port import EventLog
from backbone.postgres.engine import make_engine
from backbone.settings import read_settings
from backbone.wiring import open_backbone, open_log, postgres_url
from services.indexer.service import build as build_indexer
from services.parser.service import build as build_parser
from tests.faults.seeded import MODES, case, dice
from tests.flows.pods import SMALL_ROWS_MAX, Rowmill, distributed, running
from tests.stack import Stack

TYPES = [type for type in events.EVENT_TYPES if type != events.DEAD_LETTER]
OF_EACH_UPLOAD = (events.CHUNK_PLANNED, events.VERSION_PUBLISHED)
OF_DOCUMENTS = (events.CHUNK_LOADED,)  # of each upload of which documents are made


@asynccontextmanager
async def log_of(rowmill: Rowmill) -> AsyncIterator[EventLog]:
    settings = read_settings(rowmill.environment)
    engine = make_engine(postgres_url(settings), 4)
    log = open_log(settings.events_url, engine, settings.partitions)
    yield log
    await log.close()
    await engine.dispose()


@contextmanager
def repeating(rowmill: Rowmill, random_: random.Random, repeated: list[Event]) -> Iterator[None]:
    """Publishes every event a second time, in random order and up to a second or two later."""
    stopping = threading.Event()

    async def run() -> None:
        seen: set[str] = set()
        late: list[Event] = []
        came = True
        async with log_of(rowmill) as log, log.subscribe("repeater", TYPES) as consumer:
            while not stopping.is_set() or late or came:  # until none is left that has not come twice
                taken = await consumer.take(50, 0.2)
                came = bool(taken)
                for received in taken:
                    if received.event is not None and received.event.id not in seen:
                        seen.add(received.event.id)
                        late.append(received.event)
                    await consumer.done(received)
                random_.shuffle(late)
                some = [late.pop() for _ in range(len(late) if stopping.is_set() else random_.randint(0, len(late)))]
                await log.publish(some)
                repeated.extend(some)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(60)
        assert not thread.is_alive(), "the repeater did not come to its end"


def test_every_event_comes_twice_and_in_random_order(unharmed: Rowmill) -> None:
    random_, repeated = dice("twice"), list[Event]()
    with case("every event twice, in random order", unharmed) as load:
        with repeating(unharmed, random_, repeated):
            for number in range(10):
                load.send(f"twice-{number % 3}", f"upload-{number}", random_.choice(MODES))
            uploads = load.ended()
        load.result.times = len(repeated)
        counted = Counter(event.type for event in repeated if event.data.get("upload_id") in uploads)
        all_have_documents = unharmed.home == "distributed" and SMALL_ROWS_MAX == "0"
        of_each = (*OF_EACH_UPLOAD, *(OF_DOCUMENTS if all_have_documents else ()))
        assert all(counted[type] >= 10 for type in of_each), counted
        load.send("twice-0", "one-more").result(60)  # behind all that was repeated
        load.check()


def test_poison_events_stop_nobody(unharmed: Rowmill) -> None:
    random_ = dice("poison")

    async def poison() -> int:
        """For each type: an upload that is not there, a chunk that is none, members missing, and bytes that are no event."""
        bad = [new_event(type, "no/1", upload_id="no", chunk=1) for type in TYPES] + [new_event(events.CHUNK_PLANNED, "p", what="")]
        random_.shuffle(bad)
        async with log_of(unharmed) as log:
            await log.publish(bad)
            await log.append([(events.CHUNK_PLANNED, "p", b"\xff\x00{"), (events.UPLOAD_ENDED, "p", b"{}")])  # type: ignore[attr-defined]
        return len(bad) + 2

    with case("poison events", unharmed) as load:
        for number in range(3):
            load.send("poisoned", f"before-{number}")
        load.result.times = asyncio.run(poison())
        for number in range(3):
            load.send("poisoned", f"after-{number}")
        load.check()


@pytest.mark.slow
@pytest.mark.parametrize("home", ["embedded", pytest.param("distributed", marks=pytest.mark.stack)])
def test_pods_fight_for_a_chunk(home: str, request: pytest.FixtureRequest) -> None:
    """Four handlers at each chunk in the same moment, two processes' worth of connections each, besides the pod's own. 6 s, distributed 20 s."""
    embedded_home = request.getfixturevalue("own_home")
    chunks = {"ROWMILL_CHUNK_BYTES": "4096"}
    if home == "embedded":
        starting = running("embedded", {"all": []}, {"ROWMILL_HOME": str(embedded_home), **chunks})
    else:
        found: Stack = request.getfixturevalue("stack")
        starting = distributed(found, request.getfixturevalue("stack_database"), **chunks)
    with starting as rowmill, case("pods fighting for a chunk", rowmill) as load:
        upload = load.send("fight", "upload").result(60)
        load.result.times = asyncio.run(_fight(rowmill, upload["id"], upload["chunks"]["total"]))
        load.check()


async def _fight(rowmill: Rowmill, upload_id: str, chunks: int) -> int:
    async with AsyncExitStack() as opened:
        pods = [await opened.enter_async_context(open_backbone(read_settings(rowmill.environment))) for _ in range(2)]
        load = [build_parser(pod).subscriptions[0].handlers[events.CHUNK_PLANNED] for pod in pods]
        index = [build_indexer(pod).subscriptions[0].handlers[events.CHUNK_LOADED] for pod in pods]
        for chunk in range(chunks):
            planned = new_event(events.CHUNK_PLANNED, f"{upload_id}/{chunk}", upload_id=upload_id, chunk=chunk)
            loaded = new_event(events.CHUNK_LOADED, planned.subject, upload_id=upload_id, chunk=chunk)
            await asyncio.gather(*(handle(planned) for handle in load * 2), *(handle(loaded) for handle in index))
    return chunks
