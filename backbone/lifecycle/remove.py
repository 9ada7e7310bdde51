"""Uploads and datasets that go: asked for in one transaction, carried out afterwards by whoever handles the event."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note, note_upload
from backbone.catalog.datasets import dataset_row, lock_dataset
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets, uploads
from backbone.catalog.states import FINAL
from backbone.catalog.uploads import UploadRecord, read_upload
from backbone.errors import Conflict
from backbone.eventlog import events
from backbone.lifecycle.end_upload import UploadError, end_upload, is_unclean
from backbone.lifecycle.removal_plan import plan_removal
from backbone.lifecycle.upload_queue import start_next
from backbone.rows.store import RowStore


async def ask_removal(connection: AsyncConnection, rows: RowStore, upload: UploadRecord) -> None:
    """Of a COMPLETE upload. It is carried out when what is under way has ended, before what waits. Raises `Conflict`."""
    assert upload.dataset_id is not None
    dataset = await lock_dataset(connection, upload.dataset_id)
    assert dataset is not None
    await plan_removal(connection, upload, dataset["version"])  # raises what stands in the way
    wanted = (uploads.c.id == upload.id, uploads.c.state == "COMPLETE", uploads.c.removing_at.is_(None))
    await connection.execute(update(uploads).where(*wanted).values(removing_at=func.clock_timestamp(), error=None))
    await note_upload(connection, "upload.removed", upload.id, version=upload.version)
    await start_next(connection, rows, upload.dataset_id)


async def give_up_removal(connection: AsyncConnection, rows: RowStore, upload_id: str, error: UploadError) -> None:
    """The dataset stays as it is, and the upload says why: whoever asked was answered that it would go."""
    upload = await read_upload(connection, upload_id)
    failure = UploadError(type=error.type, detail=f"It could not be taken out of the dataset, which is as it was. {error.detail}")
    values = {"removing_at": None, "error": msgspec.to_builtins(failure)}
    await connection.execute(update(uploads).where(uploads.c.id == upload_id, uploads.c.state == "COMPLETE").values(**values))
    if upload.dataset_id is not None:
        await start_next(connection, rows, upload.dataset_id)


async def forget_upload(connection: AsyncConnection, upload: UploadRecord) -> None:
    """Removes the record of an upload that has ended without rows, with its chunks and rejects. Raises `Conflict`."""
    ended = uploads.c.state.in_(sorted(FINAL - {"COMPLETE"})) & (uploads.c.version.is_(None) | uploads.c.cleaned_at.is_not(None))
    await note_upload(connection, "upload.removed", upload.id)
    gone = await connection.execute(delete(uploads).where(uploads.c.id == upload.id, ended))
    if not gone.rowcount:
        why = "is still being cleaned up" if upload.state in FINAL else f"is {upload.state}: cancel or discard it first"
        raise Conflict("wrong-state", f"Upload {upload.id} {why}. Try again then.", state=upload.state)


async def remove_dataset(connection: AsyncConnection, name: str) -> None:
    """For its readers at once: it has no name any more. Raises `NotFound`."""
    dataset = await lock_dataset(connection, (await dataset_row(connection, name))["id"], with_name=True)
    if dataset is None or dataset["removed_at"] is not None:  # somebody was faster by a moment
        return
    nameless = {"name": f"~{dataset['id']}", "removed_name": dataset["name"], "removed_at": func.now()}  # no dataset can be called so
    await connection.execute(update(datasets).where(datasets.c.id == dataset["id"]).values(**nameless))
    query = select(uploads.c.id).where(uploads.c.dataset_id == dataset["id"], uploads.c.state.in_(("PENDING", "PROCESSING", "HELD")))
    for upload_id in (await connection.execute(query)).scalars().all():
        await end_upload(connection, upload_id, "CANCELLED")
    await note(connection, "dataset.removed", dataset=dataset["name"])
    await emit(connection, new_event(events.DATASET_REMOVED, str(dataset["id"]), dataset_id=dataset["id"]))


async def is_removed(connection: AsyncConnection, dataset_id: int) -> bool:
    """Vanished for its readers, and still in the catalog."""
    removed = select(datasets.c.id).where(datasets.c.id == dataset_id, datasets.c.removed_at.is_not(None))
    return (await connection.execute(removed)).first() is not None


async def unclean_uploads(connection: AsyncConnection, dataset_id: int) -> Sequence[str]:
    """Ids of the uploads for which documents may still be written."""
    query = select(uploads.c.id).where(uploads.c.dataset_id == dataset_id, is_unclean())
    return (await connection.execute(query)).scalars().all()


async def forget_dataset(connection: AsyncConnection, dataset_id: int) -> None:
    """Its last lines in the catalog: tables, files and documents must have gone before, for the catalog says which there are."""
    await connection.execute(delete(uploads).where(uploads.c.dataset_id == dataset_id))
    await connection.execute(delete(datasets).where(datasets.c.id == dataset_id))
