"""What the local directory and S3 share: reading, listing and deleting through an obstore store, and its errors in our words."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from backbone.errors import DiskFull, NotFound, Unavailable

BLOCK_BYTES: Final = 4 * 1024 * 1024  # of `stream`
OURS: Final = ".rowmill/"  # keys of the store itself: never listed
DISK_IS_FULL: Final = ("No space left on device", "Disk quota exceeded", "XMinioStorageFull", "StorageFull")
_KEY: Final = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")

Store = LocalStore | S3Store


def check_key(key: str) -> None:
    """Keys are of our making, so another one is a bug. Strict, because a directory must be able to hold each as it stands."""
    if not _KEY.fullmatch(key) or ".." in key:
        raise ValueError(f"not a key: {key!r}")


@contextmanager
def store_errors(key: str) -> Iterator[None]:
    """`NotFound` for a missing key, else `Unavailable`: wrong credentials and full disks too, somebody mends them and work goes on."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("no-such-file", f"There is no file {key} in the store.") from None
    except (BaseError, OSError) as error:
        raise unavailable(error) from error


def unavailable(error: BaseException) -> Unavailable:
    """obstore has no error of its own for a full disk: the kernel's words tell, or MinIO's code."""
    kind = DiskFull if any(sign in str(error) for sign in DISK_IS_FULL) else Unavailable
    return kind("files", first_line(error))


def first_line(error: BaseException) -> str:
    """The sentence for people; obstore appends many lines of Rust structures."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class StoredFiles:
    """The reading half of a `FileStore`. Its contract is in the port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, key: str, offset: int, length: int) -> bytes:
        with store_errors(key):
            try:
                data = bytes(await obstore.get_range_async(self._store, key, start=offset, length=length)) if length else b""
            except BaseError as error:
                # A range that starts behind the end has no error type of its own; the size tells for sure.
                if "range" in first_line(error).lower():
                    await self._check_length(key, offset + length)
                raise
            if len(data) < length or not length:
                await self._check_length(key, offset + length)
        return data

    async def _check_length(self, key: str, length: int) -> None:
        size = (await obstore.head_async(self._store, key))["size"]
        if size < length:
            raise NotFound("file-too-short", f"The file {key} has {size} bytes, and {length} were asked for.")

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Range by range: one long request would time out under a slow reader, and could not be retried in its middle."""
        with store_errors(key):
            stored = await obstore.head_async(self._store, key)
        for start in range(0, stored["size"], BLOCK_BYTES):
            span = (start, min(start + BLOCK_BYTES, stored["size"]))
            with store_errors(key):
                part = await obstore.get_async(self._store, key, options={"range": span, "if_match": stored["e_tag"]})
                block = bytes(await part.bytes_async())
            yield block

    async def delete(self, key: str) -> None:
        try:
            with store_errors(key):
                await obstore.delete_async(self._store, key)
        except NotFound:
            return

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        pages = obstore.list(self._store, prefix.rstrip("/") or None, chunk_size=1000)
        while True:
            with store_errors(prefix):
                page = await anext(pages, None)
            if page is None:
                return
            for item in page:
                if not item["path"].startswith(OURS):
                    yield item["path"]

    async def close(self) -> None:
        """Connections close with the last reference."""
