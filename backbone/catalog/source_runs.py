"""Runs of sources: planned when their schedule is due, claimed by one process at a time, continued by another one when that dies.

A claim is a lease by the database's clock, and whatever a run writes is guarded by it. Two indices see to it that of one source at most one run
waits and one runs, whoever asks for them.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import uuid_utils
from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.source_tables import source_fetches, source_runs, sources
from backbone.catalog.sources import Noun, SourceRecord, database_time, is_noun, to_source
from backbone.catalog.webhook_news import tell_webhooks
from backbone.runtime.schedules import next_time, times_between

AT_ONCE_MAX: Final = 100
RUNS_KEPT: Final = 200  # of one source
CLOCK_BACK: Final = timedelta(minutes=5)  # by more than this, and what was planned before the clock was set back is planned anew
ENDED: Final = ("DONE", "UNCHANGED", "FAILED")


class RunRecord(Struct, frozen=True, kw_only=True):
    id: str
    source_id: int
    again: bool
    only_new: bool
    holder: str
    created_at: datetime


async def plan_next(connection: AsyncConnection, source: SourceRecord) -> None:
    """When it is due next, seen from now."""
    now = await database_time(connection)
    values: dict[str, Any] = {"due_at": None, "starts_at": None, "planned_at": now}
    if source.schedule:
        due_at = next_time(source.schedule, source.time_zone, now)
        values |= {"due_at": due_at, "starts_at": due_at + timedelta(seconds=random.uniform(0, source.jitter_s))}
    await connection.execute(update(sources).where(sources.c.id == source.id).values(**values))


async def plan_due(connection: AsyncConnection) -> int:
    """Has a run wait for each source that is due; times that passed while nothing ran are made up by this one. How many were due."""
    is_due = or_(sources.c.starts_at <= func.now(), sources.c.planned_at > func.now() + CLOCK_BACK)
    query = select(sources).where(~sources.c.paused, sources.c.schedule != "", is_due).order_by(sources.c.starts_at).limit(AT_ONCE_MAX)
    rows = (await connection.execute(query.with_for_update(skip_locked=True))).mappings().all()
    now = await database_time(connection) if rows else None
    for source in map(to_source, rows):
        assert now is not None
        if source.due_at is not None and source.starts_at is not None and source.starts_at <= now:
            missed = times_between(source.schedule, source.time_zone, source.due_at, now)
            await request_run(connection, source.id, {"cause": "schedule", "due_at": source.due_at, "missed": missed})
        await plan_next(connection, source)
    return len(rows)


async def request_run(connection: AsyncConnection, source_id: int, values: Mapping[str, Any]) -> str:
    """The id of the run that waits: one that waits already does for both."""
    new = insert(source_runs).values(id=str(uuid_utils.uuid7()), source_id=source_id, state="WAITING", **values)
    joined = {
        "again": source_runs.c.again | new.excluded.again,
        "only_new": source_runs.c.only_new & new.excluded.only_new,
        "missed": source_runs.c.missed + new.excluded.missed + (1 if values.get("cause") == "schedule" else 0),
    }
    waiting = new.on_conflict_do_update(index_elements=["source_id"], index_where=text("state = 'WAITING'"), set_=joined)
    return str((await connection.execute(waiting.returning(source_runs.c.id))).scalar_one())


_FOLLOWING: Final = select(sources.c.id).where(sources.c.dataset == bindparam("dataset"), sources.c.on_upload, ~sources.c.paused)


async def request_after_upload(connection: AsyncConnection, dataset: str) -> None:
    """Has a run wait for each enrichment that is to follow the uploads of this dataset."""
    for source_id in (await connection.execute(_FOLLOWING, {"dataset": dataset})).scalars().all():
        await request_run(connection, source_id, {"cause": "upload", "only_new": True})


async def request_rest(connection: AsyncConnection, upload_id: str) -> None:
    """Has the enrichment that made this upload run once more, over the same rows as it did."""
    joined = source_runs.join(source_fetches, source_fetches.c.run_id == source_runs.c.id)
    query = select(source_runs.c.source_id, source_runs.c.only_new).select_from(joined).where(source_fetches.c.upload_id == upload_id)
    for run in (await connection.execute(query)).all():
        await request_run(connection, run.source_id, {"cause": "upload", "only_new": run.only_new})


async def claim_run(
    connection: AsyncConnection, holder: str, lease_s: float, noun: Noun = "source"
) -> tuple[RunRecord, SourceRecord] | None:
    """A run that waits, or whose process is gone; None: there is none."""
    running = source_runs.alias("running")
    has_running = select(running.c.id).where(running.c.source_id == source_runs.c.source_id, running.c.state == "RUNNING").exists()
    is_free = and_(source_runs.c.state == "WAITING", ~has_running)
    is_lost = and_(source_runs.c.state == "RUNNING", source_runs.c.lease_until < func.now())
    of_noun = source_runs.c.source_id.in_(select(sources.c.id).where(is_noun(noun)))
    query = select(source_runs.c.id).where(or_(is_free, is_lost), of_noun).order_by(source_runs.c.created_at).limit(1)
    run_id = (await connection.execute(query.with_for_update(skip_locked=True))).scalar()
    if run_id is None:
        return None
    values = {
        "state": "RUNNING",
        "holder": holder,
        "lease_until": func.now() + timedelta(seconds=lease_s),
        "begun_at": func.coalesce(source_runs.c.begun_at, func.now()),
    }
    try:
        async with connection.begin_nested():
            claimed = update(source_runs).where(source_runs.c.id == run_id).values(**values).returning(source_runs)
            run = (await connection.execute(claimed)).mappings().one()
    except IntegrityError:  # another process was faster by a moment, with the run before this one
        return None
    source = (await connection.execute(select(sources).where(sources.c.id == run["source_id"]))).mappings().one()
    return RunRecord(**{name: run[name] for name in RunRecord.__struct_fields__}), to_source(source)


async def keep_lease(connection: AsyncConnection, run: RunRecord, lease_s: float) -> bool:
    """False: the run is no longer this process's."""
    renewed = _held(run).values(lease_until=func.now() + timedelta(seconds=lease_s))
    return bool((await connection.execute(renewed)).rowcount)


