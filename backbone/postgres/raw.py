"""asyncpg's own connection out of SQLAlchemy's pool: for COPY, and for queries with typed placeholders and no layer in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.errors import TooSlow
from backbone.postgres.engine import postgres_errors


async def raw_in_transaction(connection: AsyncConnection) -> Any:
    """The asyncpg connection behind `connection`, inside its transaction.

    SQLAlchemy begins the transaction with the first statement that it sends itself. Without one, what is done on the raw connection
    would commit at once: rows without the catalog about them.
    """
    raw: Any = (await connection.get_raw_connection()).driver_connection
    if not raw.is_in_transaction():
        await connection.execute(text("SELECT 1"))
    return raw


async def execute_within(connection: AsyncConnection, wait_ms: int, lock: str) -> None:
    """A statement that takes a lock, by the simple protocol, so that no snapshot stays behind. Raises `TimeoutError` when it would have to wait
    longer for it; then the transaction has failed."""
    raw = await raw_in_transaction(connection)
    try:
        await raw.execute(f"SET LOCAL lock_timeout = {wait_ms}; {lock}; SET LOCAL lock_timeout TO DEFAULT")
    except asyncpg.LockNotAvailableError as error:
        raise TimeoutError from error


@asynccontextmanager
async def raw_connection(engine: AsyncEngine) -> AsyncIterator[Any]:
    """A pooled asyncpg connection in autocommit. Raises `Unavailable`."""
    async with postgres_errors(), engine.connect() as connection:
        try:
            yield (await connection.get_raw_connection()).driver_connection
        except asyncio.CancelledError:
            # PostgreSQL may hear of it when the statement has ended, and give up the next one of this connection: that would be another's.
            await connection.invalidate()
            raise


@asynccontextmanager
async def reading_connection(readers: AsyncEngine) -> AsyncIterator[Any]:
    """As `raw_connection`, for what a client asks: PostgreSQL gives up a statement that takes longer than the readers' timeout. Raises
    `TooSlow`, `Unavailable`."""
    async with raw_connection(readers) as raw:
        try:
            yield raw
        except asyncpg.QueryCanceledError as error:
            detail = "This takes longer to answer than ROWMILL_READ_TIMEOUT_S allows. Narrow it: fewer facets, a filter, another sort."
            raise TooSlow("read-too-slow", detail) from error
