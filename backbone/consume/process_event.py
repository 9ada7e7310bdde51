"""What becomes of one event: handled, or a dead letter, or, when the consumer has to leave first, neither.

`Rejected` never gets better: a dead letter at once. `Unavailable` is not the event's fault: it waits, uncounted, for as long as it
takes. Anything else is a bug: a few tries, since some bugs pass, then a dead letter with the traceback.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, get_args

import structlog
from opentelemetry.trace import SpanKind, StatusCode

from backbone.consume import dead_letter
from backbone.consume.gates import Gates
from backbone.consume.hands import Hands
from backbone.consume.subscription import Handler, OnDeadLetter, Subscription
from backbone.errors import Rejected, Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.port import EventLog, Received
from backbone.metrics import EVENTS, HANDLER_SECONDS, RETRIES, WAIT_SECONDS, start_at_zero
from backbone.runtime.backoff import backoff_s, wait_any
from backbone.runtime.tracing import span

logger = structlog.get_logger()

Outcome = Literal["handled", "rejected", "failed", "undecodable"]
RETRY_REASONS: Final = ("unavailable", "error")
LETTERS: Final = "dead letters"  # they all wait for one server


class Leaving(Exception):  # noqa: N818 -- no error
    """The consumer is leaving: the event stays undone and comes again, to whoever has its partition then."""


@dataclass
class EventProcessor:
    subscription: Subscription
    dead_letters: EventLog
    attempts_max: int
    on_dead_letter: OnDeadLetter | None
    hands: Hands = field(default_factory=Hands)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gates = Gates(self.subscription.parallel)
        group, types = [self.subscription.group], list(self.subscription.handlers)
        start_at_zero(EVENTS, group, types, get_args(Outcome))
        start_at_zero(RETRIES, group, types, RETRY_REASONS)

    async def settle(self, received: Received) -> None:
        """Returns when the event's effect, or its dead letter, is durable. Raises `Leaving`."""
        if received.event is None:
            await self._dead_letter(received.type, dead_letter.for_bytes(received, self.subscription.group), "undecodable")
            return
        event = received.event
        structlog.contextvars.bind_contextvars(event_id=event.id, event_type=event.type, subject=event.subject, **_upload_of(event))
        WAIT_SECONDS.labels(self.subscription.group, event.type).observe(_age_s(event))
        name = f"{self.subscription.group} {event.type}"
        with (
            self.hands.holding(self.subscription.group, event),
            span(name, SpanKind.CONSUMER, event.traceparent, _upload_of(event)) as handling,
        ):
            error = await self._handle(event)
            if error is None:
                self._count(event.type, "handled")
                return
            handling.set_status(StatusCode.ERROR, type(error).__name__)
            letter = dead_letter.for_event(event, self.subscription.group, error)
            await self._dead_letter(event.type, letter, "rejected" if isinstance(error, Rejected) else "failed")
            await self._tell(event, error)

    async def _handle(self, event: Event) -> Exception | None:
        """The error that ended it, if one did."""
        handler = self.subscription.handlers.get(event.type)
        if handler is None:
            return Rejected("unknown-event", f"{self.subscription.group} has no handler for {event.type}.")
        for attempt in range(1, self.attempts_max + 1):
            try:
                await self._until_available(event.type, lambda: self._timed(handler, event), _waits_with(event))
                return None
            except (Rejected, Leaving) as error:
                if isinstance(error, Leaving):
                    raise
                return error
            except Exception as error:
                if attempt == self.attempts_max:
                    return error
                self._retry(event.type, "error")
                logger.warning("event failed, trying again", attempt=attempt, exc_info=error)
                await self._pause(attempt)
        raise AssertionError("attempts_max must be at least 1")

    async def _timed(self, handler: Handler, event: Event) -> None:
        if self.leaving.is_set():
            raise Leaving
        with HANDLER_SECONDS.labels(self.subscription.group, event.type).time():
            await handler(event)

    async def _dead_letter(self, type: str, letter: Event, outcome: Outcome) -> None:
        """Never lost quietly: without its dead letter the event is not done."""
        await self._until_available(type, lambda: self.dead_letters.publish([letter]))
        known = {name: value for name, value in letter.data.items() if name not in ("raw", "event")}
        logger.error("event became a dead letter", letter_id=letter.id, **known)
        self._count(type, outcome)

    async def _tell(self, event: Event, error: Exception) -> None:
        on_dead_letter = self.on_dead_letter
        if on_dead_letter is None:
            return
        try:
            await self._until_available(event.type, lambda: on_dead_letter(event, error), _waits_with(event))
        except Leaving:
            raise
        except Exception as failure:  # the letter is written: nothing is lost, and trying again would write it again
            logger.error("dead letter could not be told", exc_info=failure)

    def leave(self) -> None:
        """What waits gives up."""
        self.leaving.set()
        self.gates.open_all()

    async def _until_available(self, type: str, act: Callable[[], Awaitable[None]], waits_with: str = LETTERS) -> None:
        async def wait(error: Unavailable, failures: int) -> None:
            self._retry(type, "unavailable")
            logger.warning("event waits for server", server=error.server, detail=error.detail, failures=failures)
            await self._pause(failures)

        await self.gates.pass_through(waits_with, act, wait)

    async def _pause(self, failures: int) -> None:
        await wait_any(backoff_s(failures), self.leaving)
        if self.leaving.is_set():
            raise Leaving

    def _count(self, type: str, outcome: Outcome) -> None:
        EVENTS.labels(self.subscription.group, type, outcome).inc()

    def _retry(self, type: str, reason: str) -> None:
        RETRIES.labels(self.subscription.group, type, reason).inc()


def _age_s(event: Event) -> float:
    """By the clocks of two machines, so never below 0."""
    try:
        happened = datetime.fromisoformat(event.time)
    except ValueError:
        return 0.0
    return max(0.0, (datetime.now(UTC) - happened.astimezone(UTC)).total_seconds())


def _waits_with(event: Event) -> str:
    """Events of one upload want the same servers and tables; of what has none, those about the same thing."""
    return str(event.data.get("upload_id", event.subject))


def _upload_of(event: Event) -> dict[str, str]:
    return {"upload_id": str(event.data["upload_id"])} if "upload_id" in event.data else {}
