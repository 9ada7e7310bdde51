"""Connections that the server closed are not given out; those at hand cost no question."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
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


@pytest.mark.parametrize(("idle_s", "questions"), [(30.0, 0), (-1.0, 1)])
async def test_an_open_one_is_asked_only_after_a_while(
    engine: AsyncEngine, idle_s: float, questions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    ping: Any = AsyncAdapt_asyncpg_connection.ping

    def ask(connection: Any) -> None:
        asked.append(connection)
        ping(connection)

    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", ask)
    monkeypatch.setattr(stale_connections, "IDLE_S", idle_s)
    assert await raw_connection(engine) is await raw_connection(engine)
    assert len(asked) == questions


async def test_one_that_does_not_answer_is_replaced(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: Any) -> None:
        raise ConnectionResetError

    first = await raw_connection(engine)
    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", lost)
    monkeypatch.setattr(stale_connections, "IDLE_S", -1.0)
    assert await raw_connection(engine) is not first
