"""An upload while its file comes in: begun as RECEIVING, then queued as PENDING with all that was seen of the file, or refused as FAILED."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.chunks import plan_chunks
from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.findings import by_stage, keep_findings
from backbone.catalog.receiving import beat
from backbone.catalog.same_file import same_upload
from backbone.catalog.stored_files import file_key
from backbone.catalog.uploads import create_upload, shown_row, step
from backbone.catalog.usage import KeyLimits, check_usage
from backbone.findings import Finding
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Chunk, Column, Dialect, Mode
from backbone.postgres.named_update import NOW
from backbone.rows.store import RowStore


class NewUpload(Struct, frozen=True, kw_only=True):
    """What the sender says, before a byte of the file is seen."""

    id: str
    dataset: str
    file_name: str
    mode: Mode
    hold: bool
    options: dict[str, Any]  # all of them, as JSON


class ReceivedFile(Struct, frozen=True, kw_only=True):
    """What is known of a file once it is stored and scanned."""

    reading_key: str | None  # of the copy that is parsed; None: the original
    size_bytes: int
    sha256: str
    dialect: Dialect
    columns: tuple[Column, ...]
    key: Sequence[str]
    profile: Any  # as JSON
    findings: tuple[Finding, ...]
    records: int
    chunks: Sequence[Chunk]


async def begin_upload(connection: AsyncConnection, new: NewUpload, limits: KeyLimits) -> None:
    """Raises `Busy`."""
    await check_usage(connection, limits, new.dataset, hold=new.hold)
    values = {"dataset": new.dataset, "file_name": new.file_name, "mode": new.mode, "hold": new.hold, "options": new.options}
    await create_upload(connection, {"id": new.id, "file_key": file_key(new.id), **values})
    await note(connection, "upload.begun", dataset=new.dataset, object=new.id, file_name=new.file_name, mode=new.mode, hold=new.hold)


async def enqueue_upload(connection: AsyncConnection, rows: RowStore, new: NewUpload, file: ReceivedFile) -> RowMapping:
    """Its place in the dataset's queue, its chunks, and, when it is its turn, the events that start the work. Answers the upload's row.
    Raises `Conflict` when somebody has ended it meanwhile."""
    dataset_id = await ensure_dataset(connection, new.dataset)
    await step(
        connection,
        new.id,
        "PENDING",
        origin="RECEIVING",
        dataset_id=dataset_id,
        key=file.key,
        reading_key=file.reading_key,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        same_as=await same_upload(connection, dataset_id, file.sha256, new.mode, new.options),
        dialect=msgspec.to_builtins(file.dialect),
        columns=msgspec.to_builtins(file.columns),
        profile=file.profile,
        findings=by_stage("scan", file.findings),
        records=file.records,
        chunks_total=len(file.chunks),
        received_at=NOW,
    )
    await plan_chunks(connection, new.id, file.chunks)
    await start_next(connection, rows, dataset_id)
    return await shown_row(connection, new.id)


async def refuse_upload(
    connection: AsyncConnection, upload_id: str, error: UploadError, size_bytes: int, findings: Sequence[Finding] = ()
) -> bool:
    """Ends it as FAILED while it is RECEIVING. False when it is not: it stays what it has become."""
    if not await beat(connection, upload_id, size_bytes):
        return False
    if findings:
        await keep_findings(connection, upload_id, "scan", findings)
    return await end_upload(connection, upload_id, "FAILED", error)
