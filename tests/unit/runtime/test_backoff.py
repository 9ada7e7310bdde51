"""RateLimiter: so much per second, and what is not limited does not wait."""

import asyncio

from backbone.runtime.backoff import RateLimiter


async def test_what_was_spent_is_paid_for_with_time() -> None:
    pace, clock = RateLimiter(100), asyncio.get_running_loop().time
    began = clock()
    for _ in range(3):
        await pace.wait()
        pace.spend(10)
    assert 0.19 < clock() - began < 2
    await pace.wait()
    assert clock() - began > 0.29


async def test_no_limit_never_waits() -> None:
    pace = RateLimiter(0)
    pace.spend(10**12)
    async with asyncio.timeout(0.5):
        await pace.wait()
