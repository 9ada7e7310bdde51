"""The schema: migrations can be run by many processes at once and end where the catalog are."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.schema import metadata
from backbone.errors import BadRequest
from backbone.postgres.engine import make_engine, migrate, transaction


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


async def test_a_schema_of_a_newer_rowmill_is_refused_in_a_sentence(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadRequest, match="newer Rowmill"):
        await migrate(engine)
