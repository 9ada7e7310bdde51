"""Small files that wait behind each other in one dataset are loaded by the hand that publishes the one before them."""

import asyncio
import json
from typing import Any, cast

import msgspec
import pytest
from msgspec import structs
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import claim_chunk, plan_chunks
from backbone.catalog.datasets import ensure_dataset, read_view
from backbone.catalog.outbox import Relay, new_event
from backbone.catalog.schema import chunks, events, uploads
from backbone.catalog.uploads import create_upload, step
from backbone.errors import Unavailable
from backbone.eventlog.events import CHUNK_PLANNED, Event
from backbone.files.port import FileStore
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Chunk, Column
from backbone.postgres.columns_sql import json_object_sql
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.runtime.backoff import RateLimiter
from services.parser import load_chunk as loading
from services.parser.load_chunk import load_chunk
from tests.memory_event_log import MemoryEventLog

CHUNK = Chunk(number=0, offset=0, length=2, records=1, first_record=1, first_line=2, clean=True)
COLUMNS = msgspec.to_builtins([Column(name="a", title="a", type="integer")])
FILES = 5


class Files:
    """`away`: keys of files that cannot be read now."""

    def __init__(self) -> None:
        self.away: set[str] = set()

    async def read(self, key: str, offset: int, length: int) -> bytes:
        if key in self.away:
            raise Unavailable("files", "away")
        return f"{key}\n".encode()


@pytest.fixture
async def dataset_id(engine: AsyncEngine) -> int:
    """Of five files that wait, the first of which is started."""
    async with transaction(engine) as connection:
        dataset_id = await ensure_dataset(connection, "small")
        for number in range(FILES):
            named = {"dataset": "small", "file_name": "f", "file_key": str(number), "mode": "append"}
            await create_upload(connection, {"id": str(number), **named})
            await plan_chunks(connection, str(number), [CHUNK])
            values = {"dataset_id": dataset_id, "columns": COLUMNS, "chunks_total": 1, "records": 1, "received_at": func.clock_timestamp()}
            await step(connection, str(number), "PENDING", **values)
        await start_next(connection, RowStore(engine), dataset_id)
    return dataset_id


def planned(number: int) -> Event:
    return new_event(CHUNK_PLANNED, f"{number}/0", upload_id=str(number), chunk=0)


async def load(engine: AsyncEngine, files: Files, number: int) -> None:
    relay, store = Relay(engine, MemoryEventLog()), cast(FileStore, files)
    limits: dict[str, Any] = {"pace": RateLimiter(0), "rejects_kept_max": 10, "keeps_documents": False}
    await load_chunk(planned(number), engine=engine, files=store, rows=RowStore(engine), relay=relay, **limits)


async def states(engine: AsyncEngine) -> list[tuple[str, int | None]]:
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(select(uploads.c.state, uploads.c.version).order_by(uploads.c.id))]


async def values(engine: AsyncEngine) -> list[int]:
    async with transaction(engine) as connection:
        view = await read_view(connection, "small", None)
        rows = await connection.execute(text(f"SELECT {json_object_sql(view.table)} FROM {view.table.name} AS t"))
        return sorted(json.loads(row)["a"] for row in rows.scalars())


async def test_one_event_brings_all_that_wait(engine: AsyncEngine, dataset_id: int) -> None:
    files = Files()
    await load(engine, files, 0)
    assert await states(engine) == [("COMPLETE", number + 1) for number in range(FILES)]
    assert await values(engine) == list(range(FILES))
    async with transaction(engine) as connection:  # each has an event of its own: whoever takes over knows of it
        told = await connection.execute(select(events.c.subject).where(events.c.type == CHUNK_PLANNED).order_by(events.c.number))
        assert told.scalars().all() == [f"{number}/0" for number in range(FILES)]
    await asyncio.gather(*(load(engine, files, number) for number in range(FILES)))
    assert await values(engine) == list(range(FILES))


async def test_what_befalls_one_behind_it_is_told_by_its_own_event(engine: AsyncEngine, dataset_id: int) -> None:
    files = Files()
    files.away.add("2")
    await load(engine, files, 0)
    left = [("PROCESSING", 3), ("PENDING", None), ("PENDING", None)]
    assert await states(engine) == [("COMPLETE", 1), ("COMPLETE", 2), *left]
    with pytest.raises(Unavailable):
        await load(engine, files, 2)
    files.away.clear()
    await load(engine, files, 2)
    assert await states(engine) == [("COMPLETE", number + 1) for number in range(FILES)]
    assert await values(engine) == list(range(FILES))


async def test_it_goes_on_for_a_while_only(engine: AsyncEngine, dataset_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "GOES_ON_S", 0.0)
    await load(engine, Files(), 0)
    assert await states(engine) == [("COMPLETE", 1), ("PROCESSING", 2), *[("PENDING", None)] * 3]


async def test_one_that_is_large_or_in_other_hands_is_left_to_its_event(engine: AsyncEngine, dataset_id: int) -> None:
    async with transaction(engine) as connection:
        await connection.execute(update(chunks).where(chunks.c.upload_id == "1").values(length=loading.GOES_ON_BYTES_MAX + 1))
    await load(engine, Files(), 0)
    assert (await states(engine))[:2] == [("COMPLETE", 1), ("PROCESSING", 2)]
    async with transaction(engine) as elsewhere:
        assert await claim_chunk(elsewhere, "2", 0, "PLANNED") is not None
        await asyncio.wait_for(load(engine, Files(), 1), 20)  # waits for no lock
    assert (await states(engine))[1:4] == [("COMPLETE", 2), ("PROCESSING", 3), ("PENDING", None)]
    async with transaction(engine) as connection:
        await plan_chunks(connection, "3", [structs.replace(CHUNK, number=1)])
        await connection.execute(update(uploads).where(uploads.c.id == "3").values(chunks_total=2, records=2))
    await load(engine, Files(), 2)
    async with transaction(engine) as connection:
        of_two = (await connection.execute(select(chunks.c.state).where(chunks.c.upload_id == "3"))).scalars().all()
    assert of_two == ["PLANNED", "PLANNED"]
