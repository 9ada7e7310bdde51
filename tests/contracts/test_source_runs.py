"""Runs of sources as the catalog keeps them: due once whatever the number of processes, made up once when missed, continued when their process
is gone, and of one source never two at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.source_fetches import begin_fetch, fetches_of, known_marks, open_fetches, settle_fetch
from backbone.catalog.source_runs import claim_run, end_run, give_back, keep_lease, plan_due, plan_next, request_run
from backbone.catalog.sources import SourceRecord, database_time, keep_source, list_sources, read_source
from backbone.errors import Conflict, NotFound
from backbone.postgres.engine import transaction
from backbone.runtime.principal import Principal, set_asking

LEASE_S = 30.0


async def make(engine: AsyncEngine, name: str = "nightly", **more: Any) -> SourceRecord:
    values = {"name": name, "kind": "url", "dataset": name, "settings": {}, "schedule": "0 3 * * *", **more}
    async with transaction(engine) as connection:
        source = await keep_source(connection, values)
        await plan_next(connection, source)
        return await read_source(connection, name)


async def run_sql(engine: AsyncEngine, statement: str) -> Any:
    async with transaction(engine) as connection:
        result = await connection.execute(text(statement))
        return result.all() if result.returns_rows else None


async def look(engine: AsyncEngine, holder: str, lease_s: float = LEASE_S) -> Any:
    async with transaction(engine) as connection:
        await plan_due(connection)
    async with transaction(engine) as connection:
        return await claim_run(connection, holder, lease_s)


async def test_what_is_due_on_many_processes_at_once_runs_once(engine: AsyncEngine) -> None:
    await make(engine)
    await run_sql(engine, "UPDATE sources SET due_at = now() - interval '1 second', starts_at = now() - interval '1 second'")
    claimed = [found for found in await asyncio.gather(*(look(engine, f"pod {number}") for number in range(5))) if found]
    assert len(claimed) == 1
    assert await look(engine, "another") is None
    assert len(await run_sql(engine, "SELECT id FROM source_runs")) == 1
    ((due_in,),) = await run_sql(engine, "SELECT starts_at - now() FROM sources")
    assert timedelta(0) < due_in <= timedelta(days=1)


async def test_times_that_were_missed_are_made_up_by_one_run_that_tells_them(engine: AsyncEngine) -> None:
    await make(engine)
    await run_sql(engine, "UPDATE sources SET due_at = due_at - interval '4 days', starts_at = due_at - interval '4 days'")
    assert await look(engine, "pod") is not None
    ((cause, missed, ago),) = await run_sql(engine, "SELECT cause, missed, now() - due_at FROM source_runs")
    assert (cause, missed) == ("schedule", 3)
    assert timedelta(days=3) <= ago <= timedelta(days=4)
    assert await look(engine, "pod") is None


async def test_a_clock_that_was_ahead_does_not_keep_the_schedule_waiting(engine: AsyncEngine) -> None:
    """What was planned while it was ahead is planned anew once it is set back."""
    await make(engine)
    await run_sql(
        engine,
        "UPDATE sources SET planned_at = now() + interval '30 days', due_at = due_at + interval '30 days', starts_at = starts_at + interval '30 days'",
    )
    assert await look(engine, "pod") is None
    ((due_in,),) = await run_sql(engine, "SELECT starts_at - now() FROM sources")
    assert due_in <= timedelta(days=1)


async def test_a_paused_source_is_not_due(engine: AsyncEngine) -> None:
    await make(engine, paused=True)
    await run_sql(engine, "UPDATE sources SET due_at = now(), starts_at = now()")
    assert await look(engine, "pod") is None


async def test_jitter_only_delays(engine: AsyncEngine) -> None:
    source = await make(engine, jitter_s=600)
    assert source.due_at is not None and source.starts_at is not None
    assert timedelta(0) <= source.starts_at - source.due_at <= timedelta(seconds=600)


async def test_requests_join_what_waits_and_come_behind_what_runs(engine: AsyncEngine) -> None:
    source = await make(engine, schedule="")

    async def request(again: bool = False) -> str:
        async with transaction(engine) as connection:
            return await request_run(connection, source.id, {"cause": "request", "again": again})

    first = await request()
    assert await request(again=True) == first
    run, _ = await look(engine, "a")
    assert (run.id, run.again) == (first, True)
    second = await request()
    assert second != first
    assert await look(engine, "b") is None  # the first one is under way
    async with transaction(engine) as connection:
        assert await end_run(connection, run, "DONE", None)
    assert (await look(engine, "b"))[0].id == second


async def test_a_run_whose_process_is_gone_is_anothers_and_no_longer_its(engine: AsyncEngine) -> None:
    source = await make(engine, schedule="")
    async with transaction(engine) as connection:
        await request_run(connection, source.id, {"cause": "request"})
    lost, _ = await look(engine, "a")
    await run_sql(engine, "UPDATE source_runs SET lease_until = now() - interval '1 second'")
    taken, _ = await look(engine, "b")
    assert taken.id == lost.id
    async with transaction(engine) as connection:
        assert not await keep_lease(connection, lost, LEASE_S)
        assert not await end_run(connection, lost, "DONE", None)
        assert await keep_lease(connection, taken, LEASE_S)
    try:
        async with transaction(engine) as connection:
            await begin_fetch(connection, lost, "-", "", "upload-of-a")
    except Conflict as error:
        assert error.code == "run-lost"
    else:
        raise AssertionError("a process without the lease may not begin a fetch")
    async with transaction(engine) as connection:
        await give_back(connection, taken, 0)
    assert (await look(engine, "c"))[0].id == lost.id


async def test_what_was_begun_before_a_crash_keeps_its_upload(engine: AsyncEngine) -> None:
    """An upload that was never begun is begun under the id that was written down: of two processes one is the first."""
    source = await make(engine, schedule="")
    async with transaction(engine) as connection:
        await request_run(connection, source.id, {"cause": "request"})
    run, _ = await look(engine, "a")
    first, second = str(uuid_utils.uuid7()), str(uuid_utils.uuid7())
    async with transaction(engine) as connection:
        assert await begin_fetch(connection, run, "x.csv", "etag", first) == first
        assert await begin_fetch(connection, run, "x.csv", "etag", second) == first
        (fetch,) = await open_fetches(connection, source.id)
        assert (fetch.upload_id, fetch.state, fetch.is_delivered) == (first, None, False)
        await settle_fetch(connection, source.id, fetch, keep_mark=True)
        assert await open_fetches(connection, source.id) == []
        assert await known_marks(connection, source.id, ["x.csv", "y.csv"]) == {"x.csv": "etag"}
        assert [fetch.item for fetch in await fetches_of(connection, run.id)] == ["x.csv"]
        assert await database_time(connection)


async def test_a_source_of_a_dataset_that_is_not_ones_own_is_not_there(engine: AsyncEngine) -> None:
    await make(engine, "shop-prices")
    set_asking(Principal("bank", "bank", ("manage",), ("bank-*",)))
    async with transaction(engine) as connection:
        assert await list_sources(connection, 10, "") == []
        with pytest.raises(NotFound):
            await read_source(connection, "shop-prices")
    set_asking(Principal("shop", "shop", ("manage",), ("shop-*",)))
    async with transaction(engine) as connection:
        assert (await read_source(connection, "shop-prices")).name == "shop-prices"
