"""Which uploads have just changed, as server-sent events: for whoever shows a list of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from litestar import get
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backbone.errors import Unavailable
from backbone.postgres.upload_news import UploadNews
from backbone.runtime.principal import Principal, asking

PING_EVERY_S: Final = 15.0  # proxies close a connection on which nothing comes for a while
STREAM_S: Final = 300.0  # then the client connects again, and it is asked again who it is: keys are revoked
GATHERED_S: Final = 0.25  # a large file changes its upload many times a second
PING: Final = ServerSentEventMessage(data=None, comment="still here")


class Changed(Struct, frozen=True):
    """`uploads`: the ids of those that came, changed or went; `many`: too many to name, so ask for all."""

    uploads: list[str]
    many: bool = False


def news_routes(news: UploadNews) -> list[ControllerRouterHandler]:
    @get("/api/uploads/events", media_type="text/event-stream", tags=["uploads"])
    async def get_news() -> ServerSentEvent:
        """Server-sent events whenever uploads come, change or go: `uploads`, with their ids. It costs the server nothing while nothing happens. When it ends,
        connect again, and ask for what was missed."""
        news.check_free()
        return ServerSentEvent(news_events(news, asking()), headers={"Cache-Control": "no-store"})

    return [get_news]


async def news_events(
    news: UploadNews, principal: Principal, *, ping_every_s: float = PING_EVERY_S, stream_s: float = STREAM_S
) -> AsyncIterator[ServerSentEventMessage]:
    """Only of datasets that `principal` sees. Ends after `stream_s`, and when nobody tells any more."""
    try:
        async with news.listening() as listener:
            yield PING  # from here on nothing is missed
            end = time.monotonic() + stream_s
            while time.monotonic() < end:
                changed = await listener.take(ping_every_s)
                if changed == {}:
                    yield PING
                    continue
                seen = None if changed is None else [upload for upload, dataset in changed.items() if principal.sees(dataset)]
                if seen is None or seen:
                    yield ServerSentEventMessage(event="uploads", data=msgspec.json.encode(Changed(seen or [], seen is None)))
                await asyncio.sleep(GATHERED_S)
    except Unavailable:
        return
