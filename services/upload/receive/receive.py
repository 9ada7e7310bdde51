"""Receives one file: streams it into the store and scans it in the same pass, then writes the upload, its chunks and the events
that start the work in one transaction.

File before row: an orphan object is harmless, a row without its object is not. Nothing is held in memory but a block or two.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy import func, update

from backbone.catalog.chunks import plan_chunks
from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.findings import by_stage, keep_findings
from backbone.catalog.idempotency import find_answer, keep_answer, take_key
from backbone.catalog.same_file import same_upload
from backbone.catalog.schema import uploads
from backbone.catalog.uploads import create_upload, step, upload_row
from backbone.columns.key import find_key
from backbone.errors import Rejected, TooLarge, Unavailable
from backbone.findings import Stopped
from backbone.http.in_flight import SHUTTING_DOWN
from backbone.lifecycle.end_upload import UploadError, end_upload
from backbone.lifecycle.upload_queue import start_next
from backbone.postgres.engine import transaction
from backbone.runtime.blocks import blocks_of
from backbone.runtime.bounded_queue import put_unless_failed
from backbone.wiring import Backbone
from services.upload.api.responses import Upload, to_upload
from services.upload.options import UploadOptions
from services.upload.receive.heartbeat import Heartbeat
from services.upload.receive.scan_stream import ScanStream
from services.upload.scan.encoding import Judgement, OtherEncoding
from services.upload.scan.prose import mark_prose
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import Scan

log = structlog.get_logger()

BLOCK_BYTES: Final = 1024 * 1024
BLOCKS_AHEAD_MAX: Final = 2  # of the scan, in the store's hands already


class Receiving:
    """One file on its way through: what was seen of it so far."""

    def __init__(self, upload_id: str, backbone: Backbone, options: UploadOptions, heartbeat: Heartbeat) -> None:
        settings = backbone.settings
        self.heartbeat = heartbeat
        self.upload_id = upload_id
        self.backbone = backbone
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self._scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        self._encoding = options.encoding or None
        self._errors = options.encoding_errors
        self.reading = self._read_as(ReadingCopy(encoding=self._encoding, errors=self._errors, unpacked_bytes_max=settings.file_bytes_max))
        self._not_utf8: OtherEncoding | None = None
        self._is_stopped = False

    def _read_as(self, copy: ReadingCopy) -> ScanStream:
        return ScanStream(self.backbone.files, reading_key(self.upload_id), self._scan_options, copy)

    async def run(self, body: AsyncIterator[bytes]) -> Scan:
        """Stores and scans: while the store takes a block, the blocks before it are scanned in a thread and the next ones come in."""
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=BLOCKS_AHEAD_MAX)
        scanning = asyncio.create_task(self._scan(waiting))
        try:
            await self.backbone.files.put(file_key(self.upload_id), self._handed_over(body, waiting, scanning))
            scan = await asyncio.shield(scanning)  # a client that hangs up now must not cancel it: its thread would go on
        finally:  # however it ended: no thread works on behind the back of whoever cleans up
            if not scanning.done():
                await self._stop(waiting, scanning)
        if scan is None:
            assert self._not_utf8 is not None
            return await self._read_again(self._not_utf8.judged)
        return scan

    async def _handed_over(
        self, body: AsyncIterator[bytes], waiting: "asyncio.Queue[bytes | None]", scanning: "asyncio.Task[Scan | None]"
    ) -> AsyncIterator[bytes]:
        async for block in blocks_of(body, BLOCK_BYTES):
            self.size_bytes += len(block)
            self._check_size()
            self.heartbeat.size_bytes = self.size_bytes
            self.heartbeat.check()
            await put_unless_failed(block, waiting, scanning)
            yield block
        await put_unless_failed(None, waiting, scanning)

    async def _scan(self, waiting: "asyncio.Queue[bytes | None]") -> Scan | None:
        """None: the file is not UTF-8, and is to be read again."""
        while (block := await waiting.get()) is not None:
            await self._see(block)
        if self._not_utf8 is not None or self._is_stopped:
            return None
        try:
            return await self.reading.finish()
        except OtherEncoding as error:
            self._not_utf8 = error
            return None

    async def _stop(self, waiting: "asyncio.Queue[bytes | None]", scanning: "asyncio.Task[Scan | None]") -> None:
        self._is_stopped = True
        while not waiting.empty():
            waiting.get_nowait()
        waiting.put_nowait(None)
        await asyncio.gather(scanning, return_exceptions=True)

    async def _see(self, block: bytes) -> None:
        """A file that stops being UTF-8 half-way is stored to its end all the same, and then read again as what it probably is."""
        hashing = asyncio.create_task(asyncio.to_thread(self.sha256.update, block))
        try:
            if self._not_utf8 is None:
                await self.reading.take(block)
        except OtherEncoding as error:
            self._not_utf8 = error
        finally:
            await hashing

    async def _read_again(self, judged: Judgement) -> Scan:
        """What was judged by the bytes around a place may be wrong for the whole; the second time all of them have been seen."""
        try:
            return await self._read_stored(judged, is_final=self._encoding is not None)
        except OtherEncoding as error:
            return await self._read_stored(error.judged, is_final=True)

    async def _read_stored(self, judged: Judgement, *, is_final: bool) -> Scan:
        await self.reading.abandon()
        if self._encoding is not None:  # what is stated stays: the bytes that do not fit are marked
            judged = Judgement(encoding=self._encoding, is_damaged=True)
        limit = self.backbone.settings.file_bytes_max
        self.reading = self._read_as(ReadingCopy(judged=judged, errors=self._errors, is_final=is_final, unpacked_bytes_max=limit))
        async for block in blocks_of(self.backbone.files.stream(file_key(self.upload_id)), BLOCK_BYTES):
            self.heartbeat.check()
            await self.reading.take(block)
        return await self.reading.finish()

    async def remove(self) -> None:
        """Nothing half done is left behind."""
        await self.reading.abandon()
        await self.backbone.files.delete(file_key(self.upload_id))

    def _check_size(self) -> None:
        if self.size_bytes > (limit := self.backbone.settings.file_bytes_max):
            raise TooLarge("file-too-large", f"The file is larger than {limit} bytes. ROWMILL_FILE_BYTES_MAX raises the limit.")


async def receive(backbone: Backbone, upload_id: str, options: UploadOptions, body: AsyncIterator[bytes], key: str | None = None) -> Upload:
    """The upload as it is answered: PENDING, PROCESSING already, or at an end already; under an idempotency `key` that was answered
    before, the first one's. Or leaves it FAILED, and raises what it failed of."""
    answered = await _begin(backbone, upload_id, options, key)
    if answered is not None:
        return answered
    settings = backbone.settings
    async with Heartbeat(backbone.engine, upload_id, settings.receiving_lost_s) as heartbeat:
        receiving = Receiving(upload_id, backbone, options, heartbeat)
        try:
            scan = await receiving.run(body)
            upload = await _enqueue(backbone, receiving, options, scan)
        except BaseException as error:
            # Shielded: a client that hangs up cancels this very task, and the upload would stay RECEIVING until it is found lost.
            await asyncio.shield(_fail(receiving, error))
            raise
    backbone.relay.wake()
    return upload


