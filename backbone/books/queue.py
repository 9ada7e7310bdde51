"""The queue of a dataset: one upload at a time, the others wait as PENDING in the order in which they were received.

All of it happens under the lock of the dataset's row, in the transaction of whoever made room: the upload service when a file is
in, the indexer when an upload has ended. So there is no dispatcher that could die.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone import events
from backbone.books.chunks import list_chunks
from backbone.books.datasets import make_table, newest_version, read_table
from backbone.books.ending import UploadError, end_upload
from backbone.books.outbox import emit, new_event
from backbone.books.same_file import loaded_already
from backbone.books.tables import datasets, row_tables, uploads, versions
from backbone.books.uploads import UploadRecord, step, to_record
from backbone.errors import Rejected
from backbone.model import Column, Layout, Table
from backbone.ports.row_store import RowStore

COLUMNS_LAYOUT_MAX: Final = 200  # wider tables keep their cells in one array: a PostgreSQL row must fit in 8 KiB
COLUMNS_ADDED_MAX: Final = 1_000  # PostgreSQL's own limit is 1,600 columns, dropped ones included


async def start_next(connection: AsyncConnection, rows: RowStore, dataset_id: int) -> None:
    """Starts the oldest waiting upload if nothing of this dataset is under way. Cheap and harmless to call too often."""
    dataset = (await connection.execute(select(datasets).where(datasets.c.id == dataset_id).with_for_update())).mappings().first()
    if dataset is None:
        return
    query = select(uploads).where(uploads.c.dataset_id == dataset_id, uploads.c.state == "PENDING")
    oldest = query.order_by(uploads.c.received_at, uploads.c.id).limit(1)
    while not await _is_busy(connection, dataset_id):
        waiting = (await connection.execute(oldest)).mappings().first()
        if waiting is None:
            return
        try:
            async with connection.begin_nested():
                if await _is_needless(connection, dataset, waiting):
                    continue
                await _start(connection, rows, dataset, to_record(waiting))
        except Rejected as error:  # it cannot be loaded into this dataset; the one behind it perhaps can
            await end_upload(connection, waiting["id"], "FAILED", UploadError(type=error.code, detail=error.detail))


async def _is_busy(connection: AsyncConnection, dataset_id: int) -> bool:
    """Under way, held, or ended with traces left: rows of a failed version N would show up in N+1 if that came before the cleaning."""
    under_way = uploads.c.state.in_(("PROCESSING", "HELD"))
    unclean = (
        uploads.c.state.in_(("FAILED", "CANCELLED", "DISCARDED", "UNDONE"))
        & uploads.c.version.is_not(None)
        & uploads.c.cleaned_at.is_(None)
    )
    query = select(uploads.c.id).where(uploads.c.dataset_id == dataset_id, under_way | unclean).limit(1)
    return (await connection.execute(query)).first() is not None


async def _is_needless(connection: AsyncConnection, dataset: RowMapping, waiting: RowMapping) -> bool:
    """Asked now and not when the file came in: now all uploads before it have ended, and what they left is certain."""
    if not waiting["options"].get("if_changed"):
        return False
    same = await loaded_already(connection, dataset, waiting)
    if same is not None:
        await step(connection, waiting["id"], "UNCHANGED", same_as=same, completed_at=func.clock_timestamp())
    return same is not None


async def _start(connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload: UploadRecord) -> None:
    version = await newest_version(connection, dataset["id"]) + 1
    table = await _table_for(connection, rows, dataset, upload)
    first_chunk = await _reserve_chunks(connection, table, upload.chunks_total)
    await connection.execute(insert(versions).values(dataset_id=dataset["id"], number=version, table_id=table.id, upload_id=upload.id))
    await step(
        connection,
        upload.id,
        "PROCESSING",
        stage="loading",
        version=version,
        table_id=table.id,
        first_chunk=first_chunk,
        started_at=func.now(),
    )
    planned = [
        new_event(events.CHUNK_PLANNED, f"{upload.id}/{chunk['number']}", upload_id=upload.id, chunk=chunk["number"])
        for chunk in await list_chunks(connection, upload.id)
    ]
    await emit(connection, *planned)


async def _table_for(connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload: UploadRecord) -> Table:
    """The current table, with columns added where the file has new ones; a new one for `replace` and for a first file."""
    query = select(versions.c.table_id).where(versions.c.dataset_id == dataset["id"], versions.c.number == dataset["version"])
    current = (await connection.execute(query)).scalar()
    if current is None or upload.mode == "replace":
        layout: Layout = "columns" if len(upload.columns) <= COLUMNS_LAYOUT_MAX else "cells"
        table = await make_table(connection, dataset["id"], upload.columns, layout)
        await rows.create_table(connection, table)
        return table
    table = await read_table(connection, current)
    known = {column.name for column in table.columns}
    added = [column for column in upload.columns if column.name not in known]
    return await _widen(connection, rows, table, added) if added else table


async def _widen(connection: AsyncConnection, rows: RowStore, table: Table, added: Sequence[Column]) -> Table:
    if table.layout == "columns" and len(table.columns) + len(added) > COLUMNS_ADDED_MAX:
        raise Rejected(
            "too-many-columns",
            f"The file brings {len(added)} new columns to a dataset of {len(table.columns)}; together they may be {COLUMNS_ADDED_MAX}. "
            "Upload it with mode=replace, or into a dataset of its own.",
        )
    await rows.add_columns(connection, table, added)
    columns = (*table.columns, *added)
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(columns=msgspec.to_builtins(columns)))
    return msgspec.structs.replace(table, columns=columns)


async def _reserve_chunks(connection: AsyncConnection, table: Table, count: int) -> int:
    statement = update(row_tables).where(row_tables.c.id == table.id).values(next_chunk=row_tables.c.next_chunk + count)
    return int((await connection.execute(statement.returning(row_tables.c.next_chunk))).scalar_one()) - count
