"""Who works: every process, what it has in hand, what waits, over HTTP; and the events that nobody could handle, to be read and replayed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.dead_letters import count_waiting, list_letters, read_letter, replay_letter
from backbone.catalog.outbox import Relay
from backbone.catalog.workers import InHand, Process, SeenWorker, list_workers
from backbone.postgres.engine import transaction
from backbone.runtime.signed_tokens import seal, unseal
from services.query.api.dataset_routes import Cursor, Limit

LETTERS = "/api/dead-letters"
BOUND = ("dead-letters",)


class HandOut(InHand, frozen=True, kw_only=True):
    seconds: float


class WorkerOut(Process, frozen=True, kw_only=True):
    """`services` run in this process. `handled`: events since it started; `per_minute`: of the last minute. `is_lost`: nothing was heard of it for 15
    seconds. `waiting_for`: servers that do not answer it."""

    seen_at: datetime
    is_lost: bool
    hands: int
    in_hand: list[HandOut]
    waiting_for: list[str]


class QueueOut(Struct, frozen=True):
    """Events that no consumer of the group has done, and the age of the oldest; null when nobody can tell."""

    group: str
    events: int | None
    oldest_s: float | None
    consumers: int


class Workers(Struct, frozen=True):
    """`dead_letters`: those that were not replayed."""

    workers: list[WorkerOut]
    queues: list[QueueOut]
    dead_letters: int


class LetterOut(Struct, frozen=True):
    """`upload_state` is that of the upload it is about, if there is one; `is_event`: whether it can be replayed, for some bytes never were an event."""

    id: str
    subject: str
    group: str
    event_type: str
    reason: str
    detail: str
    died_at: datetime
    replayed_at: datetime | None
    upload_state: str | None
    is_event: bool


class LetterWhole(LetterOut, frozen=True):
    """`event` is the whole event; `traceback` is there for errors that nobody foresaw."""

    event: dict[str, Any] | None = None
    traceback: str | None = None


class Letters(Struct, frozen=True):
    letters: list[LetterOut]
    next_cursor: str | None


def worker_routes(engine: AsyncEngine, relay: Relay, cursor_key: bytes) -> list[ControllerRouterHandler]:
    return [_workers(engine), *_letters(engine, cursor_key), _replay(engine, relay)]


def _workers(engine: AsyncEngine) -> ControllerRouterHandler:
    @get("/api/workers", tags=["operations"])
    async def get_workers() -> Workers:
        """All processes of this installation, by what each has told of itself every 3 seconds; those that ended are not here."""
        async with transaction(engine) as connection:
            seen, waiting = await list_workers(connection), await count_waiting(connection)
        return Workers([_worker(each) for each in seen], _queues(seen), waiting)

    return get_workers


def _worker(seen: SeenWorker) -> WorkerOut:
    worker = seen.worker
    now = datetime.now(UTC)
    return WorkerOut(
        **{name: getattr(worker, name) for name in Process.__struct_fields__},
        seen_at=seen.seen_at,
        is_lost=seen.is_lost,
        hands=sum(queue.hands for queue in worker.queues),
        in_hand=[
            HandOut(**msgspec.structs.asdict(hand), seconds=round(max(0.0, (now - hand.since).total_seconds()), 1))
            for hand in worker.in_hand
        ],
        waiting_for=sorted({queue.waiting_for for queue in worker.queues if queue.waiting_for}),
    )


def _queues(seen: Sequence[SeenWorker]) -> list[QueueOut]:
    """Of a group the word of whoever was heard last; a lost process is no consumer."""
    told = [(one.silent_s, queue) for one in seen if not one.is_lost for queue in one.worker.queues]
    queues = []
    for group in sorted({queue.group for _, queue in told}):
        of_group = sorted((pair for pair in told if pair[1].group == group), key=lambda pair: (pair[1].events is None, pair[0]))
        newest = of_group[0][1]
        queues.append(QueueOut(group, newest.events, newest.oldest_s, len(of_group)))
    return queues


def _letters(engine: AsyncEngine, cursor_key: bytes) -> list[ControllerRouterHandler]:
    @get(LETTERS, tags=["operations"])
    async def get_dead_letters(
        waiting: Annotated[bool, QueryParameter(description="Only those that were not replayed.")] = False,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Letters:
        """Events that could not be handled, the newest first."""
        before = None if cursor is None else int(unseal(cursor_key, (*BOUND, waiting), cursor))
        async with transaction(engine) as connection:
            rows = await list_letters(connection, limit=limit + 1, before=before, waiting=waiting)
        token = seal(cursor_key, (*BOUND, waiting), rows[limit - 1]["number"]) if len(rows) > limit else None
        return Letters([LetterOut(**_fields(row)) for row in rows[:limit]], token)

    @get(LETTERS + "/{letter_id:str}", tags=["operations"])
    async def get_dead_letter(letter_id: FromPath[str]) -> LetterWhole:
        """One of them, with the event and, where it was a bug, the traceback."""
        async with transaction(engine) as connection:
            row = await read_letter(connection, letter_id)
        event = row["data"].get("event")
        return LetterWhole(
            **_fields(row), event=None if event is None else msgspec.json.decode(event), traceback=row["data"].get("traceback")
        )

    return [get_dead_letters, get_dead_letter]


def _replay(engine: AsyncEngine, relay: Relay) -> ControllerRouterHandler:
    @post(LETTERS + "/{letter_id:str}/replay", operation_id="replay_dead_letter", status_code=202, tags=["operations"])
    async def replay(letter_id: FromPath[str]) -> LetterOut:
        """Have the event of a dead letter published again. What fails again dies again, as another letter; an upload that has FAILED stays so."""
        async with transaction(engine) as connection:
            await replay_letter(connection, letter_id)
            row = await read_letter(connection, letter_id)
        relay.wake()
        return LetterOut(**_fields(row))

    return replay


def _fields(row: RowMapping) -> dict[str, Any]:
    data = row["data"]
    return {
        "id": row["id"],
        "subject": row["subject"],
        "group": str(data.get("group", "")),
        "event_type": str(data.get("event_type", "")),
        "reason": str(data.get("reason", "")),
        "detail": str(data.get("detail", "")),
        "died_at": row["died_at"],
        "replayed_at": row["replayed_at"],
        "upload_state": row["upload_state"],
        "is_event": "event" in data,
    }
