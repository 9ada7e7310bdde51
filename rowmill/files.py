"""Files on their way: read in blocks as they are sent, written as they arrive, and gone on with where a download broke off."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import anyio.to_thread

BLOCK_BYTES: Final = 1024 * 1024
PREVIEW_BYTES: Final = 64 * 1024 + 1  # the API looks at 64 KiB; one byte more tells it that there is more
BREAKS_MAX: Final = 5  # of one download, without a byte in between

Progress = Callable[[int, int | None], object]
"""Called with the bytes sent so far, and how many there are in all where that is known."""


class Outgoing:
    """A file to be sent, or its first `bytes_max` bytes: a path, or something open to read bytes from, which is left open."""

    def __init__(self, source: str | Path | BinaryIO, progress: Progress | None = None, *, bytes_max: int | None = None) -> None:
        self._progress = progress
        self._bytes_max = bytes_max
        self.path = Path(source) if isinstance(source, str | Path) else None
        self._file: BinaryIO = source if not isinstance(source, str | Path) else Path(source).open("rb")  # noqa: SIM115 -- closed by __exit__
        self.size = self._size()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.path is not None:
            self._file.close()

    def _size(self) -> int | None:
        """None where it is not known before all is read: a pipe has a path too."""
        if self.path is None or not self.path.is_file():
            return None
        size = self.path.stat().st_size
        return size if self._bytes_max is None else min(size, self._bytes_max)

    def named(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of the upload; a file's own name is told where no other is."""
        return {"file_name": self.path.name, **options} if self.path is not None else dict(options)

    @property
    def headers(self) -> dict[str, str]:
        kind = {"Content-Type": "application/octet-stream"}
        return kind if self.size is None else {**kind, "Content-Length": str(self.size)}

    def blocks(self) -> Iterator[bytes]:
        sent = 0
        while block := self._file.read(self._next_bytes(sent)):
            yield block
            sent += len(block)
            if self._progress is not None:
                self._progress(sent, self.size)

    def _next_bytes(self, sent: int) -> int:
        return BLOCK_BYTES if self._bytes_max is None else min(BLOCK_BYTES, self._bytes_max - sent)

    async def ablocks(self) -> AsyncIterator[bytes]:
        """A disk may be slow: the loop does not wait for it."""
        blocks = self.blocks()
        while block := await anyio.to_thread.run_sync(next, blocks, b""):
            yield block


class Incoming:
    """A download into `target`, which appears when all of it is there; until then its name ends in `.part`."""

    def __init__(self, target: str | Path) -> None:
        self._target = Path(target)
        self._path = self._target.with_name(self._target.name + ".part")
        self._tag: str | None = None
        self._received = 0
        self._breaks = 0
        self.is_whole = False

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        if self.is_whole:
            self._path.replace(self._target)
        else:
            self._path.unlink(missing_ok=True)

    @property
    def headers(self) -> dict[str, str]:
        """Of the next request: with nothing received, or nothing to go on with, all of it is asked for."""
        if not self._received or self._tag is None:
            return {}
        return {"Range": f"bytes={self._received}-", "If-Range": self._tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """With anything but a part, all of it comes from its beginning."""
        if status != 206:
            self._file.seek(0)
            self._file.truncate()
            self._received = 0
        tag = headers.get("etag", "")
        self._tag = tag if headers.get("accept-ranges") == "bytes" and tag.startswith('"') else None

    def write(self, block: bytes) -> None:
        self._file.write(block)
        self._received += len(block)
        self._breaks = 0

    def may_go_on(self) -> bool:
        """After a break of the line."""
        self._breaks += 1
        return self._breaks <= BREAKS_MAX
