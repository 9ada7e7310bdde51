"""Rows that were sent as such, added to a dataset, changed in it or deleted: an upload like any other, whose file holds those rows.

File before row: a file that no upload has is swept up.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import dataset_row
from backbone.catalog.row_targets import keep_targets
from backbone.catalog.stored_files import file_key
from backbone.catalog.usage import KeyLimits
from backbone.files.port import FileStore
from backbone.lifecycle.receive_upload import NewUpload, ReceivedFile, begin_upload, enqueue_upload
from backbone.lifecycle.upload_queue import check_version
from backbone.rows.store import RowStore


class RowEdit(Struct, frozen=True, kw_only=True):
    """`targets`: for an edit by row numbers, the place of each of its rows (chunk, position) and the row that it means. `version`: that
    the dataset must have; None: any."""

    new: NewUpload
    file: ReceivedFile
    targets: Sequence[tuple[tuple[int, int], int]] = ()
    version: int | None = None


def edit_options(version: int | None) -> dict[str, Any]:
    """What an upload of such rows says besides. Its columns are the dataset's in their order."""
    said = {} if version is None else {"version": version}
    return {"edit": True, "columns": "position", "missing": "keep", "max_rejects": "100%", **said}


def enrichment_options(name: str, on_warning: str) -> dict[str, Any]:
    """What an upload of an enrichment says besides."""
    return {"mode": "update", "edit": True, "enrichment": name, "missing": "keep", "max_rejects": "100%", "on_warning": on_warning}


async def store_rows(files: FileStore, upload_id: str, content: bytes) -> None:
    await files.put(file_key(upload_id), _blocks(content))


async def enqueue_rows(connection: AsyncConnection, rows: RowStore, edit: RowEdit, limits: KeyLimits) -> RowMapping:
    """The upload's row: PENDING, under way, or FAILED where it came too late for the version that it is for.

    Raises `NotFound`, `Outdated`, `Busy`."""
    check_version(edit.version, await dataset_row(connection, edit.new.dataset))
    await begin_upload(connection, edit.new, limits)
    await keep_targets(connection, edit.new.id, edit.targets)
    return await enqueue_upload(connection, rows, edit.new, edit.file)


async def _blocks(content: bytes) -> AsyncIterator[bytes]:
    yield content
