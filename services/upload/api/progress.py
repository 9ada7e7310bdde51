"""Live progress of an upload as server-sent events: one whenever something changed, until the upload has ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar.response.sse import ServerSentEventMessage

from backbone.catalog.states import FINAL
from backbone.errors import NotFound
from backbone.http.upload_answer import Upload

LOOK_EVERY_S: Final = 0.25
PING_EVERY_S: Final = 15.0  # proxies close a connection on which nothing comes for a while
STREAM_S: Final = 300.0  # then the client connects again, and it is asked again who it is: keys are revoked
PING: Final = ServerSentEventMessage(data=None, comment="still here")


async def progress_events(
    look: Callable[[], Awaitable[tuple[Any, ...]]],
    read: Callable[[], Awaitable[Upload]],
    *,
    look_every_s: float = LOOK_EVERY_S,
    ping_every_s: float = PING_EVERY_S,
    stream_s: float = STREAM_S,
) -> AsyncIterator[ServerSentEventMessage]:
    """`look` gives what makes an event worth sending, in a few bytes; `read`, the upload, is asked only when that has changed. Ends too
    when the upload is forgotten, and after `stream_s`."""
    last: tuple[Any, ...] | None = None
    silent_s = 0.0
    end = time.monotonic() + stream_s
    while time.monotonic() < end:
        try:
            news = await look()
            if news != last:
                upload = await read()
                yield ServerSentEventMessage(event="upload", data=msgspec.json.encode(upload))
                last, silent_s = news, 0.0
                if upload.state in FINAL or upload.state == "HELD":
                    return
        except NotFound:
            return
        if silent_s >= ping_every_s:
            yield PING
            silent_s = 0.0
        await asyncio.sleep(look_every_s)
        silent_s += look_every_s
