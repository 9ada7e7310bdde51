"""The audit in the catalog: lines are added and forgotten, never rewritten, and a flood of refusals is a few of them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.audit import AuditFilter, forget_audit, list_audit, note
from backbone.http.refusals import KINDS_MAX, Refusals
from backbone.postgres.engine import transaction
from backbone.runtime.key_text import new_key
from backbone.runtime.request_record import RequestRecord


async def test_lines_are_not_rewritten(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await note(connection, "dataset.removed", dataset="d")
    with pytest.raises(DBAPIError, match="not rewritten"):
        async with transaction(engine) as connection:
            await connection.execute(text("UPDATE audit_events SET principal = 'somebody else'"))


async def test_a_change_that_is_rolled_back_leaves_no_line(engine: AsyncEngine) -> None:
    with pytest.raises(RuntimeError):
        async with transaction(engine) as connection:
            await note(connection, "dataset.removed", dataset="d")
            raise RuntimeError
    async with transaction(engine) as connection:
        assert await list_audit(connection, AuditFilter(), limit=10) == []


async def test_old_lines_go(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO audit_events (at, action, principal_id, principal, request_id)"
                " SELECT now() - make_interval(days => days), 'refused', '', '', days::text FROM generate_series(1, 9) days"
            )
        )
        assert await forget_audit(connection, 5) == 4  # those of this moment are not older
        kept = await list_audit(connection, AuditFilter(), limit=10)
    assert sorted(row["request_id"] for row in kept) == ["1", "2", "3", "4", "5"]


async def test_a_flood_of_refusals_is_a_few_lines(engine: AsyncEngine) -> None:
    refusals = Refusals(engine)
    for number in range(5000):
        refusals.add(RequestRecord(id=str(number), object=f"dataset {number}", problem="not-allowed"), "GET", 403)
    for number in range(5000):
        refusals.add(RequestRecord(id=str(number), problem="key-needed"), "GET", 401)
        refusals.add(RequestRecord(id=str(number)), "GET", 200)
    await refusals.write()
    async with transaction(engine) as connection:
        lines = await list_audit(connection, AuditFilter(action="refused"), limit=10_000)
    assert len(lines) == KINDS_MAX + 1 and sum(line["detail"]["times"] for line in lines) == 10_000


async def test_no_key_is_kept_in_it_and_texts_are_cut(engine: AsyncEngine) -> None:
    key = new_key()
    refusals = Refusals(engine)
    refusals.add(RequestRecord(id="1", object=f"a{key}b", problem="p"), "GET", 403)
    await refusals.write()
    async with transaction(engine) as connection:
        await note(connection, "upload.begun", dataset="d", file_name=f"{key}.csv", mode="x" * 10_000)
        lines = await list_audit(connection, AuditFilter(), limit=10)
    assert key not in repr(lines) and len(repr(lines)) < 2_000
