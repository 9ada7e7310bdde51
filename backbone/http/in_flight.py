"""The requests in hand, so that a shutdown can wait for them, and not for ever: a client may take hours over a file. Who only watches is sent away
at once: an event stream has no end of its own, and its client comes back to another process.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

SHUTTING_DOWN: Final = "shutting down"  # the message of the cancellation, so that a request can tell it from a client that hung up
END_SHARE: Final = 0.25  # of the time, for what a cancelled request has to put in order


class InFlight:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, finish_s: float) -> None:
        self._app = app
        self._finish_s = finish_s
        self._requests: set[asyncio.Task[None]] = set()
        self._watching: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if str(scope["type"]) == "lifespan" or task is None:  # not one that Litestar has in its types
            await self._app(scope, receive, send)
            return

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message["headers"]):
                self._watching.add(task)
            await send(message)

        self._requests.add(task)
        try:
            await self._app(scope, receive, send_noting)
        finally:
            self._requests.discard(task)
            self._watching.discard(task)

    async def finish(self) -> None:
        """Returns when no request is in hand; those that take too long are cancelled."""
        for task in set(self._watching):
            task.cancel(SHUTTING_DOWN)
        if self._requests:
            await asyncio.wait(set(self._requests), timeout=self._finish_s * (1 - END_SHARE))
        for task in set(self._requests):
            task.cancel(SHUTTING_DOWN)
        if self._requests:
            await asyncio.wait(set(self._requests), timeout=self._finish_s * END_SHARE)


def _is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)
