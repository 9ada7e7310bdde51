"""The schema: migrations can be run by many processes at once and end where the catalog are."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.schema import metadata
from backbone.postgres.engine import make_engine, migrate


async def test_migrations_run_at_once_from_several_processes(empty_database: str) -> None:
    engines = [make_engine(empty_database, connections_max=1) for _ in range(3)]
    await asyncio.gather(*(migrate(engine) for engine in engines))
    await asyncio.gather(*(engine.dispose() for engine in engines))


async def test_the_migrated_schema_is_the_one_in_the_books(engine: AsyncEngine) -> None:
    known = set(metadata.tables)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in known})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
