"""What was turned away is counted while the database is away, and written together when it is back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from backbone.catalog.audit import Refusal
from backbone.errors import Unavailable
from backbone.http import refusals
from backbone.http.refusals import Refusals
from backbone.runtime.request_record import RequestRecord


def test_what_comes_while_it_cannot_be_written_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Sequence[tuple[Refusal, str, int]]] = []
    waiting = Refusals(engine=None)  # type: ignore[arg-type]

    @asynccontextmanager
    async def away(_: object) -> AsyncIterator[None]:
        waiting.add(RequestRecord("third", route="/api/me"), "GET", 401)  # while it is tried
        raise Unavailable("postgres", "away")
        yield

    @asynccontextmanager
    async def there(_: object) -> AsyncIterator[None]:
        yield

    async def note(_: object, lines: Sequence[tuple[Refusal, str, int]]) -> None:
        written.append(lines)

    monkeypatch.setattr(refusals, "note_refusals", note)
    for number in ("first", "second"):
        waiting.add(RequestRecord(number, route="/api/me"), "GET", 401)
    monkeypatch.setattr(refusals, "transaction", away)
    asyncio.run(waiting.write())
    monkeypatch.setattr(refusals, "transaction", there)
    asyncio.run(waiting.write())
    assert [(refusal.route, first_id, times) for refusal, first_id, times in written[0]] == [("/api/me", "first", 3)]
