"""Connections that the server closed are not given out; those at hand cost no question."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres import stale_connections
from backbone.postgres.engine import make_engine, transaction


async def raw_connection(engine: AsyncEngine) -> Any:
    """asyncpg's own, which the pool has again afterwards."""
    async with transaction(engine) as connection:
        return (await connection.get_raw_connection()).driver_connection


async def test_a_closed_one_is_replaced_without_anybody_noticing(engine: AsyncEngine, postgres_url: str) -> None:
    one = make_engine(postgres_url, connections_max=1)
    closed = await raw_connection(one)
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": closed.get_server_pid()})
    async with asyncio.timeout(10):
        while not closed.is_closed():  # noqa: ASYNC110 -- the loop tells nobody
            await asyncio.sleep(0.01)
    assert await raw_connection(one) is not closed
    await one.dispose()


@pytest.mark.parametrize("idle_s", [30.0, -1.0])
async def test_an_open_one_is_used_again_with_a_question_or_without(
    engine: AsyncEngine, idle_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale_connections, "IDLE_S", idle_s)
    assert await raw_connection(engine) is await raw_connection(engine)
