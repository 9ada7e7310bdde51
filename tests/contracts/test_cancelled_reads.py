"""A read that is given up half-way leaves nothing behind for whoever gets its connection next."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.raw import raw_connection


async def test_the_connection_of_a_cancelled_read_is_nobody_elses(engine: AsyncEngine) -> None:
    backends: list[int] = []
    begun = asyncio.Event()

    async def read() -> None:
        async with raw_connection(engine) as connection:
            backends.append(await connection.fetchval("SELECT pg_backend_pid()"))
            begun.set()
            await connection.execute("SELECT pg_sleep(60)")

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    async with raw_connection(engine) as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") != backends[0]
