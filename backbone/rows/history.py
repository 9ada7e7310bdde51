"""RowHistory: what versions do to rows. Upserts supersede them, undo brings them back, a removal replays them into a new table.

Set-based: a few statements for any number of rows. Rows carry `_from`, the version that brought them, and `_until`, the version that
superseded them. Everything that writes takes part in the caller's transaction.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backbone.model import Column, Mode, Table, View
from backbone.postgres.engine import postgres_errors
from backbone.postgres.raw import raw_connection
from backbone.rows.compared_sql import came_page_sql, went_page_sql
from backbone.rows.documents import documents_where, ids_where
from backbone.rows.history_sql import (
    MERGE_DONE,
    WINNERS_DONE,
    Meant,
    changes_sql,
    copy_before_sql,
    copy_merged_sql,
    copy_version_sql,
    count_visible_sql,
    deleted_page_sql,
    duplicates_sql,
    last_statements,
    merge_statements,
    merged_counts,
    repeated_keys_sql,
    superseded_sql,
    swept_sql,
    unmerge_sql,
)
from backbone.rows.replaced_sql import READ_SETTINGS, removed_page_sql, replace_statements, replaced_counts, replaced_page_sql

REPEATED_TOLD_MAX: Final = 10


class RepeatedKey(Struct, frozen=True):
    """A row that a later one of the same version and key superseded; `key` as the columns' texts."""

    row: int
    key: str


class Merged(Struct, frozen=True, kw_only=True):
    """What an upload with a key did. Each row of the file is exactly one of the first four, or `missing`, or deletes; `superseded` are older rows that it
    replaced, `removed` those whose key a replacement does not have."""

    inserted: int
    updated: int
    unchanged: int
    duplicates: int
    superseded: int
    removed: int = 0
    deleted: int = 0  # older rows, by mode "delete"
    missing: int = 0  # rows of the file that "update" and "delete" met no older one for
    repeated: tuple[RepeatedKey, ...] = ()  # the first of the duplicates


class Change(Struct, frozen=True, kw_only=True):
    """A row that a version brought, and the row of the same key that it replaced; or a row that went (`is_removed`). Values are JSON
    objects, as `Hit.values`."""

    row: int
    values: msgspec.Raw
    is_removed: bool = False
    old_row: int | None = None
    old_values: msgspec.Raw | None = None


