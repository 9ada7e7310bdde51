"""An upload of fields for rows by their numbers: begun, its file written while it is made, queued as any other.

The file has the fields and, beside them, the number of the row that each record is for. File before row: an orphan object is harmless.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from backbone.catalog.row_targets import keep_targets
from backbone.catalog.stored_files import file_key, keys_in_use
from backbone.csvread.batch_file import BatchWriter
from backbone.errors import Unavailable
from backbone.findings import Finding
from backbone.lifecycle.receive_upload import NewUpload, ReceivedFile, begin_upload, enqueue_upload, refuse_upload
from backbone.model import Column
from backbone.postgres.engine import transaction
from services.upload.receive.admission import key_limits
from services.upload.receive.heartbeat import Heartbeat
from services.upload.receive.receive import Receiver
from services.upload.receive.refusal import as_upload_error

ROW: Final = "_row"
Rows = Sequence[tuple[int, Sequence[str | None]]]  # each the number of a row, and the texts of the columns


class RowsFile(Struct, frozen=True, kw_only=True):
    """`null`: a text that no value is. `findings`: asked for once all is written."""

    columns: tuple[Column, ...]
    null: str
    batches: AsyncIterator[Rows]
    findings: Callable[[], Sequence[Finding]]


async def upload_rows(receiver: Receiver, new: NewUpload, file: RowsFile) -> None:
    """Raises `Rejected`, `Unavailable`, and what the batches raise; then the upload is FAILED, unless it is queued all the same."""
    structlog.contextvars.bind_contextvars(upload_id=new.id)
    async with transaction(receiver.engine) as connection:
        await begin_upload(connection, new, key_limits(receiver.settings))
    async with Heartbeat(receiver.engine, new.id, receiver.settings.receiving_lost_s) as heartbeat:
        try:
            received = await _store(receiver, new.id, file, heartbeat)
            async with transaction(receiver.engine) as connection:
                await enqueue_upload(connection, receiver.rows, new, received)
        except BaseException as error:
            await asyncio.shield(_refuse(receiver, new.id, error, heartbeat.size_bytes))
            raise
    receiver.relay.wake()


async def _store(receiver: Receiver, upload_id: str, file: RowsFile, heartbeat: Heartbeat) -> ReceivedFile:
    writer = BatchWriter(file.columns, file.null, receiver.settings.chunk_bytes, beside=[ROW])
    sha256 = hashlib.sha256()

    async def blocks() -> AsyncIterator[bytes]:
        sha256.update(writer.header)
        heartbeat.size_bytes += len(writer.header)
        yield writer.header
        async for batch in file.batches:
            heartbeat.check()
            written = [writer.add(texts, [str(row)]) for row, texts in batch]
            async with transaction(receiver.engine) as connection:
                await keep_targets(connection, upload_id, [(where, row) for (_, where), (row, _) in zip(written, batch, strict=True)])
            block = b"".join(record for record, _ in written)
            sha256.update(block)
            heartbeat.size_bytes += len(block)
            yield block

    await receiver.files.put(file_key(upload_id), blocks())
    return ReceivedFile(
        reading_key=None,
        size_bytes=heartbeat.size_bytes,
        sha256=sha256.hexdigest(),
        dialect=writer.dialect,
        columns=file.columns,
        key=(),
        profile=writer.profile(),
        findings=tuple(file.findings()),
        records=writer.records,
        chunks=writer.chunks(),
    )


async def _refuse(receiver: Receiver, upload_id: str, error: BaseException, size_bytes: int) -> None:
    """Without PostgreSQL nobody knows what became of it: it is found lost later."""
    try:
        async with transaction(receiver.engine) as connection:
            await refuse_upload(connection, upload_id, as_upload_error(error, size_bytes), size_bytes)
            needed = await keys_in_use(connection, [upload_id])
    except Unavailable:
        return
    if file_key(upload_id) not in needed:
        await receiver.files.delete(file_key(upload_id))
