"""Finds what nobody works on any more: uploads whose pod died while it received them, and files that no upload needs."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import idempotency_keys, uploads
from backbone.files.port import FileStore
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone

LOST_PER_TRANSACTION: Final = 100
KEYS_PER_LOOK: Final = 500
FOLDER: Final = "uploads/"

log = structlog.get_logger()


async def fail_lost_uploads(backbone: Backbone) -> None:
    """Ends uploads that stand RECEIVING without a heartbeat, then removes what was stored of them.

    State before file: a pod that was only asleep finds its upload ended, and removes what it stores after that.
    """
    lost_s = backbone.settings.receiving_lost_s
    silent = (uploads.c.state == "RECEIVING", uploads.c.heartbeat_at < func.now() - timedelta(seconds=lost_s))
    async with transaction(backbone.engine) as connection:
        query = select(uploads.c.id).where(*silent).order_by(uploads.c.heartbeat_at).limit(LOST_PER_TRANSACTION)
        found = (await connection.execute(query.with_for_update(skip_locked=True))).scalars().all()
        lost = [upload_id for upload_id in found if await end_upload(connection, upload_id, "FAILED", _lost(lost_s))]
    for upload_id in lost:
        log.warning("upload lost its receiver", upload_id=upload_id)
        async for key in backbone.files.keys(f"{FOLDER}{upload_id}/"):
            await backbone.files.delete(key)
    if lost:
        backbone.relay.wake()


def _lost(lost_s: float) -> UploadError:
    return UploadError(
        type="receiver-lost",
        detail=f"The process that received the file has not been heard of for {lost_s:g} s. Nothing was kept: send the file again.",
    )


async def remove_orphans(backbone: Backbone) -> None:
    """Removes files of `uploads/…` that are old enough and that no upload in the books needs. `orphans_kept_s=0`: never.

    The store must not be shared with another database: its files would be orphans to this one.
    """
    if not backbone.settings.orphans_kept_s:
        return
    before = datetime.now(UTC) - timedelta(seconds=backbone.settings.orphans_kept_s)
    async for keys in _old_keys(backbone.files, before):
        async with transaction(backbone.engine) as connection:
            needed = await _needed(connection, {_upload_of(key) for key in keys})
        for key in keys:
            if key not in needed:
                log.info("orphaned file removed", key=key)
                await backbone.files.delete(key)


async def _old_keys(files: FileStore, before: datetime) -> AsyncIterator[Sequence[str]]:
    found: list[str] = []
    async for key in files.keys(FOLDER):
        made = made_at(key)
        if made is not None and made < before:
            found.append(key)
        if len(found) == KEYS_PER_LOOK:
            yield found
            found = []
    if found:
        yield found


def made_at(key: str) -> datetime | None:
    """When the upload of this key began: its id, a UUID of version 7, tells. None for a key that is not one of ours."""
    try:
        number = uuid.UUID(_upload_of(key))
    except ValueError:
        return None
    if number.version != 7:
        return None
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC)


def _upload_of(key: str) -> str:
    return key.removeprefix(FOLDER).partition("/")[0]


async def _needed(connection: AsyncConnection, upload_ids: set[str]) -> set[str]:
    """The keys under which these uploads have, or will have, something. One that brought nothing new needs none of its own."""
    kept = uploads.c.state != "UNCHANGED"
    names = select(uploads.c.id, uploads.c.state, uploads.c.sha256, uploads.c.file_key, uploads.c.reading_key)
    rows = (await connection.execute(names.where(uploads.c.id.in_(upload_ids), kept))).all()
    needed: set[str] = set()
    for row in rows:
        if row.state == "RECEIVING":
            needed |= {f"{FOLDER}{row.id}/original", f"{FOLDER}{row.id}/reading-copy"}
        elif row.sha256 is not None:
            needed |= {row.file_key, row.reading_key}
    return needed


async def forget_keys(backbone: Backbone) -> None:
    """Idempotency keys that are too old to be asked for."""
    before = func.now() - timedelta(seconds=backbone.settings.idempotency_kept_s)
    async with transaction(backbone.engine) as connection:
        await connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < before))
