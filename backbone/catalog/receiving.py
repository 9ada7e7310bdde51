"""Uploads whose files come in: their heartbeat, by the database's clock, and those that have gone silent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import uploads

_BEAT: Final = update(uploads).where(uploads.c.id == bindparam("upload_id"), uploads.c.state == "RECEIVING").values(heartbeat_at=func.now())


async def beat(connection: AsyncConnection, upload_id: str, size_bytes: int) -> bool:
    """Says that the upload is still received, and how far it is. False when it is no longer RECEIVING: somebody has ended it."""
    touched = await connection.execute(_BEAT, {"upload_id": upload_id, "size_bytes": size_bytes})
    return bool(touched.rowcount)


async def lock_silent_uploads(connection: AsyncConnection, silent_s: float, limit: int) -> Sequence[str]:
    """Ids of uploads that are RECEIVING without a heartbeat for so long, the longest silent first; those that somebody has locked are not
    waited for."""
    silent = (uploads.c.state == "RECEIVING", uploads.c.heartbeat_at < func.now() - timedelta(seconds=silent_s))
    query = select(uploads.c.id).where(*silent).order_by(uploads.c.heartbeat_at).limit(limit)
    return (await connection.execute(query.with_for_update(skip_locked=True))).scalars().all()