async def _begin(backbone: Backbone, upload_id: str, options: UploadOptions, key: str | None) -> Upload | None:
    """Writes the upload down as RECEIVING; None, or the answer that the first upload under this key got."""
    asked = {**msgspec.to_builtins(options), "dataset": options.dataset_name}
    async with transaction(backbone.engine) as connection:
        if key is not None:
            answer = await find_answer(connection, key, asked, backbone.settings.idempotency_kept_s)
            if answer is not None:
                return msgspec.convert(answer, Upload)
        await create_upload(
            connection,
            {
                "id": upload_id,
                "dataset": options.dataset_name,
                "file_name": options.file_name,
                "file_key": file_key(upload_id),
                "mode": options.mode,
                "hold": options.hold,
                "options": msgspec.to_builtins(options),
            },
        )
        if key is not None:
            await take_key(connection, key, upload_id, asked)
    return None


async def _enqueue(backbone: Backbone, receiving: Receiving, options: UploadOptions, scan: Scan) -> Upload:
    sha256 = receiving.sha256.hexdigest()
    async with transaction(backbone.engine) as connection:
        dataset_id = await ensure_dataset(connection, options.dataset_name)
        await plan_chunks(connection, receiving.upload_id, scan.chunks)
        await step(
            connection,
            receiving.upload_id,
            "PENDING",
            origin="RECEIVING",
            dataset_id=dataset_id,
            key=find_key(options.key_names, scan.columns),
            reading_key=receiving.reading.reading_key,
            size_bytes=receiving.size_bytes,
            sha256=sha256,
            same_as=await same_upload(connection, dataset_id, sha256, options.mode, msgspec.to_builtins(options)),
            dialect=msgspec.to_builtins(scan.dialect),
            columns=msgspec.to_builtins(mark_prose(scan.columns, scan.profile, scan.records)),
            profile=msgspec.to_builtins(scan.profile),
            findings=by_stage("scan", scan.findings),
            records=scan.records,
            chunks_total=len(scan.chunks),
            received_at=func.now(),
        )
        await start_next(connection, backbone.rows, dataset_id)
        upload = to_upload(await upload_row(connection, receiving.upload_id), datetime.now(UTC))
        await keep_answer(connection, receiving.upload_id, msgspec.to_builtins(upload))
    return upload


async def _fail(receiving: Receiving, error: BaseException) -> None:
    """Without PostgreSQL the upload stays RECEIVING, and is found lost once it is back."""
    try:
        async with transaction(receiving.backbone.engine) as connection:
            await connection.execute(update(uploads).where(uploads.c.id == receiving.upload_id).values(size_bytes=receiving.size_bytes))
            if isinstance(error, Stopped):
                await keep_findings(connection, receiving.upload_id, "scan", [error.finding])
            await end_upload(connection, receiving.upload_id, "FAILED", as_upload_error(error, receiving.size_bytes))
    finally:
        await receiving.remove()


def as_upload_error(error: BaseException, size_bytes: int) -> UploadError:
    if isinstance(error, Rejected):
        return UploadError(type=error.code, detail=error.detail)
    if isinstance(error, Unavailable):
        return UploadError(type=error.code, detail=f"While the file came in: {error.advice} Nothing was kept of it: send it again then.")
    if isinstance(error, asyncio.CancelledError) and SHUTTING_DOWN in error.args:
        return UploadError(
            type="shutting-down",
            detail=f"The process that received the file was shut down after {size_bytes} bytes. Nothing was kept: send the file again.",
        )
    if isinstance(error, asyncio.CancelledError):
        return UploadError(
            type="body-cut-off", detail=f"The client went away after {size_bytes} bytes. Nothing was kept: send the file again."
        )
    log.error("receive failed", exc_info=error)
    return UploadError(
        type="internal-error", detail=f"Rowmill itself failed while it took the file in ({type(error).__name__}). It was logged."
    )


def file_key(upload_id: str) -> str:
    return f"uploads/{upload_id}/original"


def reading_key(upload_id: str) -> str:
    return f"uploads/{upload_id}/reading-copy"
