"""Lets old versions go, and sweeps up what only they showed: rows, documents, whole tables, stored files.

Repeatable at any point: what is still there is found again the next time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from backbone.catalog.datasets import lock_dataset, tables_of
from backbone.catalog.stored_files import mark_file_removed, uploads_without_versions
from backbone.catalog.uploads import UploadRecord
from backbone.catalog.versions import is_followed
from backbone.eventlog.events import VERSION_PUBLISHED, VERSIONS_CHANGED, Event
from backbone.files.port import FileStore
from backbone.lifecycle import retention
from backbone.lifecycle.end_upload import row_range
from backbone.lifecycle.locks import lock_tables
from backbone.lifecycle.retention import Sweep, mark_swept, plan_sweeps
from backbone.model import Table
from backbone.postgres.engine import autocommit, transaction
from services.indexer.stores import Stores

LOOKED_AT_ONCE: Final = 10_000


async def expire_versions(event: Event, *, stores: Stores, files: FileStore, versions_kept: int) -> None:
    """Handles `version.published` and `versions.changed`."""
    dataset_id = int(event.data["dataset_id"])
    if event.type == VERSION_PUBLISHED and not await _may_expire(stores, dataset_id, str(event.data["upload_id"]), versions_kept):
        return
    async with transaction(stores.engine) as lock:
        await lock_tables(lock, dataset_id)
        async with transaction(stores.engine) as connection:
            dataset = await lock_dataset(connection, dataset_id)
            if dataset is None or dataset["removed_at"] is not None:
                return
            kept_max = max(1, dataset["versions_kept"] or versions_kept)
            await retention.expire_versions(connection, dataset, kept_max)
            sweeps = await plan_sweeps(connection, dataset, thorough=event.type == VERSIONS_CHANGED)
        rows_went = [await _carry_out(stores, sweep) for sweep in sweeps]
        if any(rows_went) or event.type == VERSIONS_CHANGED:
            await _remove_files(stores, files, dataset_id)


async def _may_expire(stores: Stores, dataset_id: int, upload_id: str, versions_kept: int) -> bool:
    """Asked before any lock is taken: for most publishes nothing is to be done."""
    async with autocommit(stores.engine) as connection:
        if await is_followed(connection, dataset_id, upload_id):
            return False
        return await retention.may_expire(connection, dataset_id, versions_kept)


async def _carry_out(stores: Stores, sweep: Sweep) -> bool:
    """Documents before rows: the rows say which documents there are. True when rows went."""
    if sweep.drop:
        await stores.index.drop(sweep.table)
        async with transaction(stores.engine) as connection:
            await stores.rows.drop_table(connection, sweep.table)
            await mark_swept(connection, sweep)
        return True
    if stores.keeps_documents(sweep.table):
        async for ids in stores.history.swept_ids(sweep.table, sweep.oldest, (sweep.newest, sweep.numbered)):
            await stores.index.delete(sweep.table, ids)
    async with transaction(stores.engine) as connection:
        rows = await stores.history.sweep(connection, sweep.table, sweep.oldest, (sweep.newest, sweep.numbered))
        await mark_swept(connection, sweep)
    return rows > 0


async def _remove_files(stores: Stores, files: FileStore, dataset_id: int) -> None:
    """The stored file goes with its last version: when no version that is kept has rows of it."""
    async with transaction(stores.engine) as connection:
        candidates = await uploads_without_versions(connection, dataset_id)
        tables = await tables_of(connection, dataset_id)
    for some in _some_at_a_time(candidates):
        needed = await _with_rows(stores, some, tables)
        for upload in some:
            if upload.id not in needed:
                await _remove_file(stores, files, upload)


def _some_at_a_time(uploads: Sequence[UploadRecord]) -> Iterator[Sequence[UploadRecord]]:
    return (uploads[start : start + LOOKED_AT_ONCE] for start in range(0, len(uploads), LOOKED_AT_ONCE))


async def _remove_file(stores: Stores, files: FileStore, upload: UploadRecord) -> None:
    for key in filter(None, (upload.file_key, upload.reading_key)):
        await files.delete(key)
    async with transaction(stores.engine) as connection:
        await mark_file_removed(connection, upload.id)


async def _with_rows(stores: Stores, uploads: Sequence[UploadRecord], tables: Sequence[Table]) -> set[str]:
    """Ids of those that have rows in whatever table: the one that an upload was loaded into may have gone, and its rows be in one with other
    types."""
    loaded = [upload for upload in uploads if upload.state == "COMPLETE" and upload.first_chunk is not None]
    ranges = [row_range(upload) for upload in loaded]
    found: set[str] = set()
    for table in tables:
        there = await stores.rows.have_rows(table, ranges)
        found |= {upload.id for upload, is_there in zip(loaded, there, strict=True) if is_there}
    return found
