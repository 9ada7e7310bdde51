"""What waits for something slow occupies neither the threads nor the hands that others need."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.outbox import Relay, new_event
from backbone.catalog.uploads import create_upload, step
from backbone.errors import Unavailable
from backbone.eventlog.events import UPLOAD_ENDED
from backbone.lifecycle.end_upload import end_upload
from backbone.lifecycle.locks import lock_tables
from backbone.postgres.engine import transaction
from services.indexer.retention.purge_failed import purge_failed
from services.indexer.stores import Stores
from services.upload.receive.scan_stream import ScanStream
from services.upload.scan.options import ScanOptions
from services.upload.scan.reading_copy import ReadingCopy

FILES = 12  # more than asyncio has threads on a small machine
BLOCK = "id;name\n".encode("latin-1") + "1;Café\n".encode("latin-1") * 200_000


class Slow:
    """A file store that takes nothing until it is given up."""

    def __init__(self) -> None:
        self.given_up = asyncio.Event()

    async def put(self, key: str, blocks: AsyncIterator[bytes]) -> int:
        await self.given_up.wait()
        raise Unavailable("files", "it takes nothing")


async def test_files_that_wait_for_a_slow_store_leave_the_threads_to_others() -> None:
    files: Any = Slow()
    streams = [ScanStream(files, f"k{number}", ScanOptions(), ReadingCopy(encoding="latin-1")) for number in range(FILES)]

    async def feed(stream: ScanStream) -> None:
        while True:
            await stream.take(BLOCK)

    feeding = [asyncio.create_task(feed(stream)) for stream in streams]
    async with asyncio.timeout(60):
        while not all(stream._pieces.full() for stream in streams):  # noqa: ASYNC110 -- queues tell nobody that they are full
            await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        assert await asyncio.to_thread(lambda: 1) == 1
    files.given_up.set()
    ends = await asyncio.gather(*feeding, return_exceptions=True)
    assert all(isinstance(end, Unavailable) for end in ends)


async def test_clean_ups_of_what_never_began_wait_for_no_lock(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        dataset_id = await ensure_dataset(connection, "occupied")
        for number in range(10):
            values = {"id": f"u{number}", "dataset": "occupied", "file_name": "f", "file_key": "k", "mode": "append"}
            await create_upload(connection, values)
            await step(connection, f"u{number}", "PENDING", dataset_id=dataset_id)
            await end_upload(connection, f"u{number}", "CANCELLED")
    stores: Any = Stores.__new__(Stores)
    object.__setattr__(stores, "engine", engine)
    relay = Relay(engine, None)  # type: ignore[arg-type]
    async with transaction(engine) as removal, asyncio.timeout(20):
        await lock_tables(removal, dataset_id)
        for number in range(10):
            await purge_failed(new_event(UPLOAD_ENDED, f"u{number}", upload_id=f"u{number}"), stores=stores, relay=relay)


async def test_clean_ups_give_their_hands_back_while_another_has_the_dataset(engine: AsyncEngine) -> None:
    """A removal that rebuilds a table may have it for an hour: who wants it meanwhile comes again, and others get the hands."""
    async with transaction(engine) as connection:
        dataset_id = await ensure_dataset(connection, "occupied-long")
        values = {"id": "w", "dataset": "occupied-long", "file_name": "f", "file_key": "k", "mode": "append"}
        await create_upload(connection, values)
        await step(connection, "w", "PENDING", dataset_id=dataset_id)
        await step(connection, "w", "PROCESSING", version=1)
        await end_upload(connection, "w", "FAILED")
    stores: Any = Stores.__new__(Stores)
    object.__setattr__(stores, "engine", engine)
    relay = Relay(engine, None)  # type: ignore[arg-type]
    async with transaction(engine) as removal, asyncio.timeout(20):
        await lock_tables(removal, dataset_id)
        with pytest.raises(Unavailable, match="other work has the lock on tables of"):
            await purge_failed(new_event(UPLOAD_ENDED, "w", upload_id="w"), stores=stores, relay=relay)
    async with transaction(engine) as connection:
        await lock_tables(connection, dataset_id)  # nobody has it any more
        assert (await connection.execute(text("SHOW lock_timeout"))).scalar() == "0"
