"""Stores one file and scans it in the same pass. Nothing of it is held in memory but a block or two."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final

from backbone.catalog.stored_files import file_key, reading_key
from backbone.errors import TooLarge
from backbone.files.port import FileStore
from backbone.metrics import RECEIVED_BYTES
from backbone.runtime.blocks import blocks_of
from backbone.runtime.bounded_queue import put_unless_failed
from backbone.settings import Settings
from services.upload.options import UploadOptions
from services.upload.receive.heartbeat import Heartbeat
from services.upload.receive.scan_stream import ScanStream
from services.upload.scan.encoding import Judgement, OtherEncoding
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import Scan
from services.upload.tables.gather import TableReaders

BLOCK_BYTES: Final = 1024 * 1024
BLOCKS_AHEAD_MAX: Final = 2  # of the scan, in the store's hands already


class StoreAndScan:
    """One file on its way through: what was seen of it so far."""

    def __init__(
        self, upload_id: str, files: FileStore, options: UploadOptions, settings: Settings, heartbeat: Heartbeat, tables: TableReaders
    ) -> None:
        self.upload_id = upload_id
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self._heartbeat = heartbeat
        self._files = files
        self._size_bytes_max = settings.file_bytes_max
        self._scan_options = options.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
        self._encoding = options.encoding or None
        self._errors = options.encoding_errors
        copy = ReadingCopy(
            encoding=self._encoding,
            errors=self._errors,
            unpacked_bytes_max=self._size_bytes_max,
            format=options.format,
            open_table=tables.opener(options),
        )
        self._reading = self._read_as(copy)
        self._not_utf8: OtherEncoding | None = None
        self._is_stopped = False

    @property
    def reading_key(self) -> str | None:
        """Of the copy that is to be parsed; None: the original is."""
        return self._reading.reading_key

    def _read_as(self, copy: ReadingCopy) -> ScanStream:
        return ScanStream(self._files, reading_key(self.upload_id), self._scan_options, copy)

    async def run(self, body: AsyncIterator[bytes]) -> Scan:
        """Stores and scans: while the store takes a block, the blocks before it are scanned in a thread and the next ones come in."""
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=BLOCKS_AHEAD_MAX)
        scanning = asyncio.create_task(self._scan(waiting))
        try:
            await self._files.put(file_key(self.upload_id), self._handed_over(body, waiting, scanning))
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
            RECEIVED_BYTES.inc(len(block))
            self._check_size()
            self._heartbeat.size_bytes = self.size_bytes
            self._heartbeat.check()
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
            return await self._reading.finish()
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
                await self._reading.take(block)
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
        await self._reading.abandon()
        if self._encoding is not None:  # what is stated stays: the bytes that do not fit are marked
            judged = Judgement(encoding=self._encoding, is_damaged=True)
        copy = ReadingCopy(judged=judged, errors=self._errors, is_final=is_final, unpacked_bytes_max=self._size_bytes_max)
        self._reading = self._read_as(copy)
        async for block in blocks_of(self._files.stream(file_key(self.upload_id)), BLOCK_BYTES):
            self._heartbeat.check()
            await self._reading.take(block)
        return await self._reading.finish()

    async def stop(self) -> None:
        """Nothing is written any more. What is stored stays."""
        await self._reading.stop()

    def _check_size(self) -> None:
        if self.size_bytes > self._size_bytes_max:
            detail = f"The file is larger than {self._size_bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."
            raise TooLarge("file-too-large", detail)
