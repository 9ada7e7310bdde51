"""Locks on an upload's traces and on a dataset's tables, held until the transaction ends. Nobody waits long for one: who holds it may be rebuilding
a table for an hour, and each that waits has a hand and a connection that others need."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.errors import Unavailable
from backbone.postgres.raw import execute_within
from backbone.types.sql_text import literal

WAIT_MS: Final = 1000


async def lock_upload(connection: AsyncConnection, upload_id: str, *, alone: bool) -> None:
    """Held by all who put this upload's documents into the index (shared), and by who removes them (`alone`), until they commit.

    The index knows no transactions: without this, a bulk request still under way could arrive after the cleaning.
    Raises `Unavailable` when another keeps it: come again.
    """
    await _lock(connection, "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared", upload_id)


async def lock_tables(connection: AsyncConnection, dataset_id: int) -> None:
    """Held until the transaction ends by whoever removes or rebuilds tables of this dataset: one at a time.

    Raises `Unavailable` when another keeps it: come again.
    """
    await _lock(connection, "pg_advisory_xact_lock", f"tables of {dataset_id}")


async def _lock(connection: AsyncConnection, function: str, name: str) -> None:
    """By the simple protocol. An idle transaction keeps the snapshot of its last extended query, and CREATE INDEX CONCURRENTLY waits for
    whoever has an old one: a transaction that does nothing but keep a lock, while it waits for such an index, would wait for ever."""
    try:
        await execute_within(connection, WAIT_MS, f"SELECT {function}(hashtextextended({literal(name)}, 0))")
    except TimeoutError as error:
        raise Unavailable("postgres", f"other work has the lock on {name}") from error
