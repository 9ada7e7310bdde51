"""The processes that are there, by what each tells of itself every few seconds (`backbone.consume.heartbeat`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import workers

LOST_AFTER_S: Final = 15.0  # without a word: dead, or cut off from the database
FORGOTTEN_AFTER_S: Final = 600.0
WORKERS_MAX: Final = 1_000


class InHand(Struct, frozen=True, kw_only=True):
    """`subject` is the event's; `upload_id` is empty where it is about none."""

    group: str
    event: str
    subject: str
    upload_id: str
    since: datetime


class QueueOfWorker(Struct, frozen=True, kw_only=True):
    """What waits for a group of consumers, as one of them sees it. `hands`: events that it can have at once. `waiting_for`: the server that does not
    tell."""

    group: str
    hands: int
    events: int | None = None
    oldest_s: float | None = None
    waiting_for: str = ""


class Process(Struct, frozen=True, kw_only=True):
    """`services` run in it. `handled`: events since it started; `per_minute`: of the last minute."""

    id: str
    host: str
    pid: int
    version: str
    services: list[str]
    started_at: datetime
    handled: int
    per_minute: float


class Worker(Process, frozen=True, kw_only=True):
    """What a process tells of itself."""

    in_hand: list[InHand]
    queues: list[QueueOfWorker]


class SeenWorker(Struct, frozen=True, kw_only=True):
    """`is_lost`: nothing was heard of it for 15 seconds, by the database's clock."""

    worker: Worker
    seen_at: datetime
    silent_s: float

    @property
    def is_lost(self) -> bool:
        return self.silent_s > LOST_AFTER_S


async def keep_worker(connection: AsyncConnection, worker: Worker) -> None:
    told = msgspec.to_builtins(worker)
    statement = insert(workers).values(id=worker.id, told=told)
    await connection.execute(statement.on_conflict_do_update(index_elements=[workers.c.id], set_={"told": told, "seen_at": func.now()}))
    await connection.execute(
        delete(workers).where(workers.c.seen_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, FORGOTTEN_AFTER_S))
    )


async def forget_worker(connection: AsyncConnection, worker_id: str) -> None:
    await connection.execute(delete(workers).where(workers.c.id == worker_id))


async def list_workers(connection: AsyncConnection) -> Sequence[SeenWorker]:
    silent_s = func.extract("epoch", func.now() - workers.c.seen_at)
    query = select(workers.c.told, workers.c.seen_at, silent_s.label("silent_s")).order_by(workers.c.id).limit(WORKERS_MAX)
    rows = (await connection.execute(query)).all()
    return [
        SeenWorker(worker=msgspec.convert(row.told, Worker), seen_at=row.seen_at, silent_s=max(0.0, float(row.silent_s))) for row in rows
    ]
