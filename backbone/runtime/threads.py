"""Work in a thread whose every end is an answer."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `asyncio.to_thread`, which waits for ever when the work raises StopIteration: no future takes that."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        except StopIteration as error:
            raise RuntimeError("StopIteration came out of a thread's work") from error

    return await asyncio.to_thread(run)
