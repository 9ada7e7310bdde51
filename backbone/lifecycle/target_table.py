"""Which table a load goes into: the dataset's own, widened where the file has new columns; or a new one, for `replace`, for a first
file, and where the columns need other types (`retype`), have become so many that the table is a wide one, the file is large and an
index of words stands on the table, or the table has outgrown the shards of its index. And which column of the table each of the file's is."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.column_types import common_columns, is_retyped, remembered_columns, remembered_formats
from backbone.catalog.datasets import inherit, make_table, table_of_version
from backbone.catalog.schema import row_tables
from backbone.catalog.uploads import UploadRecord, adds_columns, changes_columns, is_edit
from backbone.columns.compare import Wanted, compare_columns, tell_added
from backbone.columns.key import ambiguous_key, find_key
from backbone.columns.matching import match_by_title
from backbone.columns.titles import split_titles
from backbone.errors import Rejected
from backbone.findings import Finding, Stopped
from backbone.lifecycle.guards import guard_titles, tell_not_compared
from backbone.lifecycle.target_index import outgrows_index, with_index
from backbone.model import COLUMNS_MAX, WIDE_COLUMNS, Column, Documents, Layout, Reread, Table
from backbone.rows.store import RowStore
from backbone.types.registry import type_of


class Target(Struct, frozen=True, kw_only=True):
    """`copied_from`: the id of the table whose rows are to be brought into this one. `columns`: the file's, under the table's names."""

    table: Table
    copied_from: int | None = None
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    profile: list[dict[str, Any]]
    findings: tuple[Finding, ...] = ()

    @property
    def longest_row(self) -> int:
        """Characters: no row of the file has more."""
        return sum(column["longest"] for column in self.profile)


async def find_target(
    connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload: UploadRecord, profile: list[dict[str, Any]]
) -> Target:
    """Raises `Rejected`, `Stopped` among it where the file's columns cannot be matched with the dataset's."""
    target = await _find_target(connection, rows, dataset, upload, profile)
    longest_row = max(dataset["longest_row"], target.longest_row)
    table = await with_index(connection, rows, dataset, upload, target.table, longest_row=longest_row, copied_from=target.copied_from)
    return msgspec.structs.replace(target, table=table)


async def _find_target(
    connection: AsyncConnection, rows: RowStore, dataset: RowMapping, upload: UploadRecord, profile: list[dict[str, Any]]
) -> Target:
    known = await table_of_version(connection, dataset["id"], dataset["version"]) if dataset["version"] else None
    if known is None:
        if not upload.columns:
            raise Rejected("empty-file", "The file is empty, and the dataset has no columns yet. Send a file with a header first.")
        if changes_columns(upload):
            raise Rejected("unknown-column", "The dataset has no version any more, so there is no column to change.")
        if is_edit(upload) or upload.mode in ("update", "delete"):
            raise Rejected("no-version-yet", "The dataset has no rows that could be changed. Load a file into it first.")
        table = await new_table(connection, rows, dataset["id"], remembered_columns((), upload.columns))
        return Target(table=table, columns=upload.columns, key=upload.key, profile=profile)
    if not upload.columns:
        return await _emptied(connection, rows, known, upload)
    if changes_columns(upload):
        return await _changed(connection, rows, known, upload)
    if is_edit(upload):
        return await _edited(connection, rows, known, upload, profile)
    if upload.mode == "replace" and (stop := guard_titles(known.columns, upload.columns, upload.options)) is not None:
        raise Stopped(stop)
    target = _matched(known, upload, profile)
    target = msgspec.structs.replace(target, findings=(*target.findings, *remembered_formats(known.columns, target.columns)))
    if upload.mode == "delete":
        return target
    if upload.mode == "replace":
        columns = remembered_columns(known.columns, target.columns)
        findings = (*target.findings, *tell_not_compared(known.columns, target.key))
        return msgspec.structs.replace(target, table=await new_table(connection, rows, dataset["id"], columns), findings=findings)
    table, copied_from = await _table_for(connection, rows, known, target, upload)
    return msgspec.structs.replace(target, table=table, copied_from=copied_from)


async def _changed(connection: AsyncConnection, rows: RowStore, table: Table, upload: UploadRecord) -> Target:
    """For an upload without a file, which gives columns other types (`change_columns.py`)."""
    assert upload.dataset_id is not None
    wanted = {column.name: column for column in upload.columns}
    if gone := wanted.keys() - {column.name for column in table.columns}:
        raise Rejected("unknown-column", f"The dataset has no column {', '.join(sorted(gone))} any more.")
    columns = tuple(wanted.get(column.name, column) for column in table.columns)
    new = await new_table(connection, rows, upload.dataset_id, columns, table.layout)
    return Target(table=new, copied_from=table.id, columns=upload.columns, profile=[])


async def _edited(connection: AsyncConnection, rows: RowStore, table: Table, upload: UploadRecord, profile: list[dict[str, Any]]) -> Target:
    """For rows that were sent as such: their columns are the table's, by name, and their values are written as no column declares."""
    known = {column.name: column for column in table.columns}
    if adds_columns(upload):
        return await _enriched(connection, rows, table, upload, profile)
    if gone := [column.name for column in upload.columns if column.name not in known]:
        raise Rejected("unknown-column", f"The dataset has no column {', '.join(gone)} any more. Read it again, and send the rows anew.")
    target = Target(table=table, columns=upload.columns, key=upload.key, profile=profile)
    copied_from = None
    if upload.mode != "delete":
        table, copied_from = await _table_for(connection, rows, table, target, upload)
    columns = tuple(_as_sent(column, known[column.name]) for column in upload.columns)
    return msgspec.structs.replace(target, table=table, copied_from=copied_from, columns=columns)


