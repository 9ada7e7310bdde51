"""API keys in the catalog: made, listed, revoked, and looked up by the hash of what a client sends. The key itself is nowhere."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.access_tables import api_keys
from backbone.catalog.audit import note
from backbone.errors import NotFound, TooLarge
from backbone.postgres.engine import transaction
from backbone.runtime.key_text import hash_of, new_key
from backbone.runtime.principal import ALL, Principal, Scope

KEYS_MAX: Final = 10_000
LAST_USED_EVERY: Final = timedelta(minutes=1)  # a note of each use would be a write with each read
FIRST_LOCK: Final = 0x726F776D6B6579
SHOWN: Final = tuple(column for column in api_keys.c if column.name != "hash")


async def make_key(
    connection: AsyncConnection, *, name: str, scopes: Sequence[Scope], datasets: Sequence[str], expires_at: datetime | None, made_by: str
) -> tuple[RowMapping, str]:
    """The key's line, and the key: the only time that it is seen. Raises `TooLarge`."""
    if int((await connection.execute(select(func.count()).where(_is_good()))).scalar_one()) >= KEYS_MAX:
        raise TooLarge("too-many-keys", f"There are {KEYS_MAX} keys that are good. Revoke some first.")
    key = new_key()
    values = {"name": name, "scopes": list(scopes), "datasets": list(datasets), "expires_at": expires_at, "created_by": made_by}
    return await _insert(connection, key, values), key


async def _insert(connection: AsyncConnection, key: str, values: dict[str, Any]) -> RowMapping:
    statement = insert(api_keys).values(id=secrets.token_hex(6), hash=hash_of(key), **values).returning(*SHOWN)
    row = (await connection.execute(statement)).mappings().one()
    by, may = values["created_by"], {name: ", ".join(values[name]) for name in ("scopes", "datasets")}
    await note(connection, "key.created", object=row["id"], by=by, name=values["name"], **may)
    return row


async def list_keys(connection: AsyncConnection, *, limit: int, after: str) -> Sequence[RowMapping]:
    """Revoked and expired ones too, by their id."""
    query = select(*SHOWN).where(api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
    return (await connection.execute(query)).mappings().all()


async def revoke_key(connection: AsyncConnection, key_id: str) -> None:
    """One that was revoked before stays so. Raises `NotFound`."""
    statement = update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=func.coalesce(api_keys.c.revoked_at, func.now()))
    if (await connection.execute(statement)).rowcount == 0:
        raise NotFound("no-such-key", f"There is no key with the id {key_id!r}. GET /api/keys lists all there are.")
    await note(connection, "key.revoked", object=key_id)


async def find_principal(engine: AsyncEngine, key: str) -> Principal | None:
    """Whose it is; None: nobody's that is good. Notes that it was used."""
    used = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < func.now() - LAST_USED_EVERY)
    async with transaction(engine) as connection:
        row = (await connection.execute(select(*SHOWN, used.label("is_noted")).where(api_keys.c.hash == hash_of(key), _is_good()))).first()
        if row is None:
            return None
        if row.is_noted:
            await connection.execute(update(api_keys).where(api_keys.c.id == row.id).values(last_used_at=func.now()))
    return Principal(row.id, row.name, msgspec.convert(row.scopes, tuple[Scope, ...]), tuple(row.datasets))


async def make_first_key(engine: AsyncEngine, given: str) -> str | None:
    """The key with all rights that was made, because nobody has one: `given`, or where that is empty one of chance. None: somebody has."""
    is_first = (_is_good(), api_keys.c.scopes.contains(["admin"]))
    async with transaction(engine) as connection:
        await _lock(connection)
        if (await connection.execute(select(api_keys.c.id).where(*is_first).limit(1))).first() is not None:
            return None
        key = given or new_key()
        return key if await _insert_unknown(connection, key, name="first", scope="admin") else None


async def make_metrics_key(engine: AsyncEngine, given: str) -> None:
    """The key that a Prometheus is told beforehand, unless it was made already."""
    async with transaction(engine) as connection:
        await _lock(connection)
        await _insert_unknown(connection, given, name="metrics", scope="metrics")


async def _lock(connection: AsyncConnection) -> None:
    """Of many pods that start one makes what all of them are to have."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FIRST_LOCK})


async def _insert_unknown(connection: AsyncConnection, key: str, *, name: str, scope: Scope) -> bool:
    """False: it was made before. Where it was revoked since, or has expired, a restart does not give it back."""
    if (await connection.execute(select(api_keys.c.id).where(api_keys.c.hash == hash_of(key)))).first() is not None:
        return False
    await _insert(connection, key, {"name": name, "scopes": [scope], "datasets": [ALL], "created_by": "the start"})
    return True


def _is_good() -> ColumnElement[bool]:
    return api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > func.now())
