"""A backup while everything goes on: all tables as of one instant, then the files that they speak of.

Files are written once and never changed, and tables are kept by their checksum: what a backup before has, is not copied again. A file that
goes in the moment between makes it begin anew.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import IO, Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.schema import datasets, uploads
from backbone.catalog.states import UploadState
from backbone.errors import NotFound, Rejected
from backbone.files.port import FileStore
from backbone.lifecycle.backup_manifest import (
    FILES,
    FORMAT,
    KEPT,
    NEWEST,
    TABLES,
    FileCopy,
    Manifest,
    TableCopy,
    manifest_key,
    read_manifest,
    write_manifest,
)
from backbone.postgres.engine import postgres_errors
from backbone.postgres.raw import raw_in_transaction

_ROW_TABLES: Final = "SELECT 'rows_' || id FROM row_tables WHERE to_regclass('rows_' || id) IS NOT NULL ORDER BY id"
_COLUMNS: Final = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
ATTEMPTS: Final = 3
BLOCK_BYTES: Final = 1024 * 1024
FILELESS: Final[tuple[UploadState, ...]] = ("RECEIVING", "UNCHANGED")


async def back_up(engine: AsyncEngine, files: FileStore, target: FileStore) -> Manifest:
    """Raises `Rejected` where the catalog speaks of a file that is not there or is another one, `Unavailable`."""
    before = await _before(target)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _back_up(engine, files, target, before)
        except NotFound as error:
            if attempt == ATTEMPTS:
                raise Rejected(
                    "file-missing", f"The backup is not whole: {error.detail} `rowmill verify` says what else is missing."
                ) from None
    raise AssertionError("the last attempt returns or raises")


async def _before(target: FileStore) -> Mapping[str, FileCopy]:
    """By key, what the newest backup there has, and what of it is still there."""
    try:
        content = b"".join([block async for block in target.stream(NEWEST)])
    except NotFound:
        return {}
    there = {key async for key in target.keys(FILES)}
    return {copy.key: copy for copy in read_manifest(content).files if FILES + copy.key in there}


async def _back_up(engine: AsyncEngine, files: FileStore, target: FileStore, before: Mapping[str, FileCopy]) -> Manifest:
    made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    held = {key async for key in target.keys(TABLES)}
    async with postgres_errors(), engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        raw = await raw_in_transaction(connection)
        schema = str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one())
        names = (
            await connection.execute(select(datasets.c.name).where(datasets.c.removed_at.is_(None)).order_by(datasets.c.name))
        ).scalars()
        row_tables = (await connection.execute(text(_ROW_TABLES))).scalars().all()
        tables = [await _copy_table(raw, name, target, held) for name in (*KEPT, *row_tables)]
        needed = (await connection.execute(_files_needed())).all()
        dataset_names = tuple(names)
    copies = [await _copy_file(row, files, target, before) for row in needed]
    manifest = Manifest(
        format=FORMAT,
        rowmill=version("rowmill"),
        schema=schema,
        made_at=made_at,
        datasets=dataset_names,
        tables=tuple(tables),
        files=tuple(copies),
    )
    for key in (manifest_key(made_at), NEWEST):  # at last: a backup without it is none
        await target.put(key, _once(write_manifest(manifest)))
    return manifest


def _files_needed() -> Any:
    """Key and, of originals, the checksum that is known."""
    has_file = (uploads.c.sha256.is_not(None), uploads.c.file_removed_at.is_(None), uploads.c.state.not_in(FILELESS))
    original = select(uploads.c.file_key.label("key"), uploads.c.sha256).where(*has_file)
    copy = select(uploads.c.reading_key.label("key"), text("NULL")).where(*has_file, uploads.c.reading_key.is_not(None))
    return original.union_all(copy).order_by("key")


async def _copy_table(raw: Any, name: str, target: FileStore, held: set[str]) -> TableCopy:
    """By way of a file of this machine, for its checksum is its name."""
    columns: Sequence[str] = [record[0] for record in await raw.fetch(_COLUMNS, name)]
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as spool:

        async def keep(block: bytes) -> None:
            digest.update(block)
            await asyncio.to_thread(spool.write, block)

        await raw.copy_from_table(name, columns=columns, output=keep, format="binary")
        copy = TableCopy(name=name, columns=tuple(columns), bytes=spool.tell(), sha256=digest.hexdigest())
        if copy.key not in held:
            spool.seek(0)
            await target.put(copy.key, _blocks(spool))
    return copy


async def _copy_file(row: Row[Any], files: FileStore, target: FileStore, before: Mapping[str, FileCopy]) -> FileCopy:
    known = before.get(row.key)
    if known is not None and row.sha256 in (None, known.sha256):
        return known
    digest = hashlib.sha256()
    length = await target.put(FILES + row.key, _digested(files.stream(row.key), digest))
    if row.sha256 not in (None, digest.hexdigest()):
        raise Rejected(
            "file-damaged", f"The stored file {row.key} is not the one that was received. `rowmill verify --deep` tells which rows differ."
        )
    return FileCopy(key=row.key, bytes=length, sha256=digest.hexdigest())


async def _digested(blocks: AsyncIterator[bytes], digest: Any) -> AsyncIterator[bytes]:
    async for block in blocks:
        digest.update(block)
        yield block


async def _blocks(spool: IO[bytes]) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(spool.read, BLOCK_BYTES):
        yield block


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
