"""What a service consumes, as a value: the composition root runs it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backbone.eventlog.events import Event

Handler = Callable[[Event], Awaitable[None]]
OnDeadLetter = Callable[[Event, BaseException], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """`handlers` by event type. `parallel` events at most are worked on at once, in this process and over all types.
    Those that wait for a server come on top, 2,000 at most.

    Told to stop, what is in hand gets `finish_s` seconds; what is not done by then comes again, to whoever has its partition.
    """

    group: str
    handlers: Mapping[str, Handler]
    parallel: int
    finish_s: float = 20.0
