"""An event log in memory, for tests that need one and no server. It passes the contract suite of the real ones, in one process."""

import asyncio
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import msgspec

from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.offsets import Progress
from backbone.eventlog.port import Backlog, Received

PARTITIONS: Final = 12
Place = tuple[str, int]  # topic and partition


class MemoryEventLog:
    """Partitions go to the members of a group in the order in which these joined, each once nothing of it is in hand."""

    def __init__(self) -> None:
        self._records: dict[Place, list[bytes]] = defaultdict(list)
        self._written: dict[Place, list[float]] = defaultdict(list)
        self._committed: dict[tuple[str, Place], int] = defaultdict(int)
        self._members: list[MemoryConsumer] = []

    async def publish(self, events: Sequence[Event]) -> None:
        await self.append([(event.type, event.subject, msgspec.json.encode(event)) for event in events])

    async def append(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        """Topic, subject and bytes of each record; what `publish` writes are encoded events."""
        for topic, subject, body in records:
            place = (topic, zlib.crc32(subject.encode()) % PARTITIONS)
            self._records[place].append(body)
            self._written[place].append(time.monotonic())
        for member in self._members:
            member.news.set()

    def subscribe(self, group: str, types: Sequence[str]) -> "MemoryConsumer":
        return MemoryConsumer(self, group, types)

    async def backlog(self, group: str, types: Sequence[str]) -> Backlog:
        places = [(topic, partition) for topic in types for partition in range(PARTITIONS)]
        waiting = [
            (len(self._records[place]) - self._committed[group, place], self._written[place][self._committed[group, place]])
            for place in places
            if self._committed[group, place] < len(self._records[place])
        ]
        now = time.monotonic()
        return Backlog(sum(count for count, _ in waiting), now - min((written for _, written in waiting), default=now))

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """Nothing is open."""

    def read(self, place: Place, offset: int) -> bytes | None:
        records = self._records[place]
        return records[offset] if offset < len(records) else None

    def commit(self, group: str, place: Place, offset: int) -> None:
        self._committed[group, place] = offset

    def join(self, member: "MemoryConsumer") -> None:
        self._members.append(member)
        self.balance(member.group)

    def leave(self, member: "MemoryConsumer") -> None:
        if member in self._members:
            self._members.remove(member)
        self.balance(member.group)

    def balance(self, group: str) -> None:
        members = [member for member in self._members if member.group == group]
        for topic in {topic for member in members for topic in member.topics}:
            takers = [member for member in members if topic in member.topics]
            for partition in range(PARTITIONS):
                self._give(takers, takers[partition % len(takers)], (topic, partition))

    def _give(self, members: Sequence["MemoryConsumer"], heir: "MemoryConsumer", place: Place) -> None:
        owner = next((member for member in members if place in member.held), None)
        if owner is heir:
            owner.leaving.discard(place)
        elif owner is not None and owner.held[place].in_hand:
            owner.leaving.add(place)
        else:
            if owner is not None:
                owner.leaving.discard(place)
                del owner.held[place]
            heir.held[place] = Progress(self._committed[heir.group, place])
            heir.news.set()


class MemoryConsumer:
    """`held` is how far it has come in each partition it owns; `leaving` are those that it gives up when it has finished what is in hand."""

    def __init__(self, log: MemoryEventLog, group: str, types: Sequence[str]) -> None:
        self.group = group
        self.topics = frozenset(types)
        self.news = asyncio.Event()
        self.held: dict[Place, Progress] = {}
        self.leaving: set[Place] = set()
        self._log = log
        self._turn = 0
        self._lost = False

    async def __aenter__(self) -> Self:
        self._log.join(self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.held.clear()
        self._log.leave(self)

    def lose(self) -> None:
        """As if the connection to the log broke: its partitions go to the others, and whoever waits for it is told."""
        self._lost = True
        self.held.clear()
        self._log.leave(self)
        self.news.set()

    async def take(self, limit: int, timeout_s: float) -> list[Received]:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            self._check()
            self.news.clear()
            taken = self._take_waiting(limit)
            wait_s = deadline - asyncio.get_running_loop().time()
            if taken or wait_s <= 0:
                return taken
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self.news.wait()

    async def done(self, received: Received) -> None:
        self._check()
        place = (received.type, received.partition)
        progress = self.held.get(place)
        if progress is None:
            return
        progress.finish(received.offset)
        self._log.commit(self.group, place, progress.boundary)
        if place in self.leaving:
            self._log.balance(self.group)

    def _check(self) -> None:
        if self._lost:
            raise Unavailable("memory", "the connection is lost")

    def _take_waiting(self, limit: int) -> list[Received]:
        """One of each partition in turn, else a topic with a few events would wait behind one with many."""
        taken: list[Received] = []
        while len(taken) < limit:
            waiting = [
                place for place, progress in self.held.items() if self._next(place, progress) is not None and place not in self.leaving
            ]
            if not waiting:
                break
            taken.append(self._take_one(min(waiting, key=lambda place: self.held[place].turn)))
        return taken

    def _next(self, place: Place, progress: Progress) -> bytes | None:
        return self._log.read(place, progress.position)

    def _take_one(self, place: Place) -> Received:
        progress = self.held[place]
        offset, raw = progress.position, self._next(place, progress)
        assert raw is not None
        self._turn += 1
        progress.turn = self._turn
        progress.take(offset)
        return Received(*place, offset, _decoded(raw), raw)


def _decoded(raw: bytes) -> Event | None:
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
