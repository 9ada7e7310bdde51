"""So many at once in this process: each one costs memory, a connection, a share of the disk's time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from backbone.errors import Busy


class ConcurrencyLimit:
    """`places` at once. Nobody waits: who waited here would hold a connection for nothing, and a slow one may keep its place for long."""

    def __init__(self, places: int, code: str, detail: str) -> None:
        """`code` and `detail` of the `Busy` that whoever comes to a full room is told."""
        self.taken = 0
        self._places = places
        self._code = code
        self._detail = detail

    @contextmanager
    def take(self) -> Iterator[None]:
        """Raises `Busy` at once."""
        if self.taken >= self._places:
            raise Busy(self._code, self._detail)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def hold(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The blocks, with a place taken until the last of them, or until the reader is gone. Raises `Busy` before the first."""
        with self.take():
            async for block in blocks:
                yield block
