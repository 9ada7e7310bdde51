"""Work in a thread whose every end is an answer."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
PATIENT_MAX: Final = 64
# Made as they are needed. In asyncio's own threads, of which there are a few, work that waits for a slow server would keep all other from them.
_patient: Final = ThreadPoolExecutor(PATIENT_MAX, thread_name_prefix="patient")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `asyncio.to_thread`, which waits for ever when the work raises StopIteration: no future takes that."""
    return await asyncio.to_thread(_answering(work), *args, **kwargs)


async def in_patient_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_thread`, for work that may wait for a server: it takes no thread away from work that does not."""
    context = contextvars.copy_context()
    run = _answering(work)
    return await asyncio.get_running_loop().run_in_executor(_patient, lambda: context.run(run, *args, **kwargs))


def _answering(work: Callable[P, T]) -> Callable[P, T]:
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except StopIteration as error:
            raise RuntimeError("StopIteration came out of a thread's work") from error

    return run
