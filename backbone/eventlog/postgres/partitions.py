"""The partitions that a member holds, by advisory locks of its session, and how far it has come in each.

A member whose session has died can no longer commit, and nobody can take a partition whose owner still could: there is no moment with
two owners. Partitions go from hand to hand only when nothing of them is in hand.
"""

import random
from collections.abc import Sequence

from backbone.eventlog.offsets import Progress
from backbone.eventlog.postgres import statements as sql
from backbone.eventlog.postgres.session import Session

TopicPartition = tuple[str, int]  # topic and partition


class OwnedPartitions:
    def __init__(self, group: str) -> None:
        self._group = group
        self._held: dict[TopicPartition, Progress] = {}
        self._leaving: set[TopicPartition] = set()  # held, but to be given to another member: nothing more is taken from them
        self._turn = 0

    def clear(self) -> None:
        """The session is lost, and with it all locks: nothing may be taken or committed any more."""
        self._held.clear()
        self._leaving.clear()

    def positions(self) -> list[tuple[str, int, int, int]]:
        """Topic, partition, next number and last turn of all that may be taken from."""
        return [
            (*topic_partition, progress.position, progress.turn)
            for topic_partition, progress in self._held.items()
            if topic_partition not in self._leaving
        ]

    def note_taken(self, topic: str, partition: int, number: int) -> bool:
        """False when the partition went, or the event was taken, while the query for it was under way."""
        topic_partition = (topic, partition)
        if topic_partition not in self._held or topic_partition in self._leaving:
            return False
        self._turn += 1
        self._held[topic_partition].turn = self._turn
        return self._held[topic_partition].take(number)

    def note_done(self, topic: str, partition: int, number: int) -> bool:
        """False when the partition is no longer held."""
        progress = self._held.get((topic, partition))
        if progress is not None:
            progress.finish(number)
        return progress is not None

    async def commit(self, session: Session) -> None:
        """Everything that can be committed by now, in one statement: who waited for the session finds its work done."""
        async with session.turn:
            dirty = [(topic_partition, progress, progress.boundary) for topic_partition, progress in self._held.items() if progress.dirty]
            if not dirty:
                return
            rows = [(*topic_partition, boundary) for topic_partition, _, boundary in dirty]
            await session.query_in_turn(sql.COMMIT, self._group, *zip(*rows, strict=True))
            for _, progress, boundary in dirty:
                progress.committed = boundary

    async def balance(self, session: Session, topic: str, partitions: int, share: int) -> bool:
        """Takes free partitions up to the share, or chooses which to give up. True when some were taken. `partitions`: that the topic has.

        Counts, not places, are agreed on among the members: so partitions stay where they are as long as the counts allow it.
        """
        held = sorted(
            (topic_partition for topic_partition in self._held if topic_partition[0] == topic),
            key=lambda topic_partition: self._held[topic_partition].in_hand,
        )
        self._leaving.difference_update(held)
        self._leaving.update(held[: max(len(held) - share, 0)])
        free = [(topic, partition) for partition in range(partitions) if (topic, partition) not in self._held]
        random.shuffle(free)
        missing = share - len(held)
        for topic_partition in free:
            if missing > 0 and await self._acquire(session, topic_partition):
                missing -= 1
        return missing < share - len(held)

    async def _acquire(self, session: Session, topic_partition: TopicPartition) -> bool:
        if not (await session.query(sql.LOCK, self._lock_name(topic_partition)))[0][0]:
            return False
        committed = (await session.query(sql.COMMITTED, self._group, *topic_partition))[0][0]
        session.check()  # lost just now: then the lock is gone again
        self._held[topic_partition] = Progress(committed)
        return True

    async def release(self, session: Session) -> None:
        """Gives up what is to leave and has nothing in hand any more, with its offset committed before."""
        for topic_partition in [topic_partition for topic_partition in self._leaving if self._held[topic_partition].in_hand == 0]:
            await self.commit(session)
            if topic_partition not in self._leaving or self._held[topic_partition].in_hand:
                continue  # it may stay after all, or another task was faster
            del self._held[topic_partition]
            self._leaving.discard(topic_partition)
            await session.query(sql.UNLOCK, self._lock_name(topic_partition))
            await session.query(sql.NOTIFY, sql.MEMBERS, self._group)

    def _lock_name(self, topic_partition: TopicPartition) -> str:
        return f"rowmill log {self._group} {topic_partition[0]} {topic_partition[1]}"


def fair_share(partitions: int, members: Sequence[int], member: int, spread: int) -> int:
    """How many partitions of a topic this member should hold. The ones left over go to other members for each topic (`spread`)."""
    if member not in members:
        return 0
    rank = (members.index(member) + spread) % len(members)
    return partitions // len(members) + (rank < partitions % len(members))
