"""So much for each principal in this process: requests in a minute, and what goes on at once. One who asks too much waits, and is refused,
behind themselves; others do not notice. Where nobody is asked who they are, nobody is told apart, and nothing is limited."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Final

from msgspec import Struct

from backbone.errors import Busy
from backbone.runtime.principal import Principal, asking

PRINCIPALS_MAX: Final = 10_000  # of whom it is remembered what they asked; who has not asked for long is forgotten first
WINDOW_S: Final = 60
ROUNDING: Final = 1e-6


class Allowance(Struct, frozen=True):
    """`left` requests at once, and seconds until all of them are there again."""

    most: int
    left: int
    full_s: int


class RequestRate:
    """A bucket of `per_minute` requests for each, which fills up evenly; 0: no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, principal: Principal) -> Allowance | None:
        """What is left after this one; None where there is no limit. Raises `Busy`, whose `retry_after_s` says when the next may come."""
        if not self._most or not principal.id:
            return None
        now = self._clock()
        left, at = self._buckets.pop(principal.id, (float(self._most), now))
        left = min(self._most, left + (now - at) * self._most / WINDOW_S)
        is_allowed = left > 1 - ROUNDING
        self._buckets[principal.id] = (max(0.0, left - is_allowed), now)
        if len(self._buckets) > PRINCIPALS_MAX:
            self._buckets.popitem(last=False)
        if not is_allowed:
            wait_s = ceil((1 - left) * WINDOW_S / self._most)
            detail = f"This key has asked {self._most} times in a minute, which is all it may. Ask again in {wait_s} s."
            raise Busy("too-many-requests", detail, retry_after_s=wait_s)
        return Allowance(self._most, int(left - 1 + ROUNDING), ceil((self._most - left + 1) * WINDOW_S / self._most))


class AtOnce:
    """So many at once for each; 0: no limit. `code` and `detail` of the `Busy` that one more is told."""

    def __init__(self, most: int, code: str, detail: str) -> None:
        self._most = most
        self._code = code
        self._detail = detail
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Raises `Busy` at once."""
        owner = asking().id
        if not owner or not self._most:
            yield
            return
        if self._taken[owner] >= self._most:
            raise Busy(self._code, self._detail)
        self._taken[owner] += 1
        try:
            yield
        finally:
            _leave(self._taken, owner)


class Turns:
    """So many at once for each; 0: no limit. Further ones wait for a while, behind the same principal's."""

    def __init__(self, most: int, wait_s: float) -> None:
        self._most = most
        self._wait_s = wait_s
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._there: Counter[str] = Counter()  # who has a turn or waits for one

    async def take(self, principal: Principal) -> Callable[[], None] | None:
        """What ends the turn; None: none is needed. Raises `Busy`."""
        owner = principal.id
        if not owner or not self._most:
            return None
        turns = self._turns.setdefault(owner, asyncio.Semaphore(self._most))
        self._there[owner] += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await turns.acquire()
        except BaseException as error:
            self._go(owner)
            if not isinstance(error, TimeoutError):
                raise
            detail = f"{self._most} searches of this key are under way, which is all it may have at once. Try again when they are answered."
            raise Busy("too-many-reads", detail) from None

        def end() -> None:
            turns.release()
            self._go(owner)

        return end

    def _go(self, owner: str) -> None:
        if _leave(self._there, owner):
            del self._turns[owner]


def _leave(taken: Counter[str], owner: str) -> bool:
    """Whether that was the last."""
    taken[owner] -= 1
    if taken[owner]:
        return False
    del taken[owner]
    return True
