"""One pass over a file's bytes: unpacked and decoded as they come, scanned, and stored as a reading copy where the original cannot be
read as it is (`docs/decisions/0003`).

The work on a block is done in a thread; what comes out of it waits in a queue of a few pieces, so that a file which unpacks to two
hundred times its size is never in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

import msgspec

from backbone.files.port import FileStore
from backbone.findings import merge_findings
from backbone.runtime.bounded_queue import put_unless_failed
from backbone.runtime.threads import in_patient_thread
from services.upload.receive.unmarked import unmarked_refused
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import Scan, Scanner, ScanOptions

PIECES_WAITING_MAX: Final = 2


class ScanStream:
    """`key` is where a reading copy is stored, if one is needed."""

    def __init__(self, files: FileStore, key: str, options: ScanOptions, copy: ReadingCopy) -> None:
        self._files = files
        self._key = key
        self._options = options
        self._copy = copy
        self._scanner: Scanner | None = None
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=PIECES_WAITING_MAX)
        self._storing: asyncio.Task[int] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def reading_key(self) -> str | None:
        """Where the parsers read; None: the original."""
        return self._key if self._storing is not None else None

    async def take(self, block: bytes) -> None:
        """Raises `Rejected` (`OtherEncoding` among it), `Unavailable`."""
        with unmarked_refused():
            await in_patient_thread(self._see, self._copy.feed(block))

    async def finish(self) -> Scan:
        """Behind the last block. Raises `Rejected`, `Unavailable`."""
        with unmarked_refused():
            await in_patient_thread(self._see, self._copy.finish())
        scan = await in_patient_thread(self._begun().finish)
        if self._storing is not None:
            await put_unless_failed(None, self._pieces, self._storing)
            await self._storing
        return msgspec.structs.replace(scan, findings=merge_findings(self._copy.findings, scan.findings))

    async def stop(self) -> None:
        """Leaves no half copy behind. A whole one stays."""
        self._copy.close()
        if self._storing is not None:
            self._storing.cancel()
            await asyncio.wait([self._storing])

    async def abandon(self) -> None:
        """Leaves no copy behind, neither a whole nor a half one."""
        await self.stop()
        if self._storing is not None:
            await self._files.delete(self._key)

    def _see(self, pieces: Iterator[bytes]) -> None:
        """In a thread. A piece is scanned, then waits for its place in the store."""
        for piece in pieces:
            self._begun().feed(piece)
            if self._copy.is_needed:
                asyncio.run_coroutine_threadsafe(self._store(piece), self._loop).result()

    def _begun(self) -> Scanner:
        """Made with the first piece: only then is it known what the file was before it became UTF-8."""
        if self._scanner is None:
            self._scanner = Scanner(
                msgspec.structs.replace(
                    self._options,
                    encoding=self._copy.encoding or "utf-8",
                    compression=self._copy.compression or "",
                    marked=self._copy.is_marked,
                    table=self._copy.table,
                )
            )
        return self._scanner

    async def _store(self, piece: bytes) -> None:
        if self._storing is None:
            self._storing = asyncio.create_task(self._files.put(self._key, self._waiting()))
        await put_unless_failed(piece, self._pieces, self._storing)

    async def _waiting(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece
