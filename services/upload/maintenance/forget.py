"""Forgets what is too old to be asked for, so many lines at a time that nobody waits: uploads without rows, audit, idempotency keys."""

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog import old_uploads
from backbone.catalog.audit import forget_audit
from backbone.catalog.idempotency import forget_old_keys
from backbone.catalog.stored_files import folder_of
from backbone.files.port import FileStore
from backbone.postgres.engine import transaction

log = structlog.get_logger()


async def forget_old_uploads(engine: AsyncEngine, files: FileStore, kept_days: int) -> None:
    """`kept_days=0`: never. Record before file: what a crash leaves behind is an orphan, which `remove_orphans` finds."""
    while kept_days:
        async with transaction(engine) as connection:
            forgotten = await old_uploads.forget_old_uploads(connection, kept_days)
        for upload_id in forgotten:
            async for key in files.keys(folder_of(upload_id)):
                await files.delete(key)
        if not forgotten:
            return
        log.info("old uploads forgotten", uploads=len(forgotten))


async def forget_keys(engine: AsyncEngine, kept_s: float) -> None:
    """Idempotency keys that are too old to be asked for."""
    async with transaction(engine) as connection:
        await forget_old_keys(connection, kept_s)


async def forget_old_audit(engine: AsyncEngine, kept_days: int) -> None:
    """`kept_days=0`: never."""
    while kept_days:
        async with transaction(engine) as connection:
            if await forget_audit(connection, kept_days) == 0:
                return
