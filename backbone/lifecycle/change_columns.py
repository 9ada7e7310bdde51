"""Other types for columns of a dataset: an upload without records, queued like any other, so that what it makes is a version that can be
held, undone and verified. Its file says what was changed; the rows are read again from the files of the uploads before it
(`services/parser/read_again.py`).
"""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from typing import Final

import msgspec
import uuid_utils
from msgspec import Struct, structs
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.audit import note
from backbone.catalog.datasets import dataset_row, lock_dataset, read_table, read_view
from backbone.catalog.stored_files import file_key
from backbone.catalog.uploads import create_upload, step
from backbone.columns.titles import find_column
from backbone.errors import BadRequest, NotFound
from backbone.files.port import FileStore
from backbone.lifecycle.upload_queue import start_next
from backbone.model import Column
from backbone.postgres.engine import transaction
from backbone.rows.store import RowStore
from backbone.types.declared import read_types

FILE_NAME: Final = "column-types.csv"


class TypeChange(Struct, frozen=True, kw_only=True):
    """`types`: by a column's name or title, the type as in `types=`: `text`, `decimal(1.234,56)`, `date(%d/%m/%Y)`."""

    dataset: str
    types: Mapping[str, str]
    hold: bool = False


async def change_columns(engine: AsyncEngine, files: FileStore, rows: RowStore, change: TypeChange) -> str | None:
    """Queues the change and returns the id of its upload; None when all is so already.

    Raises `BadRequest`, `NotFound`, `Unavailable`."""
    async with transaction(engine) as connection:
        view = await read_view(connection, change.dataset)
        columns = changed_columns((await read_table(connection, view.table.id)).columns, change.types)
    if not columns:
        return None
    upload_id = str(uuid_utils.uuid7())
    content = _written(columns)
    await files.put(file_key(upload_id), _blocks(content))  # before its record: a file that no upload has is swept up
    async with transaction(engine) as connection:
        dataset_id = int((await dataset_row(connection, change.dataset))["id"])
        if await lock_dataset(connection, dataset_id) is None:
            raise NotFound("no-such-dataset", f"Dataset {change.dataset!r} has just been removed.")
        values = {"id": upload_id, "dataset": change.dataset, "file_name": FILE_NAME, "file_key": file_key(upload_id), "hold": change.hold}
        await create_upload(connection, {**values, "mode": "append", "options": {"changes_columns": True}})
        await step(
            connection,
            upload_id,
            "PENDING",
            origin="RECEIVING",
            dataset_id=dataset_id,
            columns=msgspec.to_builtins(columns),
            profile=[],
            records=0,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=func.now(),
        )
        await note(connection, "dataset.changed", dataset=change.dataset, object=upload_id, types=len(columns), hold=change.hold)
        await start_next(connection, rows, dataset_id)
    return upload_id


def changed_columns(columns: tuple[Column, ...], types: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns that become others, in the table's order. Raises `BadRequest`."""
    changed: dict[str, Column] = {}
    for text, type_text in types.items():
        column = find_column(text, columns)
        if column.name in changed:
            raise BadRequest("bad-types", f"columns names {column.name} twice, the second time as {text!r}.")
        changed[column.name] = _retyped(column, type_text)
    return tuple(changed[column.name] for column in columns if column.name in changed and changed[column.name] != column)


def _retyped(column: Column, type_text: str) -> Column:
    quoted = column.name.replace('"', '""')
    declared = read_types(f'"{quoted}":{type_text}')
    if len(declared) != 1:
        raise BadRequest("bad-types", f"{type_text!r} is not one type. Write it as text, integer, decimal(1.234,56), date(%d/%m/%Y).")
    return structs.replace(column, type=declared[0].type, format=declared[0].format, declared=declared[0].pattern, undecided=False)


def _written(columns: tuple[Column, ...]) -> bytes:
    text = io.StringIO()
    lines = [(column.name, column.title, column.type, column.declared or "") for column in columns]
    csv.writer(text, lineterminator="\n").writerows([("column", "title", "type", "format"), *lines])
    return text.getvalue().encode()


async def _blocks(content: bytes) -> AsyncIterator[bytes]:
    yield content
