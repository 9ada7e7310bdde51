"""FileStore in a local directory. A file is written aside, brought to disk, then renamed: its key never names half a file."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from obstore.store import LocalStore

from backbone.errors import BadRequest, Unavailable
from backbone.files.multipart_put import put_blocks
from backbone.files.obstore_base import OURS, StoredFiles, check_key, store_errors, unavailable

INCOMING: Final = OURS + "incoming/"
INCOMING_AGE_MAX_S: Final = 24 * 3600.0  # what is older was left by a process that died
RENAME_ATTEMPTS: Final = 20


class LocalFiles(StoredFiles):
    def __init__(self, root: Path) -> None:
        """Makes the folder, for nobody else on this machine. Raises `BadRequest` where none can be, `Unavailable`."""
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:
            raise BadRequest("bad-setting", f"ROWMILL_FILES_URL names {root}, which is a file and no folder. Name a folder.") from None
        except OSError as error:
            raise unavailable(error) from error
        with store_errors(str(root)):
            super().__init__(LocalStore(root, mkdir=True, automatic_cleanup=True))
        self._root = root
        self._tidy = False

    async def put(self, key: str, blocks: AsyncIterator[bytes]) -> int:
        check_key(key)
        if not self._tidy:
            await asyncio.to_thread(_remove_old, self._root / INCOMING)
            self._tidy = True
        aside = INCOMING + uuid.uuid4().hex
        length = await put_blocks(self._store, aside, blocks)
        try:
            await asyncio.to_thread(_settle, self._root, self._root / aside, self._root / key)
        except OSError as error:
            await self.delete(aside)
            raise unavailable(error) from error
        return length

    async def check(self) -> None:
        await asyncio.to_thread(_look, self._root)


def _look(root: Path) -> None:
    try:
        is_read_only = os.statvfs(root).f_flag & os.ST_RDONLY
    except OSError as error:
        raise unavailable(error) from error
    if is_read_only or not os.access(root, os.W_OK | os.X_OK):
        raise Unavailable("files", f"{root} cannot be written to")


def _settle(root: Path, aside: Path, target: Path) -> None:
    """Content before name: a crash must never leave the name of a file whose bytes were not on disk yet."""
    _sync(aside)
    for attempt in range(1, RENAME_ATTEMPTS + 1):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(target)
            break
        except (FileNotFoundError, FileExistsError):
            # Deleting the last file of a folder removes the folder, maybe just now: before the rename, or in the middle of mkdir, which
            # then says that the folder exists although it no longer does.
            if attempt == RENAME_ATTEMPTS:
                raise
    for folder in (target.parent, *target.parent.parents):
        _sync(folder)
        if folder == root:
            return


def _sync(path: Path) -> None:
    with suppress(FileNotFoundError):  # a folder that somebody's delete has just removed
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_old(folder: Path) -> None:
    now = time.time()
    for path in folder.glob("*"):
        with suppress(OSError):
            if now - path.stat().st_mtime > INCOMING_AGE_MAX_S:
                path.unlink()
