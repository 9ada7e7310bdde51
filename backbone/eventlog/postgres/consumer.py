"""A member of a group in the embedded event log: joins, shows that it lives, shares the partitions with the others, takes and commits."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import msgspec

from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.port import Received
from backbone.eventlog.postgres import statements as sql
from backbone.eventlog.postgres.partitions import OwnedPartitions, fair_share
from backbone.eventlog.postgres.session import Session

HEARTBEAT_S: Final = 2.0
HUNG_S: Final = 20.0  # longer than a query may take, so a server that pauses does not make all members throw each other out
POLL_S: Final = 2.0  # the net under notifications
TIDY_S: Final = 600.0
COMMITTED_KEPT_DAYS: Final = 1
UNREAD_KEPT_DAYS: Final = 30  # of topics that no group has ever read
FORGOTTEN_AT_ONCE_MAX: Final = 10_000

_decoder = msgspec.json.Decoder(Event)


class PostgresConsumer:
    def __init__(self, url: str, group: str, topics: Sequence[str], partitions: int) -> None:
        self._url = url
        self._partitions = partitions  # of each topic, as far as this member knows; only ever grows
        self._group = group
        self._topics = sorted(topics)
        self._holding = OwnedPartitions(group)
        self._balancing = asyncio.Lock()
        self._news = asyncio.Event()
        self._members_changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._session = await Session.open(self._url, f"rowmill {self._group}", self._on_lost)
        try:
            await self._join()
        except BaseException:
            self._session.lose(Unavailable("postgres", "the group could not be joined"))
            raise
        self._membership = asyncio.create_task(self._keep_membership())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """What is done is committed, what is in hand returns to the group at once."""
        self._membership.cancel()
        await asyncio.gather(self._membership, return_exceptions=True)
        try:
            with suppress(Unavailable):
                await self._holding.commit(self._session)
                self._holding.clear()
                await self._session.query(sql.LEAVE, self._number)
                await self._session.query(sql.UNLOCK_ALL)
                await self._session.query(sql.NOTIFY, sql.MEMBERS, self._group)
        finally:
            self._session.lose(Unavailable("postgres", "the group was left"))

    async def take(self, limit: int, timeout_s: float) -> list[Received]:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            self._news.clear()
            if waiting := await self._take_waiting(limit):
                return waiting
            wait_s = min(deadline - asyncio.get_running_loop().time(), POLL_S)
            if wait_s <= 0:
                return []
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    async def done(self, received: Received) -> None:
        if self._holding.note_done(received.type, received.partition, received.offset):
            await self._holding.commit(self._session)
            await self._holding.release(self._session)

    async def _take_waiting(self, limit: int) -> list[Received]:
        self._session.check()
        positions = self._holding.positions()
        if not positions:
            return []
        rows = await self._session.query(sql.TAKE, *zip(*positions, strict=True), limit)
        return [_received(*row) for row in rows if self._holding.note_taken(row["topic"], row["partition"], row["number"])]

    async def _join(self) -> None:
        await self._session.query(sql.HURRY)
        await self._session.listen(sql.NEWS, self._on_news)
        await self._session.listen(sql.MEMBERS, self._on_members)
        await self._session.query(sql.JOIN_OFFSETS, self._group, self._topics, self._partitions)
        self._number = (await self._session.query(sql.JOIN, self._group, self._topics))[0]["number"]
        await self._balance()
        await self._session.query(sql.NOTIFY, sql.MEMBERS, self._group)

    async def _keep_membership(self) -> None:
        """Ends with the session; and ends the session when it fails itself, for without heartbeats others would end it."""
        tidy_in_s = TIDY_S * random.random()
        try:
            while True:
                self._members_changed.clear()
                await self._balance()
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        await self._members_changed.wait()
                tidy_in_s -= HEARTBEAT_S
                if tidy_in_s < 0:
                    tidy_in_s = TIDY_S
                    await self._session.query(sql.FORGET_EVENTS, COMMITTED_KEPT_DAYS, UNREAD_KEPT_DAYS, FORGOTTEN_AT_ONCE_MAX)
                    await self._session.query(sql.FORGET_MEMBERS)
        except Exception as error:
            self._session.lose(error if isinstance(error, Unavailable) else Unavailable("postgres", f"membership failed: {error!r}"))

    async def _balance(self) -> None:
        """A heartbeat, and what follows from who else lives."""
        async with self._balancing:
            await self._grow()
            members = await self._session.query(sql.BEAT, self._number, self._group, HUNG_S)
            for hung in [member for member in members if member["hung"]]:
                await self._session.query(sql.END_SESSION, hung["pid"])
            for spread, topic in enumerate(self._topics):
                numbers = [member["number"] for member in members if topic in member["topics"] and not member["hung"]]
                share = fair_share(self._partitions, numbers, self._number, spread)
                if await self._holding.balance(self._session, topic, self._partitions, share):
                    self._news.set()
            await self._holding.release(self._session)

    async def _grow(self) -> None:
        """What a process with a larger setting has made or written to is this group's too."""
        (found,) = await self._session.query(sql.PARTITIONS_THERE, self._topics, self._group)
        if found["partitions"] > self._partitions:
            self._partitions = found["partitions"]
            await self._session.query(sql.JOIN_OFFSETS, self._group, self._topics, self._partitions)

    def _on_lost(self) -> None:
        self._holding.clear()
        self._news.set()
        self._members_changed.set()

    def _on_news(self, topic: str) -> None:
        if topic in self._topics:
            self._news.set()

    def _on_members(self, group: str) -> None:
        if group == self._group:
            self._members_changed.set()


def _received(topic: str, partition: int, number: int, body: bytes) -> Received:
    try:
        event = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        event = None
    return Received(topic, partition, number, event, body)
