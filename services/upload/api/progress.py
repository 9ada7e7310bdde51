"""Live progress of an upload as server-sent events: one whenever something changed, until the upload has ended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec

from backbone.catalog.states import FINAL
from services.upload.api.responses import Upload

LOOK_EVERY_S: Final = 0.25
PING_EVERY_S: Final = 15.0  # proxies close a connection on which nothing comes for a while


async def progress_events(read: Callable[[], Awaitable[Upload]]) -> AsyncIterator[bytes]:
    last: Upload | None = None
    silent_s = 0.0
    while True:
        upload = await read()
        if last is None or _news(upload) != _news(last):
            yield b"event: upload\ndata: " + msgspec.json.encode(upload) + b"\n\n"
            last, silent_s = upload, 0.0
        elif silent_s >= PING_EVERY_S:
            yield b": still here\n\n"
            silent_s = 0.0
        if upload.state in FINAL or upload.state == "HELD":
            return
        await asyncio.sleep(LOOK_EVERY_S)
        silent_s += LOOK_EVERY_S


def _news(upload: Upload) -> tuple[object, ...]:
    """What makes an event worth sending; rate and ETA change all the time by themselves."""
    return upload.state, upload.stage, upload.progress, upload.rows, upload.rejects, upload.size_bytes
