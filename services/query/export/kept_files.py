"""Parquet and Arrow exports as files for as long as they are read in parts: their readers begin with the end, where the places of the columns
stand, and ask for some of them. What has no room here is streamed, and has no parts.
"""

import asyncio
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import structlog
from cachetools import LRUCache
from msgspec import Struct

from services.query.export.byte_ranges import ByteRange

log = structlog.get_logger()
KEPT_S: Final = 600.0  # since the last part
BLOCK_BYTES: Final = 256 * 1024
TOO_LARGE_KEPT_MAX: Final = 1_000


class _Kept(Struct):
    path: Path
    size: int
    read_at: float


class KeptFiles:
    """Of one process. `bytes_max`: of all of them; 0: none is kept."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # by ETag, those read last at the end
        self._making: dict[str, asyncio.Task[None]] = {}
        self._too_large: LRUCache[str, bool] = LRUCache(TOO_LARGE_KEPT_MAX)

    async def open(self, tag: str, blocks: Callable[[], AsyncIterator[bytes]]) -> IO[bytes] | None:
        """The file of this ETag, made of `blocks()` where it is not there; None: it has no room. Raises what making it raises."""
        self._forget_unread()
        if tag not in self._kept and tag not in self._too_large and self._bytes_max:
            # Made once for all who ask at once, and to its end though the one that came first should leave.
            making = self._making.get(tag)
            if making is None:
                making = self._making[tag] = asyncio.create_task(self._make(tag, blocks()))
                making.add_done_callback(lambda made: self._made(tag, made))
            await asyncio.shield(making)
        kept = self._kept.get(tag)
        if kept is None:
            return None
        kept.read_at = time.monotonic()
        self._kept.move_to_end(tag)
        return kept.path.open("rb")  # whoever reads it goes on when it is forgotten

    def _made(self, tag: str, made: asyncio.Task[None]) -> None:
        del self._making[tag]
        if not made.cancelled():
            made.exception()  # is told to those who wait for it; there may be nobody any more

    async def _make(self, tag: str, blocks: AsyncIterator[bytes]) -> None:
        try:
            await self._write(tag, blocks)
        except OSError as error:  # a full disk: it is streamed, which needs none
            log.warning("an export could not be kept as a file", reason=str(error))

    async def _write(self, tag: str, blocks: AsyncIterator[bytes]) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._own_folder())
        path, size = Path(name), 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for block in blocks:
                    size += len(block)
                    if size > self._bytes_max:
                        self._too_large[tag] = True
                        break
                    await asyncio.to_thread(file.write, block)
            if size <= self._bytes_max:
                self._kept[tag] = _Kept(path, size, time.monotonic())
        finally:
            if isinstance(blocks, AsyncGenerator):
                await blocks.aclose()  # it may hold a place and a process
            if tag not in self._kept:
                os.unlink(path)  # noqa: PTH108 -- as quick as a lookup
        while sum(kept.size for kept in self._kept.values()) > self._bytes_max:
            self._forget(next(iter(self._kept)))

    def _own_folder(self) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="rowmill-exports-")
        return self._folder.name

    def _forget_unread(self) -> None:
        oldest = time.monotonic() - KEPT_S
        for tag in [tag for tag, kept in self._kept.items() if kept.read_at < oldest]:
            self._forget(tag)

    def _forget(self, tag: str) -> None:
        with suppress(FileNotFoundError):
            self._kept.pop(tag).path.unlink()


def size_of(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


async def read_part(file: IO[bytes], wanted: ByteRange) -> AsyncIterator[bytes]:
    """Closes it."""
    with file:
        position, left = wanted.first, wanted.length
        while left > 0:
            block = await asyncio.to_thread(os.pread, file.fileno(), min(left, BLOCK_BYTES), position)
            yield block
            position, left = position + len(block), left - len(block)
