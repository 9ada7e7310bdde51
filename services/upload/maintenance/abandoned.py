"""Finds what nobody works on any more: uploads whose pod died while it received them, and files that no upload needs."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.outbox import Relay
from backbone.catalog.receiving import lock_silent_uploads
from backbone.catalog.stored_files import UPLOADS_FOLDER, folder_of, keys_in_use
from backbone.files.port import FileStore
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.postgres.engine import transaction

LOST_PER_TRANSACTION: Final = 100
KEYS_PER_LOOK: Final = 500

log = structlog.get_logger()


async def fail_lost_uploads(engine: AsyncEngine, files: FileStore, relay: Relay, lost_s: float) -> None:
    """Ends uploads that stand RECEIVING without a heartbeat, then removes what was stored of them.

    State before file: a pod that was only asleep finds its upload ended, and removes what it stores after that.
    """
    async with transaction(engine) as connection:
        silent = await lock_silent_uploads(connection, lost_s, LOST_PER_TRANSACTION)
        lost = [upload_id for upload_id in silent if await end_upload(connection, upload_id, "FAILED", _lost(lost_s))]
    for upload_id in lost:
        log.warning("upload lost its receiver", upload_id=upload_id)
        async for key in files.keys(folder_of(upload_id)):
            await files.delete(key)
    if lost:
        relay.wake()


def _lost(lost_s: float) -> UploadError:
    return UploadError(
        type="receiver-lost",
        detail=f"The process that received the file has not been heard of for {lost_s:g} s. Nothing was kept: send the file again.",
    )


async def remove_orphans(engine: AsyncEngine, files: FileStore, kept_s: float) -> None:
    """Removes files of `uploads/…` that are old enough and that no upload in the catalog needs. `kept_s=0`: never.

    The store must not be shared with another database: its files would be orphans to this one.
    """
    if not kept_s:
        return
    before = datetime.now(UTC) - timedelta(seconds=kept_s)
    async for keys in _old_keys(files, before):
        async with transaction(engine) as connection:
            needed = await keys_in_use(connection, {_upload_of(key) for key in keys})
        for key in keys:
            if key not in needed:
                log.info("orphaned file removed", key=key)
                await files.delete(key)


async def _old_keys(files: FileStore, before: datetime) -> AsyncIterator[Sequence[str]]:
    old: list[str] = []
    async for key in files.keys(UPLOADS_FOLDER):
        made = made_at(key)
        if made is not None and made < before:
            old.append(key)
        if len(old) == KEYS_PER_LOOK:
            yield old
            old = []
    if old:
        yield old


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
    return key.removeprefix(UPLOADS_FOLDER).partition("/")[0]
