"""HEAD wherever GET is: the same head, and the work ends where the body would begin."""

import asyncio
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

IS_HEAD: Final = "rowmill.head"  # in the scope: a handler may know a length without making the body


class HeadRequests:
    """An ASGI application around another one, which sees a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http" or scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return
        head: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def keep_head(message: Any) -> None:
            if message["type"] == "http.response.start" and not head.done():
                head.set_result(message)

        asked: Any = {**scope, "method": "GET", IS_HEAD: True}
        answering = asyncio.ensure_future(self._app(asked, receive, keep_head))
        try:
            await asyncio.wait({answering, head}, return_when=asyncio.FIRST_COMPLETED)
            if not head.done():
                answering.result()  # raises what it raised
                return
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
        await send(head.result())
        await send({"type": "http.response.body", "body": b"", "more_body": False})
