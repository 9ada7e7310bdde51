"""The guard of a step: an upload and a chunk move from the states that the lifecycle allows, and stay where none leads there."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import list_chunks, plan_chunks, step_chunk
from backbone.catalog.states import CHUNK_STEPS, UPLOAD_STEPS, ChunkState, UploadState, may_become
from backbone.catalog.uploads import create_upload, shown_row, step
from backbone.errors import Conflict
from backbone.model import Chunk
from backbone.postgres.engine import transaction

ID = "0198a000-0000-7000-8000-000000000000"
CHUNK = Chunk(number=0, offset=0, length=1, records=1, first_record=1, first_line=1, clean=True)
NEW = {"id": ID, "dataset": "goods", "file_name": "goods.csv", "file_key": "goods", "mode": "append", "hold": False, "options": {}}


@pytest.mark.parametrize("state", UPLOAD_STEPS)
async def test_an_upload_moves_from_states_that_lead_there_alone(engine: AsyncEngine, state: UploadState) -> None:
    async with transaction(engine) as connection:
        await create_upload(connection, NEW)
        if "RECEIVING" in may_become(state):
            await step(connection, ID, state)
        else:
            with pytest.raises(Conflict):
                await step(connection, ID, state)
        assert (await shown_row(connection, ID))["state"] == (state if "RECEIVING" in may_become(state) else "RECEIVING")


async def test_an_origin_that_does_not_lead_there_moves_nothing(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await create_upload(connection, NEW)
        with pytest.raises(Conflict):
            await step(connection, ID, "PENDING", origin="COMPLETE")
        assert (await shown_row(connection, ID))["state"] == "RECEIVING"


@pytest.mark.parametrize("state", CHUNK_STEPS)
async def test_a_chunk_moves_from_states_that_lead_there_alone(engine: AsyncEngine, state: ChunkState) -> None:
    async with transaction(engine) as connection:
        await create_upload(connection, NEW)
        await plan_chunks(connection, ID, [CHUNK])
        moved = await step_chunk(connection, ID, 0, state)
        assert moved == (state in CHUNK_STEPS["PLANNED"])
        [row] = await list_chunks(connection, ID)
        assert row["state"] == (state if moved else "PLANNED")
