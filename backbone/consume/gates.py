"""The hands of a consumer, and gates before them: of the events that wait for a server, one of each upload asks whether it is back.

The others wait behind it and hold no hand. A file of ten thousand chunks whose index is away would else ask ten thousand times, and keep
other datasets from their turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from backbone.errors import Unavailable

OnWait = Callable[[Unavailable, int], Awaitable[None]]  # the error, and how many there were; returns when it is time to ask again


class Gates:
    """`waiting` counts the events before gates, those that ask included. `freed` is set whenever one leaves its hand to wait."""

    def __init__(self, hands: int) -> None:
        self.waiting = 0
        self.freed = asyncio.Event()
        self._hands = asyncio.Semaphore(hands)
        self._closed: dict[str, asyncio.Event] = {}

    async def pass_through(self, key: str, act: Callable[[], Awaitable[None]], on_wait: OnWait) -> None:
        """Acts, with a hand, until no server is missed any more. Any other error of `act` is raised, as is one of `on_wait`.

        The first of a `key` that misses a server closes its gate, and opens it when it has acted or given up.
        """
        failures = 0
        mine: asyncio.Event | None = None
        try:
            while True:
                await self._until_open(key, mine)
                async with self._hands:
                    if self._is_closed(key, mine):  # while it waited for a hand
                        continue
                    try:
                        return await act()
                    except Unavailable as error:
                        missed = error
                        mine = self._close(key, mine)
                failures += 1
                with self._counted():
                    await on_wait(missed, failures)
        finally:
            if mine is not None:
                del self._closed[key]
                mine.set()

    def open_all(self) -> None:
        """Whoever waits goes on: there is no time to wait."""
        for gate in self._closed.values():
            gate.set()

    def _close(self, key: str, mine: asyncio.Event | None) -> asyncio.Event | None:
        """The gate of who closed it; None for whom another was first."""
        if mine is None and key not in self._closed:
            mine = self._closed[key] = asyncio.Event()
        return mine

    def _is_closed(self, key: str, mine: asyncio.Event | None) -> bool:
        gate = self._closed.get(key)
        return gate is not None and gate is not mine and not gate.is_set()

    async def _until_open(self, key: str, mine: asyncio.Event | None) -> None:
        while self._is_closed(key, mine):
            with self._counted():
                await self._closed[key].wait()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.waiting += 1
        self.freed.set()
        try:
            yield
        finally:
            self.waiting -= 1
