"""A backup brought back into an empty Rowmill of either home, all of it or nothing: files first, then every table in one transaction.

What was under way when the backup was taken has lost its events, and ends FAILED: `rowmill retry` loads it from its stored file.
"""

import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.access_tables import api_keys, audit_events
from backbone.catalog.audit import note
from backbone.catalog.datasets import to_table
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets, row_tables, uploads
from backbone.errors import Conflict, NotFound, Rejected
from backbone.eventlog import events
from backbone.files.port import FileStore
from backbone.lifecycle.backup_manifest import FILES, KEPT, NEWEST, FileCopy, Manifest, TableCopy, manifest_key, read_manifest
from backbone.lifecycle.end_upload import UploadError, end_upload, is_unclean
from backbone.model import Table
from backbone.postgres.engine import transaction
from backbone.postgres.raw import raw_in_transaction
from backbone.rows.store import RowStore

_SEQUENCES: Final = """
SELECT attname, pg_get_serial_sequence($1, attname) FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND pg_get_serial_sequence($1, attname) IS NOT NULL"""
INTERRUPTED: Final = UploadError(
    type="interrupted-by-restore",
    detail="It was under way when the backup was taken that this Rowmill was restored from. If its file was whole, `rowmill retry` loads it again.",
)


async def open_backup(source: FileStore, made_at: str = "") -> Manifest:
    """The newest, or the one of that time. Raises `Rejected`."""
    key = manifest_key(made_at) if made_at else NEWEST
    try:
        return read_manifest(b"".join([block async for block in source.stream(key)]))
    except NotFound:
        raise Rejected("no-backup", f"There is no {key} here, so there is no backup, or it was not finished.") from None


async def restore(engine: AsyncEngine, files: FileStore, rows: RowStore, source: FileStore, manifest: Manifest) -> list[Table]:
    """The tables of rows, to be indexed. Raises `Conflict` where there is something already, `Rejected` for a backup of another schema or a
    damaged one, `Unavailable`."""
    async with transaction(engine) as connection:
        await _check_empty(connection)
        await _check_schema(connection, manifest)
    for copy in manifest.files:
        await files.put(copy.key, _checked(source, FILES + copy.key, copy))
    async with transaction(engine) as connection:
        await _check_empty(connection)
        for emptied in (audit_events, api_keys):  # what this Rowmill made at its own start
            await connection.execute(emptied.delete())
        tables = await _fill(connection, rows, source, manifest)
        await _settle(connection)
        await note(connection, "backup.restored", by="the command line", made_at=manifest.made_at)
    return tables


async def _check_empty(connection: AsyncConnection) -> None:
    """Raises `Conflict`."""
    for table in (datasets, uploads):
        if (await connection.execute(select(func.count()).select_from(table))).scalar_one():
            raise Conflict(
                "not-empty", f"There are {table.name} here already. Restore into a new home (ROWMILL_HOME), or an empty database."
            )


async def _check_schema(connection: AsyncConnection, manifest: Manifest) -> None:
    schema = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    if schema != manifest.schema:
        raise Rejected(
            "other-schema",
            f"The backup is of schema {manifest.schema} (Rowmill {manifest.rowmill}), and this Rowmill has {schema}. Restore it with that one, then upgrade.",
        )


async def _checked(source: FileStore, key: str, copy: FileCopy | TableCopy) -> AsyncIterator[bytes]:
    """Raises `Rejected` behind the last block, before what takes them has kept anything."""
    digest = hashlib.sha256()
    try:
        async for block in source.stream(key):
            digest.update(block)
            yield block
    except NotFound:
        raise Rejected("bad-backup", f"{key} is missing in the backup.") from None
    if digest.hexdigest() != copy.sha256:
        raise Rejected("bad-backup", f"{key} is damaged: its checksum is not the manifest's.")


async def _fill(connection: AsyncConnection, rows: RowStore, source: FileStore, manifest: Manifest) -> list[Table]:
    copies = {copy.name: copy for copy in manifest.tables}
    raw = await raw_in_transaction(connection)
    for name in KEPT:
        await _copy_in(raw, source, copies.pop(name))
        await _continue_numbers(raw, name)
    tables = [to_table(row) for row in (await connection.execute(select(row_tables))).mappings().all()]
    there = [table for table in tables if table.name in copies]
    for table in there:
        await rows.create_table(connection, table)
        await _copy_in(raw, source, copies[table.name])
    return there


async def _copy_in(raw: Any, source: FileStore, copy: TableCopy) -> None:
    await raw.copy_to_table(copy.name, columns=list(copy.columns), source=_checked(source, copy.key, copy), format="binary")


async def _continue_numbers(raw: Any, name: str) -> None:
    """Of a table whose lines are numbered: behind the last one."""
    for column, sequence in await raw.fetch(_SEQUENCES, name):
        await raw.execute(f"SELECT setval('{sequence}', max({column})) FROM {name} HAVING max({column}) IS NOT NULL")


async def _settle(connection: AsyncConnection) -> None:
    """What events would have done that are no more."""
    await connection.execute(
        update(uploads).where(uploads.c.removing_at.is_not(None), uploads.c.state == "COMPLETE").values(removing_at=None)
    )
    unclean = (await connection.execute(select(uploads.c.id).where(is_unclean()))).scalars().all()
    await emit(connection, *(new_event(events.UPLOAD_ENDED, upload_id, upload_id=upload_id) for upload_id in unclean))
    moving = select(uploads.c.id).where(uploads.c.state.in_(("RECEIVING", "PENDING", "PROCESSING")))
    for upload_id in (await connection.execute(moving)).scalars().all():
        await end_upload(connection, upload_id, "FAILED", INTERRUPTED)
    removed = (await connection.execute(select(datasets.c.id).where(datasets.c.removed_at.is_not(None)))).scalars().all()
    await emit(connection, *(new_event(events.DATASET_REMOVED, str(dataset_id), dataset_id=dataset_id) for dataset_id in removed))
