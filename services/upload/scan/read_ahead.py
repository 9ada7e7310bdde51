"""Work that needs nothing of what was before it is done in threads, some pieces of it at once; what comes of it is taken in order."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from backbone.runtime.cores import POOL

P = TypeVar("P")
R = TypeVar("R")

AHEAD_MAX: Final = 3  # pieces under way of one file: each holds its bytes and what is read of them
AHEAD_BYTES_MAX: Final = AHEAD_MAX * 1024 * 1024  # of them together, but for one: long records cost a multiple of their bytes


class ReadAhead(Generic[P, R]):
    """What `work` or `take` raise comes out of `add`; then there is nothing more to be asked."""

    def __init__(self, work: Callable[[P], R], take: Callable[[P, R], None]) -> None:
        """`work` knows nothing but its piece, for it runs beside all else; `take` is called by whoever adds, in the order of the pieces."""
        self._work = work
        self._take = take
        self._under_way: deque[tuple[P, int, Future[R]]] = deque()
        self._bytes = 0

    def add(self, piece: P, size: int, *, last: bool) -> None:
        """`size` in bytes. The last piece is worked on here: a small file is one piece, and hands it over to nobody."""
        while self._under_way and (last or self._is_first_due(size)):
            first, length, result = self._under_way.popleft()
            self._bytes -= length
            self._take(first, result.result())
        if last or POOL is None:
            self._take(piece, self._work(piece))
        else:
            self._under_way.append((piece, size, POOL.submit(self._work, piece)))
            self._bytes += size

    def _is_first_due(self, size: int) -> bool:
        return self._under_way[0][2].done() or len(self._under_way) >= AHEAD_MAX or self._bytes + size > AHEAD_BYTES_MAX
