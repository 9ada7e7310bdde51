"""Files in a folder of this machine: each new or changed one comes once, the oldest first. For the embedded home: elsewhere each pod has folders of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from backbone.errors import Rejected, TooLarge
from backbone.outgoing.addresses import Refused
from backbone.outgoing.databases.stream import is_inside
from services.upload.sources.place import Content, Item
from services.upload.sources.settings import FolderSettings

BLOCK_BYTES: Final = 1024 * 1024
FILES_MAX: Final = 10_000
SETTLED_S: Final = 2.0  # who writes a file is still at it


class FolderPlace:
    def __init__(self, settings: FolderSettings, folders: list[Path], bytes_max: int) -> None:
        """Raises `Refused`."""
        self._folder = Path(settings.path)
        self._glob = settings.glob
        self._folders = folders
        self._bytes_max = bytes_max
        if not self._folder.is_absolute() or not is_inside(self._folder, folders):
            raise Refused(
                "folder-not-allowed", "Folders of this server are read only where ROWMILL_SOURCE_FOLDERS names them, or one above them."
            )
        if ".." in Path(settings.glob).parts or Path(settings.glob).is_absolute():
            raise Refused("folder-not-allowed", "glob may not lead out of the folder.")

    async def items(self) -> AsyncIterator[Item]:
        for item in await asyncio.to_thread(self._listed):
            yield item

    def _listed(self) -> list[Item]:
        if not self._folder.is_dir():
            raise Rejected("no-folder", f"There is no folder {self._folder}.")
        listed = []
        for path in self._folder.glob(self._glob):
            if not path.is_file() or not is_inside(path, self._folders):
                continue
            status = path.stat()
            if time.time() - status.st_mtime > SETTLED_S:
                listed.append((status.st_mtime_ns, path.relative_to(self._folder).as_posix(), f"{status.st_size} {status.st_mtime_ns}"))
            if len(listed) > FILES_MAX:
                raise Rejected("too-many-files", f"More than {FILES_MAX} files are meant. Narrow glob.")
        return [Item(name, mark) for _, name, mark in sorted(listed)]

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        path = self._folder / item.name
        yield Content(self._blocks(path), item.mark, path.name[-255:])

    async def _blocks(self, path: Path) -> AsyncIterator[bytes]:
        size_bytes = 0
        try:
            with await asyncio.to_thread(path.open, "rb") as file:
                while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
                    size_bytes += len(block)
                    if size_bytes > self._bytes_max:
                        raise TooLarge("file-too-large", f"{path.name} is larger than {self._bytes_max} bytes.")
                    yield block
        except OSError as error:
            raise Rejected("no-file", f"{path.name} cannot be read: {error.strerror}.") from None