async def give_back(connection: AsyncConnection, run: RunRecord, pause_s: float) -> None:
    """Another process, or this one, goes on with it after so long."""
    await connection.execute(_held(run).values(lease_until=func.now() + timedelta(seconds=pause_s)))


async def keep_counts(connection: AsyncConnection, run: RunRecord, counts: Mapping[str, Any]) -> None:
    """What the run of an enrichment has come to so far."""
    await connection.execute(_held(run).values(counts=counts))


async def end_run(connection: AsyncConnection, run: RunRecord, state: str, error: Mapping[str, str] | None, dataset: str = "") -> bool:
    """False: the run is no longer this process's. The oldest of its source are forgotten."""
    ended = await connection.execute(_held(run).values(state=state, error=error, ended_at=func.now(), lease_until=None))
    if state == "FAILED" and ended.rowcount:
        await tell_webhooks(connection, "source.failed", dataset, run.id)
    newest = select(source_runs.c.id).where(source_runs.c.source_id == run.source_id).order_by(source_runs.c.id.desc()).limit(RUNS_KEPT)
    is_old = and_(source_runs.c.source_id == run.source_id, source_runs.c.state.in_(ENDED), source_runs.c.id.not_in(newest))
    await connection.execute(delete(source_runs).where(is_old))
    return bool(ended.rowcount)


def _held(run: RunRecord) -> Any:
    return update(source_runs).where(source_runs.c.id == run.id, source_runs.c.holder == run.holder, source_runs.c.state == "RUNNING")