async def _enriched(
    connection: AsyncConnection, rows: RowStore, table: Table, upload: UploadRecord, profile: list[dict[str, Any]]
) -> Target:
    """As `_edited`, of rows by number that may bring columns: each is the table's of that title, or a new one."""
    match = match_by_title(upload.columns, table.columns)
    names = {old.name: new.name for old, new in zip(upload.columns, match.columns, strict=True)}
    renamed = [{**column, "name": names[column["name"]]} for column in profile]
    target = Target(table=table, columns=match.columns, profile=renamed, findings=tell_added(match.added))
    wider, copied_from = await _table_for(connection, rows, table, target, upload)
    known = {target.name: target for _, target in match.known}
    columns = tuple(_as_sent(column, known[column.name]) if column.name in known else column for column in match.columns)
    return msgspec.structs.replace(target, table=wider, copied_from=copied_from, columns=columns)


def _as_sent(column: Column, known: Column) -> Column:
    if not known.declared or type_of(known).is_time or known.type == "text":
        return column
    return msgspec.structs.replace(column, type=known.type, format=known.format, declared="")


async def _emptied(connection: AsyncConnection, rows: RowStore, table: Table, upload: UploadRecord) -> Target:
    """For a file without a byte, which empty=true lets pass: the dataset keeps its columns."""
    assert upload.dataset_id is not None
    key = tuple(find_key(split_titles(str(upload.options.get("key") or "")), table.columns))
    if upload.mode == "replace":
        table = await new_table(connection, rows, upload.dataset_id, table.columns)
    return Target(table=table, columns=(), key=key, profile=[])


def _matched(table: Table, upload: UploadRecord, profile: list[dict[str, Any]]) -> Target:
    options = upload.options
    wanted = Wanted(
        mode=upload.mode,
        policy=options.get("columns") or "match",
        missing=options.get("missing") or "keep",
        retype=bool(options.get("retype")),
        has_titles=upload.dialect is None or upload.dialect.header or bool(options.get("names")),
        empty={column["name"] for column in profile if not column["longest"]},
    )
    match, findings = compare_columns(upload.columns, table.columns, wanted)
    names = {old.name: new.name for old, new in zip(upload.columns, match.columns, strict=True)}
    return Target(
        table=table,
        columns=match.columns,
        key=_key(upload, match.columns, names),
        profile=[{**column, "name": names[column["name"]]} for column in profile],
        findings=findings,
    )


def _key(upload: UploadRecord, columns: Sequence[Column], names: dict[str, str]) -> tuple[str, ...]:
    """Under the table's names. What the user wrote must mean the same column there as it does in the file."""
    key = tuple(names[name] for name in upload.key)
    for text, name in zip(split_titles(str(upload.options.get("key") or "")), key, strict=False):
        in_table = next((column for column in columns if column.name == text), None)
        if in_table is not None and in_table.name != name:
            raise ambiguous_key(text, [in_table, *(column for column in columns if column.name == name)])
    return key


async def _table_for(
    connection: AsyncConnection, rows: RowStore, table: Table, target: Target, upload: UploadRecord
) -> tuple[Table, int | None]:
    columns = common_columns(table.columns, target.columns, retype=bool(upload.options.get("retype")))
    if len(columns) > COLUMNS_MAX:
        raise Rejected(
            "too-many-columns",
            f"With this file's new columns the dataset would have {len(columns)}; it may have {COLUMNS_MAX}. "
            "Upload it with mode=replace, or into a dataset of its own.",
        )
    becomes_wide = table.layout == "columns" and len(columns) > WIDE_COLUMNS  # rows and index of a wide table are laid out otherwise
    is_slow = await rows.is_slow_to_grow(connection, table, upload.records or 0) or await outgrows_index(connection, rows, table, upload)
    if is_retyped(table.columns, columns) or becomes_wide or is_slow:
        assert upload.dataset_id is not None
        return await new_table(connection, rows, upload.dataset_id, columns, table.layout, heir_of=[table]), table.id
    return (await _widen(connection, rows, table, columns) if columns != table.columns else table), None


async def new_table(
    connection: AsyncConnection,
    rows: RowStore,
    dataset_id: int,
    columns: Sequence[Column],
    layout: Layout = "columns",
    *,
    heir_of: Sequence[Table] = (),
) -> Table:
    """An empty table; wide ones get the layout `cells` whatever was asked for: a PostgreSQL row must fit in 8 KiB. `heir_of`: tables whose
    rows it is to take over."""
    if len(columns) > WIDE_COLUMNS and layout == "columns":
        layout = "cells"
    reread = sum((table.reread for table in heir_of), start=Reread())
    documents: Documents = "there" if any(table.documents != "none" for table in heir_of) else "none"
    shards = max((table.shards for table in heir_of), default=1)
    table = await make_table(connection, dataset_id, columns, layout, reread, documents, shards)
    for source in heir_of:
        await inherit(connection, source, table)
    await rows.create_table(connection, table)
    return table


async def _widen(connection: AsyncConnection, rows: RowStore, table: Table, columns: tuple[Column, ...]) -> Table:
    await rows.add_columns(connection, table, columns[len(table.columns) :])
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(columns=msgspec.to_builtins(columns)))
    return msgspec.structs.replace(table, columns=columns)
