"""Receives one file: streams it into the store and scans it in the same pass, then writes the upload, its chunks and the events
that start the work in one transaction.

File before row: an orphan object is harmless, a row without its object is not. Nothing is held in memory but a block or two.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog
from sqlalchemy import func, update

from backbone.adapters.database import transaction
from backbone.books.chunks import plan_chunks
from backbone.books.datasets import ensure_dataset
from backbone.books.ending import UploadError, end_upload
from backbone.books.queue import start_next
from backbone.books.tables import uploads
from backbone.books.uploads import create_upload, step
from backbone.errors import Rejected, TooLarge, Unavailable
from backbone.wiring import Backbone
from services.upload.key import find_key
from services.upload.options import UploadOptions
from services.upload.reading import Reading
from services.upload.scan.prose import mark_prose
from services.upload.scan.scanner import NotUtf8, Scan

log = structlog.get_logger()

BLOCK_BYTES: Final = 1024 * 1024
PROGRESS_EVERY_BYTES: Final = 32 * 1024 * 1024


class Receiving:
    """One file on its way through: what was seen of it so far."""

    def __init__(self, upload_id: str, backbone: Backbone, options: UploadOptions) -> None:
        settings = backbone.settings
        self.upload_id = upload_id
        self.backbone = backbone
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self._scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        self._encoding = options.encoding or None
        self.reading = self._read_as(self._encoding)
        self._not_utf8: NotUtf8 | None = None

    def _read_as(self, encoding: str | None) -> Reading:
        return Reading(self.backbone.files, reading_key(self.upload_id), self._scan_options, encoding)

    async def run(self, body: AsyncIterator[bytes]) -> Scan:
        """Stores and scans."""
        await self.backbone.files.put(file_key(self.upload_id), self._scanned(body))
        if self._not_utf8 is None:
            try:
                return await self.reading.finish()
            except NotUtf8 as error:
                if self._encoding is not None:
                    raise
                self._not_utf8 = error
        return await self._read_again(self._not_utf8.guess)

    async def _scanned(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The blocks, each scanned in a thread while the store takes it: the two share the time, not add it up."""
        async for block in blocks_of(body, BLOCK_BYTES):
            self.size_bytes += len(block)
            self._check_size()
            seeing = asyncio.create_task(self._see(block))
            try:
                yield block
            finally:
                await seeing
            if self.size_bytes % PROGRESS_EVERY_BYTES < len(block):
                await self._tell_progress()

    async def _see(self, block: bytes) -> None:
        """A file that stops being UTF-8 half-way is stored to its end all the same, and then read again as what it probably is."""
        hashing = asyncio.create_task(asyncio.to_thread(self.sha256.update, block))
        try:
            if self._not_utf8 is None:
                await self.reading.take(block)
        except NotUtf8 as error:
            if self._encoding is not None:
                raise
            self._not_utf8 = error
        finally:
            await hashing

    async def _read_again(self, encoding: str) -> Scan:
        await self.reading.abandon()
        self.reading = self._read_as(encoding)
        async for block in blocks_of(self.backbone.files.stream(file_key(self.upload_id)), BLOCK_BYTES):
            await self.reading.take(block)
        return await self.reading.finish()

    async def remove(self) -> None:
        """Nothing half done is left behind."""
        await self.reading.abandon()
        await self.backbone.files.delete(file_key(self.upload_id))

    def _check_size(self) -> None:
        if self.size_bytes > (limit := self.backbone.settings.file_bytes_max):
            raise TooLarge("file-too-large", f"The file is larger than {limit} bytes. ROWMILL_FILE_BYTES_MAX raises the limit.")

    async def _tell_progress(self) -> None:
        async with transaction(self.backbone.engine) as connection:
            await connection.execute(update(uploads).where(uploads.c.id == self.upload_id).values(size_bytes=self.size_bytes))


async def receive(backbone: Backbone, upload_id: str, options: UploadOptions, body: AsyncIterator[bytes]) -> None:
    """Leaves the upload PENDING or already PROCESSING; or FAILED, and raises what it failed of."""
    async with transaction(backbone.engine) as connection:
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
    receiving = Receiving(upload_id, backbone, options)
    try:
        scan = await receiving.run(body)
        await _enqueue(backbone, receiving, options, scan)
    except BaseException as error:
        # Shielded: a client that hangs up cancels this very task, and the upload would stay RECEIVING for ever.
        await asyncio.shield(_fail(receiving, error))
        raise
    backbone.relay.wake()


async def _enqueue(backbone: Backbone, receiving: Receiving, options: UploadOptions, scan: Scan) -> None:
    async with transaction(backbone.engine) as connection:
        dataset_id = await ensure_dataset(connection, options.dataset_name)
        await plan_chunks(connection, receiving.upload_id, scan.chunks)
        await step(
            connection,
            receiving.upload_id,
            "PENDING",
            dataset_id=dataset_id,
            key=find_key(options.key_names, scan.columns),
            reading_key=receiving.reading.reading_key,
            size_bytes=receiving.size_bytes,
            sha256=receiving.sha256.hexdigest(),
            dialect=msgspec.to_builtins(scan.dialect),
            columns=msgspec.to_builtins(mark_prose(scan.columns, scan.profile, scan.records)),
            profile=msgspec.to_builtins(scan.profile),
            records=scan.records,
            chunks_total=len(scan.chunks),
            received_at=func.now(),
        )
        await start_next(connection, backbone.rows, dataset_id)


async def _fail(receiving: Receiving, error: BaseException) -> None:
    async with transaction(receiving.backbone.engine) as connection:
        await connection.execute(update(uploads).where(uploads.c.id == receiving.upload_id).values(size_bytes=receiving.size_bytes))
        await end_upload(connection, receiving.upload_id, "FAILED", as_upload_error(error, receiving.size_bytes))
    await receiving.remove()


def as_upload_error(error: BaseException, size_bytes: int) -> UploadError:
    if isinstance(error, Rejected):
        return UploadError(type=error.code, detail=error.detail)
    if isinstance(error, Unavailable):
        return UploadError(
            type="server-away", detail=f"A server was away while the file came in ({error}). Nothing was kept: send it again."
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


async def blocks_of(body: AsyncIterator[bytes], block_bytes: int) -> AsyncIterator[bytes]:
    """The same bytes in blocks of at least `block_bytes` (but the last): HTTP brings a few KiB at a time, too little for numpy."""
    pieces: list[bytes] = []
    size = 0
    async for piece in body:
        pieces.append(piece)
        size += len(piece)
        if size >= block_bytes:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)
