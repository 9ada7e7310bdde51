"""Which table a load goes into: the dataset's own, widened where the file has new columns; or a new one, for `replace`, for a first
file, and where the columns need other types (`retype`), have become so many that the table is a wide one, or the file is large and an
index of words stands on the table."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.column_types import common_columns, widened_columns
from backbone.catalog.datasets import make_table, read_table
from backbone.catalog.schema import row_tables, uploads, versions
from backbone.catalog.uploads import UploadRecord
from backbone.errors import Rejected
from backbone.model import WIDE_COLUMNS, Column, Layout, Table
from backbone.rows.store import RowStore

COLUMNS_MAX: Final = 10_000  # of all files of a dataset together


async def table_for(connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload: UploadRecord) -> tuple[Table, int | None]:
    """The table, and the id of the one whose rows are to be brought into it. Raises `Rejected`."""
    query = select(versions.c.table_id).where(versions.c.dataset_id == dataset["id"], versions.c.number == dataset["version"])
    current = (await connection.execute(query)).scalar()
    if current is None or upload.mode == "replace":
        return await new_table(connection, rows, dataset["id"], upload.columns), None
    table = await read_table(connection, current)
    columns = await _columns(connection, table, upload)
    if len(columns) > COLUMNS_MAX:
        raise Rejected(
            "too-many-columns",
            f"With this file's new columns the dataset would have {len(columns)}; it may have {COLUMNS_MAX}. "
            "Upload it with mode=replace, or into a dataset of its own.",
        )
    is_retyped = columns[: len(table.columns)] != table.columns
    becomes_wide = table.layout == "columns" and len(columns) > WIDE_COLUMNS  # rows and index of a wide table are laid out otherwise
    if is_retyped or becomes_wide or await rows.is_slow_to_grow(connection, table, upload.records or 0):
        return await new_table(connection, rows, dataset["id"], columns, table.layout), table.id
    return await _widen(connection, rows, table, columns) if columns != table.columns else table, None


async def _columns(connection: AsyncConnection, table: Table, upload: UploadRecord) -> tuple[Column, ...]:
    """What the table's columns will be."""
    if not upload.options.get("retype"):
        return widened_columns(table.columns, upload.columns)
    profile = (await connection.execute(select(uploads.c.profile).where(uploads.c.id == upload.id))).scalar() or []
    return common_columns(table.columns, upload.columns, {column["name"] for column in profile if not column["longest"]})


async def new_table(
    connection: AsyncConnection, rows: RowStore, dataset_id: int, columns: Sequence[Column], layout: Layout = "columns"
) -> Table:
    """An empty table; wide ones get the layout `cells` whatever was asked for: a PostgreSQL row must fit in 8 KiB."""
    if len(columns) > WIDE_COLUMNS and layout == "columns":
        layout = "cells"
    table = await make_table(connection, dataset_id, columns, layout)
    await rows.create_table(connection, table)
    return table


async def _widen(connection: AsyncConnection, rows: RowStore, table: Table, columns: tuple[Column, ...]) -> Table:
    await rows.add_columns(connection, table, columns[len(table.columns) :])
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(columns=msgspec.to_builtins(columns)))
    return msgspec.structs.replace(table, columns=columns)
