"""FileStore: whole files by key, written once as a stream, read by byte range. The file in it is the origin of everything.

A key is made of segments of ASCII letters, digits, `.`, `_` and `-`, joined by `/`; putting under another one is a `ValueError`.
"""

from collections.abc import AsyncIterator
from typing import Protocol


class FileStore(Protocol):
    async def put(self, key: str, blocks: AsyncIterator[bytes]) -> int:
        """Stores the blocks under `key` and returns their total length in bytes.

        The key appears only when all blocks are stored and durable. When `blocks` raises, nothing is left behind and the
        exception goes through unchanged. Memory is bounded by a few blocks. Raises `Unavailable`.
        """
        ...

    async def read(self, key: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`. Raises `NotFound` (also when the file ends before them), `Unavailable`."""
        ...

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The whole file in blocks of at most a few MiB. Raises `NotFound`, `Unavailable`."""
        ...

    async def delete(self, key: str) -> None:
        """Deletes a file. A missing file is not an error. Raises `Unavailable`."""
        ...

    def keys(self, prefix: str) -> AsyncIterator[str]:
        """Every key that starts with `prefix` (a folder, ending in "/"), in no order. Raises `Unavailable`."""
        ...

    async def check(self) -> None:
        """Returns when the store answers, as far as reading tells; writes nothing. Raises `Unavailable`."""
        ...

    async def close(self) -> None: ...
