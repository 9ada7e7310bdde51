"""What an enrichment was answered, as the catalog keeps it; the runs that follow uploads; and the rows that they read."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.enrichment_values import (
    Outcome,
    digest_of,
    forget_old,
    found_answers,
    keep_outcomes,
    outcomes_of,
    take_known,
    tally_of,
)
from backbone.catalog.source_runs import RunRecord, claim_run, end_run, request_after_upload, request_run
from backbone.catalog.sources import SourceRecord, follow_rename, keep_source, list_sources, read_source
from backbone.postgres.engine import transaction

FOUND = Outcome(state="FOUND", answer='["A"]')
MISSING = Outcome(state="MISSING")
FAILED = Outcome(state="FAILED", reason="The API answers 500.")
LONG = "x" * 10_000  # more than an index takes


async def make(engine: AsyncEngine, name: str = "names", **more: Any) -> SourceRecord:
    async with transaction(engine) as connection:
        return await keep_source(connection, {"name": name, "kind": "lookup", "dataset": name, "settings": {}, **more})


async def run_of(engine: AsyncEngine, source: SourceRecord, **more: Any) -> RunRecord:
    async with transaction(engine) as connection:
        await request_run(connection, source.id, {"cause": "request", **more})
    async with transaction(engine) as connection:
        claimed = await claim_run(connection, "pod", 30, "enrichment")
    assert claimed is not None
    return claimed[0]


async def end(engine: AsyncEngine, run: RunRecord) -> None:
    async with transaction(engine) as connection:
        assert await end_run(connection, run, "DONE", None)


async def known(engine: AsyncEngine, run: RunRecord, values: list[str], cache_s: float) -> set[str]:
    async with transaction(engine) as connection:
        taken = await take_known(connection, run, values, run.created_at - timedelta(seconds=cache_s))
    return {value for value in values if digest_of(value) in taken}


async def test_what_was_answered_is_asked_for_again_only_when_it_failed_or_is_too_old(engine: AsyncEngine) -> None:
    source = await make(engine)
    values = ["found", "missing", "failed", LONG, "new"]
    run = await run_of(engine, source)
    assert await known(engine, run, values, 3600) == set()
    async with transaction(engine) as connection:
        await keep_outcomes(connection, run, {"found": FOUND, "missing": MISSING, "failed": FAILED, LONG: FOUND})
    assert await known(engine, run, values, 3600) == {"found", "missing", "failed", LONG}  # in this run nothing twice, whatever came of it
    async with transaction(engine) as connection:
        tally = await tally_of(connection, run)
        assert (tally.found, tally.missing, tally.failed) == (2, 1, 1)
        assert [(one.reason, one.count, one.samples) for one in tally.reasons] == [("The API answers 500.", 1, ("failed",))]
        assert await outcomes_of(connection, run, ["found", "new"]) == {digest_of("found"): FOUND}
        answers = [*await found_answers(connection, run, b"", 1)]
        answers += await found_answers(connection, run, answers[-1][0], 5)
        assert {digest for digest, _ in answers} == {digest_of("found"), digest_of(LONG)}
    await end(engine, run)
    later = await run_of(engine, source)
    async with transaction(engine) as connection:
        assert await outcomes_of(connection, later, values) == {}  # of what it did not need it knows nothing
    assert await known(engine, later, values, 0) == set()  # too old
    assert await known(engine, later, ["found", "failed"], 3600) == {"found"}
    async with transaction(engine) as connection:
        await forget_old(connection, later, later.created_at)
        assert (await connection.execute(text("SELECT count(*) FROM enrichment_values"))).scalar() == 1
        await connection.execute(text("DELETE FROM sources"))
        assert (await connection.execute(text("SELECT count(*) FROM enrichment_values"))).scalar() == 0


async def test_one_run_follows_uploads_however_many_there_are_and_runs_on_one_process(engine: AsyncEngine) -> None:
    source = await make(engine, on_upload=True)
    await make(engine, "others", on_upload=True)
    await make(engine, "by-hand", dataset="names")
    for _ in range(3):
        async with transaction(engine) as connection:
            await request_after_upload(connection, "names")

    async def claim(holder: str) -> Any:
        async with transaction(engine) as connection:
            return await claim_run(connection, holder, 30, "enrichment")

    claimed = [one for one in await asyncio.gather(*(claim(f"pod {number}") for number in range(5))) if one]
    ((run, of),) = claimed
    assert (of.id, run.only_new) == (source.id, True)
    async with transaction(engine) as connection:
        await request_after_upload(connection, "names")  # while it runs, one more waits behind it
        await request_run(connection, source.id, {"cause": "request"})  # and is for all rows now
        await request_after_upload(connection, "names")
    assert await claim("another") is None
    await end(engine, run)
    again, _ = await claim("another")
    assert (again.source_id, again.only_new) == (source.id, False)


async def test_sources_and_enrichments_are_kept_apart_and_follow_their_dataset(engine: AsyncEngine) -> None:
    await make(engine)
    await make(engine, "prices", kind="url", dataset="names")
    async with transaction(engine) as connection:
        assert [one.name for one in await list_sources(connection, 10, "")] == ["prices"]
        assert [one.name for one in await list_sources(connection, 10, "", "enrichment")] == ["names"]
        await follow_rename(connection, "names", "titles")
        assert (await read_source(connection, "names", noun="enrichment")).dataset == "titles"
        assert (await read_source(connection, "prices")).dataset == "names"
