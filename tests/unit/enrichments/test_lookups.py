"""How a remote API is asked: so many at once, and no longer than it makes sense."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from backbone.catalog.enrichment_values import Outcome
from backbone.errors import Rejected
from backbone.outgoing.addresses import Refused
from backbone.outgoing.client import Outgoing, RemoteAway
from backbone.outgoing.request import OutgoingRequest
from services.upload.enrichments.remote import AWAY_IN_A_ROW_MAX, Lookups
from services.upload.enrichments.settings import LookupSettings
from services.upload.sources.settings import Secret


class Answered:
    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self._content = content

    async def read(self, bytes_max: int) -> bytes:
        return self._content


class Remote:
    """In the place of the one way out. `answer` gives a status and a body for the end of a URL, or raises."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes]], until_at_once: int = 1) -> None:
        """The first are answered once so many are asking."""
        self._answer = answer
        self._until = until_at_once
        self._are_there = asyncio.Event()
        self.asked: list[OutgoingRequest] = []
        self.at_once = self.most_at_once = 0

    @asynccontextmanager
    async def send(self, request: OutgoingRequest) -> AsyncIterator[Answered]:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.at_once == self._until:
                self._are_there.set()
            await asyncio.wait_for(self._are_there.wait(), 30)
            yield Answered(*self._answer(request.url.rpartition("/")[2]))
        finally:
            self.at_once -= 1


async def look_up(remote: Remote, values: list[str], **settings: Any) -> dict[str, Outcome]:
    wanted = LookupSettings(url="https://api.example/{value}", rate=1000, **settings)
    lookups = Lookups(wanted, ["a"], Secret(token="mine"), cast(Outgoing, remote))
    outcomes = {value: outcome async for value, outcome in lookups.outcomes(values)}
    assert lookups.asked == len(values)
    return outcomes


async def test_each_value_is_asked_for_once_and_no_more_at_once_than_said() -> None:
    remote = Remote(lambda value: (200, b'{"a": "%s"}' % value.encode()), until_at_once=3)
    values = [f"v{number}" for number in range(40)]
    outcomes = await look_up(remote, values, concurrency=3)
    assert {value: outcome.answer for value, outcome in outcomes.items()} == {value: f'["{value}"]' for value in values}
    assert (len(remote.asked), remote.most_at_once) == (40, 3)
    assert {request.secret_headers["authorization"] for request in remote.asked} == {"Bearer mine"}


async def test_statuses_say_missing_or_failed() -> None:
    remote = Remote(lambda value: (int(value), b'{"a": 1}'))
    outcomes = await look_up(remote, ["200", "204", "404", "410", "400", "301"], missing=(404, 410))
    assert {value: outcome.state for value, outcome in outcomes.items()} == {
        "200": "FOUND",
        "204": "MISSING",
        "404": "MISSING",
        "410": "MISSING",
        "400": "FAILED",
        "301": "FAILED",
    }


def away(value: str) -> tuple[int, bytes]:
    if value.startswith("away"):
        raise RemoteAway("api.example", "api.example answers 503.")
    return 404, b""


async def test_a_server_that_is_away_now_and_then_is_asked_on_and_one_that_stays_away_is_not() -> None:
    now_and_then = [f"{'away' if number % AWAY_IN_A_ROW_MAX else 'here'}{number}" for number in range(5 * AWAY_IN_A_ROW_MAX)]
    outcomes = await look_up(Remote(away), now_and_then, concurrency=1)
    assert {outcome.state for outcome in outcomes.values()} == {"MISSING", "FAILED"}
    remote = Remote(away)
    with pytest.raises(RemoteAway):
        await look_up(remote, [f"away{number}" for number in range(100)], concurrency=1)
    assert len(remote.asked) == AWAY_IN_A_ROW_MAX


async def test_a_server_that_forbids_or_may_not_be_asked_ends_it() -> None:
    def forbidden(value: str) -> tuple[int, bytes]:
        return 403, b""

    def inside(value: str) -> tuple[int, bytes]:
        raise Refused("outgoing-address", "It is not public.")

    for answer in (forbidden, inside):
        remote = Remote(answer)
        with pytest.raises(Rejected):
            await look_up(remote, [f"v{number}" for number in range(100)], concurrency=1)
        assert len(remote.asked) == 1
