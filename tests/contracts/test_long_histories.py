"""A list costs what it shows, not what there is: of thirty thousand uploads a page reads some hundreds of lines, whatever it is sorted and filtered by."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.audit import AuditFilter, list_audit
from backbone.catalog.dataset_of_upload import dataset_of_upload
from backbone.catalog.datasets import list_versions
from backbone.catalog.provenance import upload_of_version
from backbone.catalog.stored_files import uploads_without_versions
from backbone.catalog.upload_list import list_uploads, place
from backbone.catalog.uploads import read_upload
from backbone.catalog.versions import version_before
from backbone.lifecycle.end_upload import table_of_its_own
from backbone.lifecycle.rename import change_dataset
from backbone.lifecycle.upload_queue import is_busy
from backbone.postgres.engine import autocommit, make_engine, transaction
from tests.databases import database

UPLOADS, READ_MAX = 30_000, 2_000
# A third of them in one dataset, whose uploads have failed long ago, and not since.
FILL = f"""
INSERT INTO datasets (id, name, title, version) SELECT n, 'd' || n, '', {UPLOADS} FROM generate_series(0, 299) AS n;
INSERT INTO row_tables (id, dataset_id, columns, layout) SELECT n, n, '[]', 'columns' FROM generate_series(0, 299) AS n;
INSERT INTO uploads (id, dataset, dataset_id, file_name, file_key, size_bytes, mode, state, version, table_id, created_at, file_removed_at, profile)
SELECT 'u' || lpad(n::text, 9, '0'), 'd' || d, d, 'f' || n % 997, '', n * 7919 % 10007, 'append', CASE WHEN n < 3000 THEN 'FAILED' ELSE 'COMPLETE' END,
    n, d, now() - interval '1 minute' * ({UPLOADS} - n), now(), '[]'
FROM (SELECT n, CASE WHEN n % 3 = 0 THEN 0 ELSE n % 300 END AS d FROM generate_series(1, {UPLOADS}) AS n) AS them;
UPDATE uploads SET cleaned_at = now() WHERE state = 'FAILED';
INSERT INTO versions (dataset_id, number, table_id, upload_id, published_at, removed_at, removed_why)
SELECT dataset_id, version, table_id, id, now(), CASE WHEN version < {UPLOADS} - 900 THEN now() END, CASE WHEN version < {UPLOADS} - 900 THEN 'retention' END
FROM uploads;
INSERT INTO audit_events (action, principal_id, principal, request_id, dataset)
SELECT CASE WHEN n < 20 THEN 'key.revoked' ELSE 'upload.begun' END, 'k' || n % 3, 'name ' || n % 3, '', 'd' || n % 300 FROM generate_series(1, {UPLOADS}) AS n;
"""


@pytest.fixture(scope="module", params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def filled_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with a long history, which these tests only read."""
    server = request.getfixturevalue("embedded_url") if request.param == "embedded" else request.getfixturevalue("stack").postgres
    with database(server, request.getfixturevalue(f"{request.param}_template")) as url:
        asyncio.run(_fill(url))
        yield url


async def _fill(url: str) -> None:
    engine = make_engine(url, connections_max=1)
    async with transaction(engine) as connection:
        for statement in FILL.split(";"):
            if statement.strip():
                await connection.exec_driver_sql(statement)
    async with autocommit(engine) as connection:
        for table in ("datasets", "uploads", "versions", "audit_events"):
            await connection.exec_driver_sql(f"VACUUM ANALYZE {table}")
    await engine.dispose()


