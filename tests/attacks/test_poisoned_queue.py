"""A file that cannot be loaded fails alone: neither the upload before it nor those behind it, and it tells no word of a library's."""

from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import plan_chunks
from backbone.catalog.datasets import ensure_dataset
from backbone.catalog.schema import uploads
from backbone.catalog.uploads import create_upload, step
from backbone.errors import Rejected
from backbone.eventlog.events import UPLOAD_INDEXED
from backbone.lifecycle.end_upload import end_upload
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Chunk, Column
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from services.__main__ import DOING, reason_of

CHUNK = Chunk(number=0, offset=0, length=4, records=1, first_record=1, first_line=2, clean=True)
POISON = "ctid"  # a column that PostgreSQL has already, however it got past the naming
SECRETS = ("ALTER TABLE", "CREATE TABLE", "SQL", "asyncpg", "sqlalchemy", "rows_")


async def queue(connection: Any, upload_id: str, column: str) -> int:
    await create_upload(connection, {"id": upload_id, "dataset": "poisoned", "file_name": "f", "file_key": "k", "mode": "append"})
    dataset_id = await ensure_dataset(connection, "poisoned")
    await plan_chunks(connection, upload_id, [CHUNK])
    columns = msgspec.to_builtins([Column(name=name, title=name, type="integer") for name in ("a", column)])
    values = {"dataset_id": dataset_id, "columns": columns, "chunks_total": 1, "records": 1, "received_at": func.clock_timestamp()}
    await step(connection, upload_id, "PENDING", **values)
    return dataset_id


async def test_a_poisoned_upload_in_the_queue_fails_alone(engine: AsyncEngine) -> None:
    rows = RowStore(engine)
    async with transaction(engine) as connection:
        dataset_id = await queue(connection, "good", "b")
        await start_next(connection, rows, dataset_id)
        await queue(connection, "poison", POISON)
        await queue(connection, "behind", "c")
    async with transaction(engine) as connection:  # as whoever ends the first one does
        await end_upload(connection, "good", "CANCELLED")
        await connection.execute(uploads.update().where(uploads.c.id == "good").values(cleaned_at=func.now()))
        await start_next(connection, rows, dataset_id)
    async with transaction(engine) as connection:
        found = {row.id: row for row in (await connection.execute(select(uploads))).all()}
    assert {name: row.state for name, row in found.items()} == {"good": "CANCELLED", "poison": "FAILED", "behind": "PROCESSING"}
    assert found["poison"].error["type"] == "internal-error"
    assert not any(word in found["poison"].error["detail"] for word in SECRETS), found["poison"].error


def test_what_an_upload_failed_of_is_told_in_our_own_words() -> None:
    for event_type in (UPLOAD_INDEXED, *DOING):
        reason = reason_of(event_type, RuntimeError("[SQL: ALTER TABLE rows_26 ADD COLUMN x] postgresql://u:pw@host"))
        assert reason.type == "internal-error"
        assert not any(word in reason.detail for word in (*SECRETS, "pw"))
    foreseen = reason_of(UPLOAD_INDEXED, Rejected("too-many-columns", "The file has too many columns."))
    assert (foreseen.type, foreseen.detail) == ("too-many-columns", "The file has too many columns.")
