"""How long to wait before trying again, and waiting that ends early when there is reason to."""

import asyncio
import random
from typing import Final

FIRST_S: Final = 0.1
LONGEST_S: Final = 5.0
_DOUBLINGS_MAX: Final = 10


def backoff_s(failures: int) -> float:
    """Doubles with each failure up to a limit. With jitter: those who failed together must not come back together."""
    longest = min(FIRST_S * 2.0 ** min(failures, _DOUBLINGS_MAX), LONGEST_S)
    return longest * random.uniform(0.5, 1.0)


class RateLimiter:
    """No more than so much per second, on average: whoever took more than its share keeps the next ones waiting. 0: no limit."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._free_at = 0.0

    async def wait(self) -> None:
        """Until what was spent before has been paid for with time."""
        while (wait_s := self._free_at - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110 -- others spend meanwhile
            await asyncio.sleep(wait_s)

    def spend(self, count: float) -> None:
        if self._per_s > 0:
            self._free_at = max(self._free_at, asyncio.get_running_loop().time()) + count / self._per_s


async def wait_any(timeout_s: float, *signals: asyncio.Event) -> None:
    """Returns when one of the signals is set, at the latest after `timeout_s`."""
    waiting = [asyncio.ensure_future(signal.wait()) for signal in signals]
    try:
        await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
