"""The key that signs cursors: one for all pods, made by whichever of them needs it first, kept in PostgreSQL."""

import secrets as random

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.schema import secrets
from backbone.postgres.engine import transaction

NAME = "cursors"


async def cursor_key(engine: AsyncEngine, configured: str) -> bytes:
    if configured:
        return configured.encode()
    async with transaction(engine) as connection:
        await connection.execute(insert(secrets).values(name=NAME, value=random.token_hex(32)).on_conflict_do_nothing())
        return str((await connection.execute(select(secrets.c.value).where(secrets.c.name == NAME))).scalar_one()).encode()
