"""The queue of a dataset under many hands: nobody waits for anybody who waits for him."""

import asyncio

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import plan_chunks
from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.schema import datasets, uploads
from backbone.catalog.uploads import create_upload, step
from backbone.lifecycle.remove import remove_dataset
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Chunk, Column
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore

CHUNK = Chunk(number=0, offset=0, length=4, records=1, first_record=1, first_line=2, clean=True)
COLUMNS = msgspec.to_builtins([Column(name="a", title="a", type="integer")])


async def test_uploads_that_come_at_once_do_not_deadlock(engine: AsyncEngine) -> None:
    """Each names the dataset (a foreign key, which shares a lock of its row) and then wants that row for itself, to start what is next."""
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        dataset_id = await ensure_dataset(connection, "busy")
        for number in range(20):
            await create_upload(connection, {"id": str(number), "dataset": "busy", "file_name": "f", "file_key": "k", "mode": "append"})
    all_named = asyncio.Barrier(4)  # of the engine's five connections

    async def receive(number: int) -> None:
        async with transaction(engine) as connection:
            await plan_chunks(connection, str(number), [CHUNK])
            values = {"dataset_id": dataset_id, "columns": COLUMNS, "chunks_total": 1, "records": 1, "received_at": func.clock_timestamp()}
            await step(connection, str(number), "PENDING", **values)
            await all_named.wait()
            await start_next(connection, rows, dataset_id)

    for first in range(0, 20, 4):
        await asyncio.gather(*(receive(number) for number in range(first, first + 4)))
    async with transaction(engine) as connection:
        states = (await connection.execute(select(uploads.c.state, func.count()).group_by(uploads.c.state))).all()
    assert sorted(map(tuple, states)) == [("PENDING", 19), ("PROCESSING", 1)]


async def test_what_is_queued_while_its_dataset_goes_is_not_lost_with_it(engine: AsyncEngine) -> None:
    """It is cancelled with the dataset, or stands in a new one of that name: never in one that nobody can see."""
    rows = RowStore(engine)

    async def receive(number: int) -> None:
        async with transaction(engine) as connection:
            await create_upload(connection, {"id": str(number), "dataset": "going", "file_name": "f", "file_key": "k", "mode": "append"})
            dataset_id = await ensure_dataset(connection, "going")
            await plan_chunks(connection, str(number), [CHUNK])
            values = {"dataset_id": dataset_id, "columns": COLUMNS, "chunks_total": 1, "records": 1, "received_at": func.clock_timestamp()}
            await step(connection, str(number), "PENDING", **values)
            await start_next(connection, rows, dataset_id)

    async def remove() -> None:
        async with transaction(engine) as connection:
            await remove_dataset(connection, "going")

    for number in range(0, 60, 3):
        await receive(number)
        await asyncio.gather(receive(number + 1), remove(), receive(number + 2))
    async with transaction(engine) as connection:
        gone = select(uploads.c.state).join(datasets).where(datasets.c.removed_at.is_not(None))
        assert set((await connection.execute(gone)).scalars()) == {"CANCELLED"}
