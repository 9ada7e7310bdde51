"""RowHistory on PostgreSQL: set-based, a few statements for any number of rows."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.model import Column, Table
from backbone.postgres.engine import postgres_errors
from backbone.postgres.raw import raw_connection
from backbone.rows.bulk_lines import deletions_where, documents_where
from backbone.rows.history_port import Change, Merged
from backbone.rows.history_sql import (
    MERGE_DONE,
    changes_sql,
    copy_before_sql,
    copy_merged_sql,
    copy_version_sql,
    merge_statements,
    merged_counts,
    superseded_sql,
    swept_sql,
    unmerge_sql,
)


class PostgresHistory:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def merge(
        self, connection: AsyncConnection, table: Table, version: int, key: Sequence[Column], source: Table | None = None
    ) -> Merged:
        async with postgres_errors():
            for statement in merge_statements(table, version, key, source or table):
                await connection.exec_driver_sql(statement)
            counts = (await connection.exec_driver_sql(merged_counts(table, version))).mappings().one()
            if source is not None:
                await connection.exec_driver_sql(copy_merged_sql(source, table, version))
            for statement in MERGE_DONE:  # a removal merges several versions in one transaction
                await connection.exec_driver_sql(statement)
        return Merged(**counts)

    async def unmerge(self, connection: AsyncConnection, table: Table, version: int) -> None:
        await connection.exec_driver_sql(unmerge_sql(table, version))

    def superseded_documents(self, table: Table, version: int, *, as_visible: bool) -> AsyncIterator[bytes]:
        return documents_where(self._engine, table, superseded_sql(version), as_visible=as_visible)

    async def copy_before(self, connection: AsyncConnection, source: Table, target: Table, version: int) -> None:
        await connection.exec_driver_sql(copy_before_sql(source, target, version))

    async def copy_version(self, connection: AsyncConnection, source: Table, target: Table, version: int) -> None:
        await connection.exec_driver_sql(copy_version_sql(source, target, version))

    def swept_deletions(self, table: Table, oldest: int, later: tuple[int, int]) -> AsyncIterator[bytes]:
        return deletions_where(self._engine, table, swept_sql(oldest, later))

    async def sweep(self, connection: AsyncConnection, table: Table, oldest: int, later: tuple[int, int]) -> int:
        return (await connection.exec_driver_sql(f"DELETE FROM {table.name} AS t WHERE {swept_sql(oldest, later)}")).rowcount

    async def changes(self, table: Table, version: int, key: Sequence[Column], *, kind: str, after: int, limit: int) -> list[Change]:
        async with raw_connection(self._engine) as raw:
            found = await raw.fetch(changes_sql(table, version, key, kind), after, limit)
        return [
            Change(
                row=row,
                values=msgspec.Raw(values.encode()),
                old_row=old_row,
                old_values=None if old_values is None else msgspec.Raw(old_values.encode()),
            )
            for row, values, old_row, old_values in found
        ]
