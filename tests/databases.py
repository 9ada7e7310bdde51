"""Databases for tests: empty ones, and copies of one that has been migrated, on a PostgreSQL that is there; and one of the tests' own."""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from backbone.postgres.embedded.server import leave_embedded, start_embedded
from backbone.postgres.engine import make_engine, migrate


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, dropped afterwards. A template is another database of the server, to which nobody is connected."""
    name = f"rowmill_test_{secrets.token_hex(6)}"
    _run(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def migrated_template(server: str) -> Iterator[str]:
    """The name of a migrated database: a copy of it takes a twentieth of a second, the migrations take seconds."""
    with database(server) as url:
        asyncio.run(_migrate(url))
        yield str(make_url(url).database)


@contextmanager
def own_postgres() -> Iterator[str]:
    """The URL of an embedded PostgreSQL that forgets all when the machine falls: nothing waits for a disk."""
    with tempfile.TemporaryDirectory(prefix="rowmill-test-") as home:
        url = start_embedded(Path(home))
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _run(url, f"ALTER SYSTEM SET {setting} = off")
        _run(url, "SELECT pg_reload_conf()")
        yield url
        leave_embedded(Path(home))


async def _migrate(url: str) -> None:
    engine = make_engine(url, connections_max=1)
    await migrate(engine)
    await engine.dispose()


def _run(server: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())
