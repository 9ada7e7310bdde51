"""The stream of all uploads: a ping first, what its principal may see, and an end, so that who asks is asked again who they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backbone.postgres.upload_news import CHANGED_MAX, Listener
from backbone.runtime.principal import EVERYBODY, Principal
from services.upload.api.news_routes import news_events

NARROW = Principal(id="k", name="k", scopes=("read",), datasets=("mine-*",))


class News:
    def __init__(self, changed: dict[str, str]) -> None:
        self._changed = changed

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        listener = Listener()
        for upload, dataset in self._changed.items():
            listener.hear(upload, dataset)
        yield listener


async def sent(changed: dict[str, str], principal: Principal) -> list[str]:
    stream = news_events(News(changed), principal, ping_every_s=0.01, stream_s=0.05)  # type: ignore[arg-type]
    return [str(message.data or message.comment) async for message in stream]


async def test_what_may_be_seen_is_told_and_the_stream_ends() -> None:
    told = await sent({"a": "mine-1", "b": "others"}, NARROW)
    assert told[0] == "still here" and 'b\'{"uploads":["a"],"many":false}\'' in told
    assert await sent({"b": "others"}, NARROW) == ["still here"]


async def test_of_too_many_it_is_told_that_they_are_many() -> None:
    told = await sent({str(number): "d" for number in range(CHANGED_MAX + 1)}, EVERYBODY)
    assert 'b\'{"uploads":[],"many":true}\'' in told
