"""Lets old versions go, and sweeps up what only they showed: rows, documents, whole tables, stored files.

Repeatable at any point: what is still there is found again the next time.
"""

from backbone.catalog.datasets import lock_dataset, tables_of
from backbone.catalog.stored_files import mark_file_removed, uploads_without_versions
from backbone.catalog.uploads import UploadRecord
from backbone.eventlog.events import VERSIONS_CHANGED, Event
from backbone.files.port import FileStore
from backbone.lifecycle import retention
from backbone.lifecycle.end_upload import lock_tables, row_range
from backbone.lifecycle.retention import Sweep, mark_swept, plan_sweeps
from backbone.postgres.engine import transaction
from services.indexer.stores import Stores


async def expire_versions(event: Event, *, stores: Stores, files: FileStore, versions_kept: int) -> None:
    """Handles `version.published` and `versions.changed`."""
    dataset_id = int(event.data["dataset_id"])
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
    for upload in candidates:
        if await _has_rows(stores, upload):
            continue
        for key in filter(None, (upload.file_key, upload.reading_key)):
            await files.delete(key)
        async with transaction(stores.engine) as connection:
            await mark_file_removed(connection, upload.id)


async def _has_rows(stores: Stores, upload: UploadRecord) -> bool:
    """In whatever table: the one that it was loaded into may have gone, and its rows be in one with other types."""
    if upload.state != "COMPLETE" or upload.dataset_id is None or upload.first_chunk is None:
        return False
    async with transaction(stores.engine) as connection:
        tables = await tables_of(connection, upload.dataset_id)
    for table in tables:
        if await stores.rows.count_rows(table, *row_range(upload)):
            return True
    return False
