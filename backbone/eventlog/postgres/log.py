"""The event log of the embedded home: a real log in PostgreSQL tables, with partitions, groups and offsets, not a queue.

Any number of processes may share the database. Members need sessions of their own (advisory locks, LISTEN), so no pooler
in transaction mode may stand before them; publishing may go through one.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Unavailable
from backbone.eventlog.events import Event
from backbone.eventlog.port import Backlog, Consumer
from backbone.eventlog.postgres import statements as sql
from backbone.eventlog.postgres.consumer import PostgresConsumer
from backbone.postgres.engine import postgres_errors, raw_url

QUERY_TIMEOUT_S: Final = 10.0


class PostgresEventLog:
    def __init__(self, engine: AsyncEngine, partitions: int = sql.PARTITIONS, sessions: AsyncEngine | None = None) -> None:
        """Does no I/O. The schema must be migrated before the first use. `partitions`: over how many the subjects of a topic are spread.
        `sessions`: whose server members of a group connect to, where a pooler answers for `engine`."""
        self._engine = engine
        self._sessions = sessions or engine
        self.partitions = partitions

    async def publish(self, events: Sequence[Event]) -> None:
        await self.append([(event.type, event.subject, msgspec.json.encode(event)) for event in events])

    async def append(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        """Topic, subject and bytes of each record; what `publish` writes are encoded events."""
        if not records:
            return
        topics, subjects, bodies = zip(*records, strict=True)
        async with _session(self._engine) as session:
            await session.execute(sql.PUBLISH, topics, [partition_of(subject, self.partitions) for subject in subjects], bodies)

    def subscribe(self, group: str, types: Sequence[str]) -> Consumer:
        return PostgresConsumer(raw_url(self._sessions), group, types, self.partitions)

    async def backlog(self, group: str, types: Sequence[str]) -> Backlog:
        async with _session(self._engine) as session:
            events, oldest_s = await session.fetchrow(sql.BACKLOG, group, list(types))
        return Backlog(events, oldest_s)

    async def check(self) -> None:
        async with _session(self._engine) as session:
            if await session.fetchval(sql.CHECK):
                raise Unavailable("postgres", "the database is read-only")

    async def close(self) -> None:
        """The engine belongs to whoever made it."""


def partition_of(subject: str, partitions: int) -> int:
    """The same in every process with the same number: events of one subject keep their order only within a partition."""
    return zlib.crc32(subject.encode()) % partitions


@asynccontextmanager
async def _session(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A pooled connection for single statements, each its own transaction. One that did not answer in time is thrown away.

    The time counts for the pool's own question too, whether the connection still works: a server that has fallen silent is met there.
    """
    async with postgres_errors(), asyncio.timeout(QUERY_TIMEOUT_S), engine.connect() as connection:
        raw = await connection.get_raw_connection()
        try:
            yield raw.driver_connection
        except (asyncio.CancelledError, TimeoutError, OSError):
            await connection.invalidate()
            raise
