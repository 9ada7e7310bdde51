"""What whoever looks after a PostgreSQL wants to know of it: its version, its clock, its connections, and the step of its schema."""

import time
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.engine import MIGRATIONS, autocommit

VERSION_MIN: Final = 15
_FACTS: Final = text("""
    SELECT current_setting('server_version_num')::int / 10000, extract(epoch FROM clock_timestamp())::float8,
        current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity)::int,
        pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on', to_regclass('alembic_version') IS NOT NULL
""")


class ServerFacts(Struct, frozen=True, kw_only=True):
    """`clock_s`: how far its clock is before this machine's. `step`: of its schema; empty: there is none yet."""

    version: int
    clock_s: float
    connections_max: int
    connections: int
    is_read_only: bool
    step: str


async def server_facts(engine: AsyncEngine) -> ServerFacts:
    """Changes nothing. Raises `Unavailable`."""
    async with autocommit(engine) as connection:
        began = time.time()
        row = (await connection.execute(_FACTS)).one()
        middle = (began + time.time()) / 2
        step = str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() or "") if row[5] else ""
    return ServerFacts(version=row[0], clock_s=row[1] - middle, connections_max=row[2], connections=row[3], is_read_only=row[4], step=step)


def known_steps() -> tuple[str, ...]:
    """Of the schema, the newest first, as this program has them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
