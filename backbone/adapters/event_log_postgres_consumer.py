"""A member of a group in the embedded event log: its session holds its partitions, and everything it does goes through that session.

So a member whose session has died can no longer commit, and nobody can take a partition whose owner still could: there is no moment
with two owners. Partitions go from hand to hand only when nothing of them is in hand.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import msgspec

from backbone.adapters import event_log_postgres_sql as sql
from backbone.adapters.database import postgres_errors
from backbone.adapters.event_log_progress import Progress
from backbone.errors import Unavailable
from backbone.events import Event
from backbone.ports.event_log import Received

PARTITIONS: Final = 12  # of every topic; fixed, subjects are spread over them
CONNECT_TIMEOUT_S: Final = 10.0
QUERY_TIMEOUT_S: Final = 10.0
HEARTBEAT_S: Final = 2.0
HUNG_S: Final = 20.0  # longer than a query may take, so a server that pauses does not make all members throw each other out
POLL_S: Final = 2.0  # a notification can get lost with its session only; this is the net under it
TIDY_S: Final = 600.0
COMMITTED_KEPT_DAYS: Final = 1
UNREAD_KEPT_DAYS: Final = 30  # of topics that no group has ever read
FORGOTTEN_AT_ONCE_MAX: Final = 10_000

_decoder = msgspec.json.Decoder(Event)

Place = tuple[str, int]  # topic and partition


class PostgresConsumer:
    def __init__(self, url: str, group: str, topics: Sequence[str]) -> None:
        self._url = url
        self._group = group
        self._topics = sorted(topics)
        self._held: dict[Place, Progress] = {}
        self._leaving: set[Place] = set()  # held, but to be given to another member: nothing more is taken from them
        self._turn = 0
        self._lost: Unavailable | None = None
        self._session_turn = asyncio.Lock()  # a session answers one query at a time
        self._balance_turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._members_changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        async with postgres_errors():
            self._session: asyncpg.Connection = await asyncpg.connect(
                self._url, timeout=CONNECT_TIMEOUT_S, server_settings={"application_name": f"rowmill {self._group}"}
            )
        self._session.add_termination_listener(self._on_terminated)
        try:
            await self._join()
        except BaseException:
            self._session.terminate()
            raise
        self._keeping = asyncio.create_task(self._keep_membership())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """What is done is committed, what is in hand returns to the group at once."""
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping
        try:
            with suppress(Unavailable):
                await self._commit()
                await self._query(sql.LEAVE, self._number)
                await self._query("SELECT pg_advisory_unlock_all()")
                await self._query(sql.NOTIFY, sql.MEMBERS, self._group)
        finally:
            self._session.terminate()

    async def take(self, limit: int, timeout_s: float) -> list[Received]:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            self._news.clear()
            if found := await self._take_waiting(limit):
                return found
            wait_s = min(deadline - asyncio.get_running_loop().time(), POLL_S)
            if wait_s <= 0:
                return []
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    async def done(self, received: Received) -> None:
        progress = self._held.get((received.type, received.partition))
        if progress is None:
            return
        progress.finish(received.offset)
        await self._commit()
        if self._leaving:
            await self._release()

    async def _take_waiting(self, limit: int) -> list[Received]:
        places = [(*place, progress.position, progress.turn) for place, progress in self._held.items() if place not in self._leaving]
        if not places:
            self._check_session()
            return []
        rows = await self._query(sql.TAKE, *zip(*places, strict=True), limit)
        return [_received(*row) for row in rows if self._note_taken(*row)]

    def _note_taken(self, topic: str, partition: int, number: int, body: bytes) -> bool:
        """False when the partition went, or the event was taken, while the query was under way."""
        place = (topic, partition)
        if place not in self._held or place in self._leaving:
            return False
        self._turn += 1
        self._held[place].turn = self._turn
        return self._held[place].take(number)

    async def _commit(self) -> None:
        """Everything that can be committed by now, in one statement: who waited for the session finds its work done."""
        async with self._session_turn:
            dirty = [(*place, progress.boundary) for place, progress in self._held.items() if progress.dirty]
            if not dirty:
                return
            await self._ask(sql.COMMIT, self._group, *zip(*dirty, strict=True))
            for topic, partition, boundary in dirty:
                self._held[topic, partition].committed = boundary

    # Membership

    async def _join(self) -> None:
        # An offset that a crash of the server forgets only makes events come again, so it need not wait for the disk.
        await self._query("SET synchronous_commit = off")
        async with postgres_errors():
            await self._session.add_listener(sql.NEWS, self._on_news)
            await self._session.add_listener(sql.MEMBERS, self._on_members)
        await self._query(sql.JOIN_OFFSETS, self._group, self._topics, PARTITIONS)
        self._number = (await self._query(sql.JOIN, self._group, self._topics))[0]["number"]
        await self._balance()
        await self._query(sql.NOTIFY, sql.MEMBERS, self._group)

    async def _keep_membership(self) -> None:
        """Heartbeats, and takes or gives partitions as members come and go. Ends with the session."""
        tidy_in_s = TIDY_S * random.random()
        while True:
            self._members_changed.clear()
            try:
                await self._balance()
                tidy_in_s -= HEARTBEAT_S
                if tidy_in_s < 0:
                    await self._tidy()
                    tidy_in_s = TIDY_S
            except Unavailable:
                return None
            except Exception as error:
                return self._lose(Unavailable("postgres", f"membership ended: {error!r}"))
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._members_changed.wait()

    async def _balance(self) -> None:
        async with self._balance_turn:
            members = await self._query(sql.BEAT, self._number, self._group, HUNG_S)
            for hung in [member for member in members if member["hung"]]:
                await self._query("SELECT pg_terminate_backend($1)", hung["pid"])
            for spread, topic in enumerate(self._topics):
                numbers = [member["number"] for member in members if topic in member["topics"] and not member["hung"]]
                await self._balance_topic(topic, fair_share(numbers, self._number, spread))
        await self._release()

    async def _balance_topic(self, topic: str, share: int) -> None:
        """Counts, not places, are agreed on: so partitions stay where they are as long as the counts allow it."""
        held = sorted((place for place in self._held if place[0] == topic), key=lambda place: self._held[place].in_hand)
        self._leaving.difference_update(held)
        self._leaving.update(held[: max(len(held) - share, 0)])
        free = [(topic, partition) for partition in range(PARTITIONS) if (topic, partition) not in self._held]
        random.shuffle(free)
        for place in free:
            if sum(1 for held in self._held if held[0] == topic) >= share:
                return
            await self._acquire(place)

    async def _acquire(self, place: Place) -> None:
        if (await self._query(sql.LOCK, self._lock_name(place)))[0][0]:
            committed = (await self._query(sql.COMMITTED, self._group, *place))[0][0]
            self._held[place] = Progress(committed)
            self._news.set()

    async def _release(self) -> None:
        """Gives up what is to leave and has nothing in hand any more, with its offset committed before."""
        for place in [place for place in self._leaving if self._held[place].in_hand == 0]:
            await self._commit()
            if place not in self._leaving or self._held[place].in_hand:
                continue  # it may stay after all, or another task was faster
            del self._held[place]
            self._leaving.discard(place)
            await self._query(sql.UNLOCK, self._lock_name(place))
            await self._query(sql.NOTIFY, sql.MEMBERS, self._group)

    def _lock_name(self, place: Place) -> str:
        return f"rowmill log {self._group} {place[0]} {place[1]}"

    async def _tidy(self) -> None:
        await self._query(sql.FORGET_EVENTS, COMMITTED_KEPT_DAYS, UNREAD_KEPT_DAYS, FORGOTTEN_AT_ONCE_MAX)
        await self._query(sql.FORGET_MEMBERS)

    # The session

    async def _query(self, statement: str, *arguments: object) -> list[Any]:
        async with self._session_turn:
            return await self._ask(statement, *arguments)

    async def _ask(self, statement: str, *arguments: object) -> list[Any]:
        self._check_session()
        try:
            async with postgres_errors():
                return list(await self._session.fetch(statement, *arguments, timeout=QUERY_TIMEOUT_S))
        except Unavailable as error:
            self._lose(error)
            raise

    def _check_session(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _lose(self, error: Unavailable) -> None:
        """With the session all partitions are gone, so nothing of them may be taken or committed any more."""
        self._lost = self._lost or error
        self._held.clear()
        self._leaving.clear()
        self._session.terminate()
        self._news.set()

    def _on_terminated(self, _session: object) -> None:
        self._lose(Unavailable("postgres", "the session has ended"))

    def _on_news(self, _session: object, _pid: int, _channel: str, topic: object) -> None:
        if topic in self._topics:
            self._news.set()

    def _on_members(self, _session: object, _pid: int, _channel: str, group: object) -> None:
        if group == self._group:
            self._members_changed.set()


def fair_share(members: Sequence[int], member: int, spread: int) -> int:
    """How many partitions of a topic this member should hold. The ones left over go to other members for each topic (`spread`)."""
    if member not in members:
        return 0
    rank = (members.index(member) + spread) % len(members)
    return PARTITIONS // len(members) + (rank < PARTITIONS % len(members))


def _received(topic: str, partition: int, number: int, body: bytes) -> Received:
    try:
        event = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        event = None
    return Received(topic, partition, number, event, body)
