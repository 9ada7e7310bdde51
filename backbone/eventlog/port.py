"""EventLog: topics with partitions, consumer groups and committed offsets. At least once, in order within a subject.

A topic is an event type. Each group sees every event of its types; within a group each partition belongs to one consumer at a
time. A new group starts at the oldest event. What a consumer took and did not commit returns to the group when it closes or dies.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

from backbone.eventlog.events import Event


class Received(Struct, frozen=True):
    """An event and its place in the log. `event` is None when the bytes there are no event: `raw` then goes to the dead letters."""

    type: str
    partition: int
    offset: int
    event: Event | None
    raw: bytes


class Backlog(Struct, frozen=True):
    """What a group has not committed yet: how many events, and the age of the oldest, by the log's clock; 0 when there is none."""

    events: int
    oldest_s: float = 0.0


class Consumer(Protocol):
    """One member of a group; an async context manager that joins on entering and leaves on exit."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    async def take(self, limit: int, timeout_s: float) -> list[Received]:
        """At most `limit` events that this consumer has not taken yet; an empty list when none came within `timeout_s`.

        Events may be in hand unfinished while more are taken. Raises `Unavailable`.
        """
        ...

    async def done(self, received: Received) -> None:
        """The event's effect is durable. The group's offset moves past it once all before it in its partition are done too.

        Done for a partition that moved to another consumer meanwhile is ignored: the event will come again, there.
        Raises `Unavailable`; the event may then come again.
        """
        ...


class EventLog(Protocol):
    async def publish(self, events: Sequence[Event]) -> None:
        """Appends the events; returns when all are durable. After an error some may be in the log: publish all again.

        Raises `Unavailable`.
        """
        ...

    def subscribe(self, group: str, types: Sequence[str]) -> Consumer: ...

    async def backlog(self, group: str, types: Sequence[str]) -> Backlog:
        """Of these types. Raises `Unavailable`."""
        ...

    async def check(self) -> None:
        """Returns when the log can be written to, else raises `Unavailable`."""
        ...

    async def close(self) -> None: ...
