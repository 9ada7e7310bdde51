"""A full disk and a read-only PostgreSQL: refused with a reason, nothing harmed, and on it goes when they are mended."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from backbone.postgres.engine import make_engine
from tests.flows.pods import Rowmill, embedded, wait_for

DISK_MIB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_told_and_nothing_is_harmed(small_disk: Path) -> None:
    small, large = b"n\n" + b"1\n" * 1000, b"n\n" + b"123456789\n" * (DISK_MIB * 1024 * 1024 // 10)
    with embedded(ROWMILL_FILES_URL=small_disk.as_uri()) as rowmill:
        rowmill.load(small, dataset="before")
        with rowmill.uploads as http:
            refused = http.post("/api/uploads", params={"dataset": "large"}, content=large)
            assert (refused.status_code, refused.json()["type"]) == (507, "urn:rowmill:problem:disk-full")
            (failed,) = http.get("/api/uploads", params={"dataset": "large"}).json()["uploads"]
        assert (failed["state"], failed["error"]["type"]) == ("FAILED", "disk-full")
        assert "Make room" in failed["error"]["detail"]
        assert rowmill.load(small, dataset="after")["rows"] == 1000  # what was half stored has been removed
        assert rowmill.rows("before")["total"]["value"] == 1000


def read_only(url: str, mode: str) -> None:
    """As a standby that nobody has promoted yet: reads are answered, writes refused."""

    async def run() -> None:
        engine = make_engine(url, 1)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
            await connection.execute(text("SET default_transaction_read_only = off"))
            await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {mode}'))
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
            await connection.execute(text(others), {"name": name})
        await engine.dispose()

    asyncio.run(run())


@pytest.mark.long
@pytest.mark.stack
def test_a_read_only_postgres_is_told_and_work_waits(stack_database: str, request: pytest.FixtureRequest) -> None:
    from tests.flows.pods import distributed

    stack = request.getfixturevalue("stack")
    with distributed(stack, stack_database, {"all": []}, ROWMILL_PARSER_ROWS_PER_S="2000", ROWMILL_CHUNK_BYTES="65536") as rowmill:
        rowmill.load(b"n\n1\n", dataset="before")
        waiting = rowmill.upload(b"n\n" + b"1234567\n" * 10_000, dataset="waiting")
        read_only(stack_database, "on")
        try:
            wait_for(lambda: refusal(rowmill) == (503, "urn:rowmill:problem:read-only"), 30, "an upload is refused as it should be")
            assert rowmill.rows("before")["total"]["value"] == 1
        finally:
            read_only(stack_database, "off")
        done = rowmill.wait(waiting)
        assert (done["state"], done["rows"], done["indexed"]) == ("COMPLETE", 10_000, 10_000)


def refusal(rowmill: Rowmill) -> tuple[int, str]:
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params={"dataset": "refused"}, content=b"n\n1\n")
        return answer.status_code, answer.json().get("type", "")
