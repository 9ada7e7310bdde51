"""Shares of a Kafka group: all partitions, each once, as even as can be, topic by topic; and a change of members moves few."""

import uuid
from collections.abc import Mapping, Sequence
from itertools import pairwise

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from hypothesis import given
from hypothesis import strategies as st

from backbone.eventlog.kafka.shares import EvenShares

TOPICS = ["chunk.planned", "dead.letter", "upload.loaded"]
names = st.uuids().map(lambda id: f"aiokafka-0.14.0-{id}")
members = st.dictionaries(names, st.sets(st.sampled_from(TOPICS), min_size=1), min_size=1, max_size=12)
sizes = st.fixed_dictionaries({topic: st.integers(0, 70) for topic in TOPICS})
Owners = dict[tuple[str, int], str]


class Cluster(ClusterMetadata):  # type: ignore[misc]
    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.sizes = sizes

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self.sizes[topic])) or None


def owners(sizes: Mapping[str, int], subscriptions: Mapping[str, Sequence[str] | set[str]], strategy: type = EvenShares) -> Owners:
    """Fails where a partition has two."""
    metadata = {member: ConsumerProtocolMemberMetadata(0, sorted(topics), b"") for member, topics in subscriptions.items()}
    given = strategy.assign(Cluster(sizes), metadata)  # type: ignore[attr-defined]
    assert given.keys() == subscriptions.keys()
    of: Owners = {}
    for member, assignment in given.items():
        for topic, partitions in assignment.assignment:
            for partition in partitions:
                assert (topic, partition) not in of
                of[topic, partition] = member
    return of


@given(sizes, members)
def test_each_partition_has_one_owner_who_wants_it_and_no_topic_is_uneven(sizes: dict[str, int], members: dict[str, set[str]]) -> None:
    of = owners(sizes, members)
    wanted = {topic for topics in members.values() for topic in topics}
    assert of.keys() == {(topic, partition) for topic in wanted for partition in range(sizes[topic])}
    for topic in wanted:
        counts = [
            sum(owner == member and of_topic == topic for (of_topic, _), owner in of.items())
            for member in members
            if topic in members[member]
        ]
        assert sum(counts) == sizes[topic]
        assert max(counts) - min(counts) <= 1


@given(sizes, st.lists(names, min_size=1, max_size=12, unique=True))
def test_who_wants_the_same_has_as_much(sizes: dict[str, int], names: list[str]) -> None:
    """Over all topics, too: what is left over of each goes to others."""
    held = list(owners(sizes, dict.fromkeys(names, TOPICS)).values())
    counts = [held.count(name) for name in names]
    assert max(counts) - min(counts) <= 1


@given(sizes, members)
def test_all_leaders_share_out_the_same(sizes: dict[str, int], members: dict[str, set[str]]) -> None:
    assert owners(sizes, members) == owners(sizes, dict(reversed(list(members.items()))))


def test_few_partitions_move_when_a_member_comes_or_goes() -> None:
    """Of 64 partitions of two topics, from 2 to 12 members and back. At least `1 / members` have to; range moves 0.4, round-robin 0.8."""
    sizes, topics = dict.fromkeys(TOPICS, 64), TOPICS[:2]
    names = [f"aiokafka-0.14.0-{uuid.UUID(int=number * 7919 << 64)}" for number in range(12)]

    def moved(strategy: type) -> float:
        steps = list(pairwise(owners(sizes, dict.fromkeys(names[:count], topics), strategy) for count in range(2, 13)))
        return sum(before[place] != after[place] for before, after in steps for place in before) / (len(steps) * 128)

    least = sum(1 / count for count in range(3, 13)) / 10
    assert moved(EvenShares) < 1.8 * least
    assert moved(EvenShares) < 0.6 * moved(RangePartitionAssignor)


def test_members_of_an_older_rowmill_go_along() -> None:
    """They list the range strategy, and a group has one that all of its members list; who leads shares out."""
    assert EvenShares.name == RangePartitionAssignor.name
    assert EvenShares.metadata(TOPICS) == RangePartitionAssignor.metadata(TOPICS)
