"""Which pod's turn it is to do what is done now and then: one row per task, by the database's clock alone."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CLAIM = text("""
    INSERT INTO chores (name) VALUES (:name) ON CONFLICT (name) DO UPDATE SET begun_at = now()
    WHERE chores.begun_at <= now() - make_interval(secs => :every_s) RETURNING name
""")


async def claim_turn(connection: AsyncConnection, name: str, every_s: float) -> bool:
    """True for one caller in `every_s`. One that dies in the middle of the work is followed by the next, `every_s` later."""
    return (await connection.execute(_CLAIM, {"name": name, "every_s": every_s})).first() is not None