class RowHistory:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def merge(
        self,
        connection: AsyncConnection,
        table: Table,
        version: int,
        meant: Meant,
        source: Table | None = None,
        kept: Sequence[Column] = (),
        mode: Mode = "upsert",
        rows: tuple[int, int] | None = None,
        few: bool = False,
    ) -> Merged:
        """`rows`: the first of this version, and one behind the last; `few`: they are some thousands at most. With `source`, older rows are
        those of that table, and brought along as by `copy_before`.

        Lets the rows with `_from = version` supersede older ones of the same key: the last row of a key wins, earlier ones of the same
        version are superseded by it. A row that is equal to the visible one is superseded itself, so that nothing changes. In the columns
        `kept`, which the file did not have, a row takes the values of the one that it replaces. With `mode` "update" a row that meets no
        older one is superseded itself; with "delete" all of them are, and so are the older ones that they meet."""
        async with postgres_errors():
            for statement in last_statements(table, version, meant, rows):
                await connection.exec_driver_sql(statement)
            duplicates = int((await connection.exec_driver_sql(duplicates_sql(table, version, rows))).scalar_one())
            has_duplicates = duplicates > 0
            older = source or table
            for statement in merge_statements(table, version, meant, older, kept, mode, rows, has_duplicates=has_duplicates, few=few):
                await connection.exec_driver_sql(statement)
            counts = (await connection.exec_driver_sql(merged_counts(mode))).mappings().one()
            repeated = await _repeated(connection, table, version, meant.key) if has_duplicates else ()
            if source is not None:
                await connection.exec_driver_sql(copy_merged_sql(source, table, version))
            for statement in MERGE_DONE:  # a removal merges several versions in one transaction
                await connection.exec_driver_sql(statement)
        return Merged(**counts, duplicates=duplicates, repeated=repeated)

    async def unmerge(self, connection: AsyncConnection, table: Table, version: int) -> None:
        """Brings back the rows that this version superseded."""
        await connection.exec_driver_sql(unmerge_sql(table, version))

    def superseded_documents(self, table: Table, version: int, *, as_visible: bool) -> AsyncIterator[bytes]:
        """Older rows that this version superseded, as `RowStore.documents`; with `as_visible` as if it had not."""
        return documents_where(self._engine, table, superseded_sql(version), as_visible=as_visible)

    async def copy_before(self, connection: AsyncConnection, source: Table, target: Table, version: int) -> None:
        """Copies all rows with `_from < version` as they stood before that version: what it or a later one superseded is not. Values go
        by way of their text where the types differ; columns that `source` lacks are null."""
        await connection.exec_driver_sql(copy_before_sql(source, target, version))

    async def copy_version(
        self, connection: AsyncConnection, source: Table, target: Table, version: int, left_out: Sequence[Column] = ()
    ) -> None:
        """Copies all rows with `_from = version`, none of them superseded; without what they have in the columns `left_out`."""
        await connection.exec_driver_sql(copy_version_sql(source, target, version, left_out))

    async def count_visible(self, connection: AsyncConnection, table: Table, version: int) -> int:
        """As the caller's transaction has made it."""
        return int((await connection.exec_driver_sql(count_visible_sql(table, version))).scalar_one())

    def swept_ids(self, table: Table, oldest: int, later: tuple[int, int]) -> AsyncIterator[bytes]:
        """What `sweep` will delete, as the ids of documents (`document_lines`)."""
        return ids_where(self._engine, table, swept_sql(oldest, later))

    async def sweep(self, connection: AsyncConnection, table: Table, oldest: int, later: tuple[int, int]) -> int:
        """Deletes rows superseded in `oldest` or before, and rows brought later than version `later[0]`, until `later[1]`; returns how
        many."""
        return (await connection.exec_driver_sql(f"DELETE FROM {table.name} AS t WHERE {swept_sql(oldest, later)}")).rowcount

    async def changes(self, table: Table, version: int, meant: Meant, *, kind: str, after: int, limit: int) -> list[Change]:
        """At most `limit` changes behind row `after`, by row. `kind` is "inserted", "updated" or "" for both; meant by nothing, all are
        inserted."""
        async with raw_connection(self._engine) as raw, raw.transaction(readonly=True):
            if meant.key:
                await raw.execute(READ_SETTINGS)
            records = await raw.fetch(changes_sql(table, version, meant, kind), after, limit)
        return [_change(*record) for record in records]

    async def deleted(self, table: Table, version: int, *, after: int, limit: int) -> list[Change]:
        """As `changes`: rows that a version by mode "delete" took out."""
        async with raw_connection(self._engine) as raw:
            records = await raw.fetch(deleted_page_sql(table, version), after, limit)
        return [Change(row=row, values=msgspec.Raw(values.encode()), is_removed=True) for row, values in records]

    async def compare_replaced(
        self, connection: AsyncConnection, table: Table, version: int, key: Sequence[Column], before: View | None
    ) -> Merged:
        """For a replacement, whose rows are all in a table of their own: the last row of a key wins, earlier ones of the same version are
        superseded by it. Then it is counted what differs from `before`, the version that it replaces."""
        async with postgres_errors():
            for statement in replace_statements(table, version, key):
                await connection.exec_driver_sql(statement)
            counts = (await connection.exec_driver_sql(replaced_counts(table, version, key, before))).mappings().one()
            repeated = await _repeated(connection, table, version, key) if counts["duplicates"] else ()
            await connection.exec_driver_sql(WINNERS_DONE)
        return Merged(**counts, repeated=repeated)

    async def replaced_changes(
        self, table: Table, version: int, key: Sequence[Column], before: View, *, kind: str, after: int, limit: int
    ) -> list[Change]:
        """As `changes`, of a replacement, against the version `before`; `kind` may be "removed", too. What was removed comes first: its
        rows have lower numbers. Raises `NotFound` when a table went meanwhile."""
        listed: list[Change] = []
        async with raw_connection(self._engine) as raw, raw.transaction(readonly=True):
            await raw.execute(READ_SETTINGS)
            if kind in ("", "removed"):
                gone = await raw.fetch(removed_page_sql(table, version, key, before), after, limit)
                listed = [Change(row=row, values=msgspec.Raw(values.encode()), is_removed=True) for row, values in gone]
            if kind != "removed" and len(listed) < limit:
                came = await raw.fetch(replaced_page_sql(table, version, key, before, kind), after, limit - len(listed))
                listed += [_change(*record) for record in came]
        return listed

    async def compared(
        self, view: View, key: Sequence[Column], before: View, *, kind: str, after: tuple[bool, int], limit: int
    ) -> list[Change]:
        """As `replaced_changes`, of any version against any older one. `after`: whether the page goes on among those that came, behind those
        that went, and the row behind which it does. Raises `NotFound` when a table went meanwhile."""
        came_only, row = after
        listed: list[Change] = []
        async with raw_connection(self._engine) as raw, raw.transaction(readonly=True):
            await raw.execute(READ_SETTINGS)
            if kind in ("", "removed") and not came_only:
                gone = await raw.fetch(went_page_sql(view, key, before), row, limit)
                listed = [Change(row=row, values=msgspec.Raw(values.encode()), is_removed=True) for row, values in gone]
            if kind != "removed" and len(listed) < limit:
                came = await raw.fetch(came_page_sql(view, key, before, kind), row if came_only else -1, limit - len(listed))
                listed += [_change(*record) for record in came]
        return listed


async def _repeated(connection: AsyncConnection, table: Table, version: int, key: Sequence[Column]) -> tuple[RepeatedKey, ...]:
    """While `merge_last` is there."""
    rows = (await connection.exec_driver_sql(repeated_keys_sql(table, version, key, REPEATED_TOLD_MAX))).mappings()
    return tuple(RepeatedKey(row["row"], row["key"]) for row in rows)


def _change(row: int, values: str, old_row: int | None, old_values: str | None) -> Change:
    old = None if old_values is None else msgspec.Raw(old_values.encode())
    return Change(row=row, values=msgspec.Raw(values.encode()), old_row=old_row, old_values=old)