@pytest.fixture
async def long(filled_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(filled_url, connections_max=5)
    yield engine
    await engine.dispose()


async def lines_read(engine: AsyncEngine, table: str, asks: Callable[[AsyncConnection], Awaitable[Any]]) -> int:
    counted = text("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = :table")
    async with transaction(engine) as connection:
        before = (await connection.execute(counted, {"table": table})).scalar_one()
        await asks(connection)
        return int((await connection.execute(counted, {"table": table})).scalar_one() - before)


@pytest.mark.parametrize("sort", ["created", "name", "size", "state"])
async def test_uploads(long: AsyncEngine, sort: str) -> None:
    for dataset, state, descending in product((None, "d0", "d7", "unheard"), (None, "COMPLETE", "FAILED", "HELD"), (True, False)):
        asked: dict[str, Any] = {"dataset": dataset, "state": state, "sort": sort, "descending": descending, "limit": 51}
        read = await lines_read(long, "uploads", partial(list_uploads, after=None, **asked))
        assert read <= READ_MAX, (asked, read)


@pytest.mark.parametrize("sort", ["created", "name", "size", "state"])
async def test_a_page_far_behind(long: AsyncEngine, sort: str) -> None:
    asked: dict[str, Any] = {"dataset": None, "state": None, "sort": sort, "descending": True}
    async with transaction(long) as connection:
        far = (await list_uploads(connection, after=None, limit=20_000, **asked))[-1]
    read = await lines_read(long, "uploads", partial(list_uploads, after=place(far, sort), limit=51, **asked))
    assert read <= 200


async def test_uploads_of_who_sees_few_datasets(long: AsyncEngine) -> None:
    for seen in (["d7"], ["d29*"], ["unheard-*"], ["d1", "unheard-*"], ["d1*", "d2*"]):
        asked: dict[str, Any] = {
            "dataset": None,
            "state": None,
            "sort": "created",
            "descending": True,
            "limit": 51,
            "after": None,
            "seen": seen,
        }
        read = await lines_read(long, "uploads", partial(list_uploads, **asked))
        assert read <= READ_MAX, (seen, read)


@pytest.mark.parametrize("sort", ["created", "name", "size", "state"])
async def test_uploads_of_who_sees_most_datasets(long: AsyncEngine, sort: str) -> None:
    """Again and again on one connection, where PostgreSQL may come to plan for any key."""
    async with long.connect() as connection:
        counted = text("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'uploads'")
        for seen, descending in product((["d1*"], ["d2*"], ["d1*", "d2*", "d3*"], ["d*"]), (True, False, True, False)):
            before = (await connection.execute(counted)).scalar_one()
            asked: dict[str, Any] = {"dataset": None, "state": None, "sort": sort, "descending": descending, "limit": 51, "after": None}
            await list_uploads(connection, seen=seen, **asked)
            assert (await connection.execute(counted)).scalar_one() - before <= READ_MAX, (seen, descending)


MIXED = """
DELETE FROM uploads WHERE id > 'u000000040';
UPDATE uploads SET dataset_id = NULL, dataset = CASE WHEN id > 'u000000020' THEN 'anew' ELSE 'd0' END WHERE id::text LIKE '%5';
UPDATE uploads SET created_at = '2026-11-01', file_name = 'f', size_bytes = 7 WHERE id BETWEEN 'u000000010' AND 'u000000030';
UPDATE datasets SET name = 'anew' WHERE id = 0;
INSERT INTO datasets (id, name, title) VALUES (5000, 'd0', '');
UPDATE uploads SET dataset_id = 5000, dataset = 'd0' WHERE id::text LIKE '%7';
UPDATE datasets SET name = '~11', removed_name = name, removed_at = now() WHERE id = 11
"""


@pytest.mark.parametrize("sort", ["created", "name", "size", "state"])
async def test_pages_of_those_that_belong_to_a_dataset_and_those_that_do_not_yet(long: AsyncEngine, sort: str) -> None:
    """Of datasets that were renamed and removed, beside others that have their names now: as a list of all, sorted and filtered in Python."""
    async with long.connect() as connection, connection.begin() as undone:
        for statement in MIXED.split(";"):
            await connection.exec_driver_sql(statement)
        asked: dict[str, Any] = {"state": None, "sort": sort}
        everyone = {
            row["id"]: row["dataset"]
            for row in await list_uploads(connection, dataset=None, descending=False, limit=99, after=None, **asked)
        }
        assert (everyone["u000000003"], everyone["u000000007"], everyone["u000000011"]) == ("anew", "d0", "d11")
        assert (everyone["u000000005"], everyone["u000000025"], len(everyone)) == ("d0", "anew", 40)
        for dataset, seen, descending in product((None, "anew", "d0", "d11"), (["*"], ["anew"], ["d*"], ["d0", "a*"]), (True, False)):
            right = [upload for upload, name in everyone.items() if dataset in (None, name) and sees(seen, name)]
            found: list[str] = []
            after = None
            while page := await list_uploads(connection, dataset=dataset, seen=seen, descending=descending, limit=3, after=after, **asked):
                assert all(everyone[row["id"]] == row["dataset"] for row in page)
                found += [row["id"] for row in page]
                after = place(page[-1], sort)
            assert found == (right[::-1] if descending else right), (dataset, seen, descending)
        await undone.rollback()


def sees(seen: list[str], name: str) -> bool:
    return any(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in seen)


async def test_uploads_of_a_dataset_that_was_given_another_name(long: AsyncEngine) -> None:
    """Its uploads are not written for it, however many there are; those that belong to no dataset keep the name that they were sent to."""
    asked: dict[str, Any] = {"state": None, "sort": "created", "descending": True, "limit": 51, "after": None}
    async with long.connect() as connection, connection.begin() as undone:
        await connection.execute(text("UPDATE uploads SET dataset_id = NULL, state = 'FAILED' WHERE id = 'u000029997'"))
        written = text("SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'uploads'")
        before = (await connection.execute(written)).scalar_one()
        await change_dataset(connection, "d0", name="anew", title=None, versions_kept=None)
        assert (await connection.execute(written)).scalar_one() == before
        for seen in (["*"], ["anew"], ["an*"]):
            page = await list_uploads(connection, dataset="anew", seen=seen, **asked)
            assert {row["dataset"] for row in page} == {"anew"}
            assert [row["id"] for row in page] == [f"u{n:09}" for n in range(UPLOADS, 0, -3) if n != 29_997][:51]
        assert [row["id"] for row in await list_uploads(connection, dataset="d0", **asked)] == ["u000029997"]
        assert await list_uploads(connection, dataset="anew", seen=["d0"], **asked) == []
        everyone = {row["id"]: row["dataset"] for row in await list_uploads(connection, dataset=None, **asked)}
        assert (everyone["u000030000"], everyone["u000029997"], everyone["u000029999"]) == ("anew", "d0", "d299")
        assert await dataset_of_upload(connection, "u000000003") == "anew"
        assert (await read_upload(connection, "u000000003")).dataset == "anew"
        await undone.rollback()


async def test_audit(long: AsyncEngine) -> None:
    for wanted in (AuditFilter(), AuditFilter(action="key.revoked"), AuditFilter(principal="nobody"), AuditFilter(dataset="d7")):
        read = await lines_read(long, "audit_events", partial(list_audit, wanted=wanted, limit=51))
        assert read <= 200, (wanted, read)


async def test_what_each_upload_and_publish_asks(long: AsyncEngine) -> None:
    async def of_uploads(connection: AsyncConnection) -> None:
        assert not await is_busy(connection, 0)
        assert (await upload_of_version(connection, 0, 6_000)) is not None
        assert await uploads_without_versions(connection, 0) == []

    async def of_versions(connection: AsyncConnection) -> None:
        assert len(await list_versions(connection, 0)) == 301
        before = await version_before(connection, 0, UPLOADS - 1)
        assert before is not None and before["number"] == UPLOADS - 3
        upload = await upload_of_version(connection, 0, 6_000)
        assert upload is not None and await table_of_its_own(connection, upload) is None

    assert await lines_read(long, "uploads", of_uploads) <= 100
    assert await lines_read(long, "versions", of_versions) <= 400
