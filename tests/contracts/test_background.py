"""What is built in the background gives way to who asks, with all processes that help it, and only for a while."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.embedded.background import NICE, _set_nice, background_connection
from backbone.postgres.engine import make_engine
from backbone.postgres.raw import raw_connection
from tests.flows.pods import wait_for

AUTOGROUP = Path("/proc/self/autogroup")
pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel shares no processors between sessions")]
HELPED = "SELECT count(pg_sleep(0.01)) FROM generate_series(1, 100000)"
FOR_EVER_S = 1000.0


@pytest.fixture
async def engine(embedded_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(embedded_url, 4)
    yield engine
    await engine.dispose()


def share(pid: int) -> int:
    return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])


async def until(shares: dict[int, int]) -> None:
    await asyncio.to_thread(wait_for, lambda: {pid: share(pid) for pid in shares} == shares, 10, f"shares are {shares}")


async def helper_of(engine: AsyncEngine, leader: int) -> int:
    async with raw_connection(engine) as raw:
        for _ in range(500):
            if (pid := await raw.fetchval("SELECT pid FROM pg_stat_activity WHERE leader_pid = $1", leader)) is not None:
                return int(pid)
            await asyncio.sleep(0.02)
    raise AssertionError("no process helps")


async def work(raw: Any) -> "asyncio.Task[None]":
    """What a process helps with that comes after the connection."""
    await raw.execute("SET debug_parallel_query = on")
    return asyncio.create_task(raw.execute(HELPED))


async def give_up(working: "asyncio.Task[None]") -> None:
    working.cancel()
    with pytest.raises((asyncio.CancelledError, asyncpg.QueryCanceledError)):
        await working


async def test_a_session_and_its_helpers_give_way_and_nobody_gets_it_afterwards(engine: AsyncEngine) -> None:
    async with background_connection(engine, FOR_EVER_S) as raw:
        leader = raw.get_server_pid()
        working = await work(raw)
        await until({leader: NICE, await helper_of(engine, leader): NICE})
        await give_up(working)
    await asyncio.to_thread(wait_for, lambda: not Path(f"/proc/{leader}").exists(), 10, "its process has ended")
    async with raw_connection(engine) as raw:
        assert share(raw.get_server_pid()) == 0
        if os.geteuid() == 0:
            assert os.getpriority(os.PRIO_PROCESS, raw.get_server_pid()) == os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.long
async def test_they_do_not_give_way_for_ever(engine: AsyncEngine) -> None:
    """Else who reads all rows, for want of the index, keeps it away."""
    async with background_connection(engine, 5.0) as raw:
        leader = raw.get_server_pid()
        working = await work(raw)
        helper = await helper_of(engine, leader)
        await until({leader: NICE, helper: NICE})
        await until({leader: 0, helper: 0})
        assert os.getpriority(os.PRIO_PROCESS, leader) == os.getpriority(os.PRIO_PROCESS, 0)
        await give_up(working)


async def test_what_cannot_be_lowered_goes_on(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def refused(*values: object) -> None:
        asked.append(values)
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refused)
    monkeypatch.setattr(os, "setpriority", refused)
    async with background_connection(engine, FOR_EVER_S) as raw:
        assert await raw.fetchval("SELECT count(pg_sleep(0.01)) FROM generate_series(1, 50)") == 50
        await asyncio.to_thread(wait_for, lambda: asked, 10, "lowering was tried")
    assert "does not give way" not in capsys.readouterr().out


def test_nobody_elses_process_is_lowered() -> None:
    """Where the server runs in another container, its numbers are of other processes here."""
    before = AUTOGROUP.read_text(), os.getpriority(os.PRIO_PROCESS, 0)
    assert _set_nice(os.getpid(), NICE)
    assert (AUTOGROUP.read_text(), os.getpriority(os.PRIO_PROCESS, 0)) == before
