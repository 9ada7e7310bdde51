"""Which member of a group gets which partitions: of each topic as many as every other, and after a change of members most of those it had. Pure.

aiokafka's own do one or the other. Its sticky one balances the sum over all topics, so that one parser had all the chunks and the other
all that is rare, and keeps what it remembers in its class, where two groups of a process mix; range and round-robin move most partitions.
Here nothing is remembered: members and partitions are drawn to each other by a hash of both names, and each takes those that are drawn
to it most, up to its share.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

Shares = dict[str, list[int]]  # partitions of a topic by member
HASH_BYTES: Final = 8


class EvenShares(RangePartitionAssignor):  # type: ignore[misc]
    """Goes by the name of range. Only the group's leader shares out, and the members of a group have to list a strategy of the same name:
    so members of an older Rowmill go along, as leader too. To list two would do as well, but aiokafka then joins the group twice each time."""

    @classmethod
    def assign(cls, cluster: ClusterMetadata, members: Mapping[str, Any]) -> dict[str, ConsumerProtocolMemberAssignment]:
        topics = sorted({topic for metadata in members.values() for topic in metadata.subscription})
        given: dict[str, list[tuple[str, list[int]]]] = {member: [] for member in members}
        left_over = 0
        for topic in topics:
            takers = [member for member, metadata in members.items() if topic in metadata.subscription]
            partitions = sorted(cluster.partitions_for_topic(topic) or ())  # none: the broker has not heard of it yet
            for member, share in shares(topic, partitions, takers, left_over).items():
                given[member].append((topic, share))
            left_over += len(partitions) % len(takers)
        return {member: ConsumerProtocolMemberAssignment(cls.version, share, b"") for member, share in given.items()}


def shares(topic: str, partitions: Sequence[int], members: Sequence[str], left_over: int = 0) -> Shares:
    """Shares differ by one at most. `left_over`: how many members got one more of the topics before; the next ones do of this one."""
    ranked = sorted(members, key=_draw)
    each, more = divmod(len(partitions), len(ranked))
    room = {member: each + ((rank - left_over) % len(ranked) < more) for rank, member in enumerate(ranked)}
    given: Shares = {member: [] for member in ranked}
    free = set(partitions)
    for _, member, partition in sorted(
        (_draw(member, topic, partition), member, partition) for member in ranked for partition in partitions
    ):
        if partition in free and len(given[member]) < room[member]:
            free.discard(partition)
            given[member].append(partition)
    return {member: sorted(share) for member, share in given.items()}


def _draw(*names: object) -> bytes:
    return hashlib.blake2b("\0".join(map(str, names)).encode(), digest_size=HASH_BYTES).digest()
