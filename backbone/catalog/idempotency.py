"""`Idempotency-Key`: the same request again gets the first one's answer, and does nothing.

A key belongs to an upload from the moment its file begins to come in. When the first request came to nothing, the key is free again:
sending again is what a client should do then.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import idempotency_keys, uploads
from backbone.errors import Conflict, Rejected
from backbone.runtime.principal import asking


async def find_answer(connection: AsyncConnection, key: str, asked: Mapping[str, Any], kept_s: float) -> dict[str, Any] | None:
    """The body of the first request's answer; None: the key is free. Raises `Conflict` while the first one's file still comes in,
    `Rejected` when it asked for something else."""
    await _free(connection, key, kept_s)
    row = (await connection.execute(select(idempotency_keys).where(idempotency_keys.c.key == _owned(key)))).mappings().first()
    if row is None:
        return None
    if row["asked"] != dict(asked):
        detail = (
            f"The Idempotency-Key {key!r} was used for upload {row['upload_id']}, with another dataset or other options. Take a new key."
        )
        raise Rejected("idempotency-key-reused", detail, upload=f"/api/uploads/{row['upload_id']}")
    if row["answer"] is None:
        raise _still_receiving(key, row["upload_id"])
    return dict(row["answer"])


async def take_key(connection: AsyncConnection, key: str, upload_id: str, asked: Mapping[str, Any]) -> None:
    """Raises `Conflict` when another request with this key was faster by a moment."""
    taken = insert(idempotency_keys).values(key=_owned(key), upload_id=upload_id, asked=dict(asked)).on_conflict_do_nothing()
    if (await connection.execute(taken)).rowcount == 0:
        raise _still_receiving(key, None)


async def keep_answer(connection: AsyncConnection, upload_id: str, answer: Mapping[str, Any]) -> None:
    """In the transaction that makes it true."""
    await connection.execute(update(idempotency_keys).where(idempotency_keys.c.upload_id == upload_id).values(answer=answer))


async def forget_old_keys(connection: AsyncConnection, kept_s: float) -> None:
    """Those that are too old to be asked for."""
    await connection.execute(delete(idempotency_keys).where(_is_old(kept_s)))


async def _free(connection: AsyncConnection, key: str, kept_s: float) -> None:
    ended = select(uploads.c.id).where(uploads.c.id == idempotency_keys.c.upload_id, uploads.c.state.in_(("FAILED", "CANCELLED")))
    came_to_nothing = idempotency_keys.c.answer.is_(None) & ended.exists()
    await connection.execute(delete(idempotency_keys).where(idempotency_keys.c.key == _owned(key), _is_old(kept_s) | came_to_nothing))


def _owned(key: str) -> str:
    """Two principals may take the same key, and get nothing of each other's."""
    owner = asking().id
    return f"{owner} {key}" if owner else key


def _is_old(kept_s: float) -> ColumnElement[bool]:
    return idempotency_keys.c.created_at < func.now() - timedelta(seconds=kept_s)


def _still_receiving(key: str, upload_id: str | None) -> Conflict:
    first = {"upload": f"/api/uploads/{upload_id}"} if upload_id is not None else {}
    return Conflict("still-receiving", f"The first request with the Idempotency-Key {key!r} still sends its file.", **first)
