"""Whoever asks has to be there for the answer: a read whose client has hung up is cancelled, in PostgreSQL too, and an answer that nobody
takes off the line is cut, so that its place and its connection are free for others.

Without this, twelve searches of a client that is long gone keep all connections for minutes, and five exports that are not read any
further keep all places of exports for ever.
"""

import asyncio
from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

READS: Final = frozenset({"GET", "HEAD"})
STALL_S: Final = 60.0


class ClientPresence:
    """An ASGI application around another one. `stall_s`: how long one piece of an answer may wait to be taken."""

    def __init__(self, app: ASGIApp, stall_s: float = STALL_S) -> None:
        self._app = app
        self._stall_s = stall_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._stall_s):
                    await send(message)
            except TimeoutError:  # no answer can be given any more, so no handler of errors is asked
                raise asyncio.CancelledError("the client takes nothing") from None

        if str(scope["method"]) not in READS:  # type: ignore[typeddict-item]
            await self._app(scope, receive, send_in_time)
            return
        await _Read(receive).run(self._app, scope, send_in_time)


class _Read:
    """A request whose body, if it has one, is for nobody, so that its connection can be listened to while it is answered."""

    def __init__(self, receive: Receive) -> None:
        self._receive_from_client = receive
        self._gone = asyncio.Event()
        self._is_begun = False

    async def run(self, app: ASGIApp, scope: Scope, send: Send) -> None:
        reading = asyncio.current_task()
        assert reading is not None
        listening = asyncio.create_task(self._listen(reading))
        try:
            await app(scope, self._receive, send)
        except asyncio.CancelledError:
            if not self._gone.is_set():
                raise
            reading.uncancel()  # it was meant for this request alone
        finally:
            listening.cancel()

    async def _listen(self, reading: "asyncio.Task[None]") -> None:
        while (await self._receive_from_client())["type"] != "http.disconnect":
            pass
        self._gone.set()
        reading.cancel("the client has hung up")

    async def _receive(self) -> Any:
        if not self._is_begun:
            self._is_begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}
