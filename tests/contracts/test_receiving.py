"""Receiving a file, stage by stage: whatever fails, the file of an upload that is queued stays, and nothing stays of one that is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.catalog.outbox import Relay
from backbone.catalog.receiving import beat
from backbone.catalog.uploads import shown_row
from backbone.errors import Conflict, NotFound, Rejected, Unavailable
from backbone.files.open import open_files
from backbone.lifecycle.end_upload import end_upload
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.settings import read_settings
from services.upload.options import read_options
from services.upload.receive import receive as stages
from services.upload.receive.receive import Receiver
from services.upload.tables.gather import TableReaders
from tests.memory_event_log import MemoryEventLog

GOOD = "name,price\nTeapot,1.10\nCup,2.20\n"
ID = "0198a000-0000-7000-8000-000000000000"


@pytest.fixture
def receiver(engine: AsyncEngine, tmp_path: Path) -> Receiver:
    settings = read_settings({})
    return Receiver(
        engine, open_files(tmp_path.as_uri()), RowStore(engine), Relay(engine, MemoryEventLog()), settings, TableReaders.of(settings)
    )


async def blocks(*texts: str | BaseException, encoding: str = "utf-8") -> AsyncIterator[bytes]:
    for text in texts:
        if isinstance(text, BaseException):
            raise text
        yield text.encode(encoding)


async def receive(receiver: Receiver, *body: str | BaseException, encoding: str = "utf-8", **options: str) -> Any:
    return await receiver.receive(ID, read_options({"dataset": "goods", **options}), blocks(*body, encoding=encoding))


async def stored(receiver: Receiver) -> set[str]:
    return {key.rpartition("/")[2] async for key in receiver.files.keys(f"uploads/{ID}/")}


async def state(receiver: Receiver) -> str:
    async with transaction(receiver.engine) as connection:
        return str((await shown_row(connection, ID))["state"])


class Transactions:
    """In the place of `transaction`: what happens to the next ones, the first of them being the one that writes RECEIVING."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *happens: str) -> None:
        self._happens = list(happens)
        monkeypatch.setattr(stages, "transaction", self.begin)

    @asynccontextmanager
    async def begin(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        happens = self._happens.pop(0) if self._happens else "well"
        if happens == "away":
            raise Unavailable("postgres", "connection refused")
        async with transaction(engine) as connection:
            yield connection
        if happens == "answer lost":
            raise Unavailable("postgres", "connection closed")
        if happens == "client gone":
            raise asyncio.CancelledError


@pytest.mark.parametrize(("encoding", "files"), [("utf-8", {"original"}), ("utf-16", {"original", "reading-copy"})])
class TestTheAnswerToCommitIsLost:
    """The upload is in the queue, and the parsers will want its file."""

    async def test_the_sender_is_answered_all_the_same(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, encoding: str, files: set[str]
    ) -> None:
        Transactions(monkeypatch, "well", "answer lost")
        upload = await receive(receiver, GOOD, encoding=encoding)
        assert (upload.id, upload.state, await state(receiver)) == (ID, "PROCESSING", "PROCESSING")
        assert await stored(receiver) == files

    async def test_while_postgresql_is_away_nobody_knows_and_all_stays(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, encoding: str, files: set[str]
    ) -> None:
        Transactions(monkeypatch, "well", "answer lost", "away")
        with pytest.raises(Unavailable):
            await receive(receiver, GOOD, encoding=encoding)
        assert (await state(receiver), await stored(receiver)) == ("PROCESSING", files)

    async def test_the_client_has_gone(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, encoding: str, files: set[str]) -> None:
        Transactions(monkeypatch, "well", "client gone")
        with pytest.raises(asyncio.CancelledError):
            await receive(receiver, GOOD, encoding=encoding)
        assert (await state(receiver), await stored(receiver)) == ("PROCESSING", files)


async def test_what_never_came_to_commit_stays_receiving_until_it_is_found_lost(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    Transactions(monkeypatch, "well", "away", "away")
    with pytest.raises(Unavailable):
        await receive(receiver, GOOD)
    assert await state(receiver) == "RECEIVING"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (("a,b\n1,2\n", Rejected("body-cut-off", "The body ended.")), Rejected),
        (("a,b\n1,2\n", asyncio.CancelledError()), asyncio.CancelledError),
        (("a,b\n1,2\n", ZeroDivisionError()), ZeroDivisionError),
        (("a,b\n",), Rejected),  # a header only
    ],
)
async def test_nothing_stays_of_what_is_refused(
    receiver: Receiver, encoding: str, body: tuple[str | BaseException, ...], error: type[BaseException]
) -> None:
    with pytest.raises(error):
        await receive(receiver, *body, encoding=encoding)
    assert (await state(receiver), await stored(receiver)) == ("FAILED", set())


@pytest.mark.parametrize("ended", ["CANCELLED", "gone"])
async def test_somebody_ended_it_while_the_last_bytes_came(receiver: Receiver, ended: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ending() -> AsyncIterator[bytes]:
        yield GOOD.encode()
        async with transaction(receiver.engine) as connection:
            await end_upload(connection, ID, "CANCELLED")
            if ended == "gone":
                await connection.exec_driver_sql("DELETE FROM uploads")

    with pytest.raises((Conflict, NotFound)):
        await receiver.receive(ID, read_options({"dataset": "goods"}), ending())
    assert await stored(receiver) == set()
    async with transaction(receiver.engine) as connection:
        assert not await beat(connection, ID, 0)
