"""RowHistory: what versions do to rows. Upserts supersede them, undo brings them back, a removal replays them into a new table.

Rows carry `_from`, the version that brought them, and `_until`, the version that superseded them (DESIGN §3). Everything that writes takes
part in the caller's transaction.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.model import Column, Table


class Merged(Struct, frozen=True, kw_only=True):
    """What an upsert did. Each row of the file is exactly one of the first four; `superseded` are older rows that it replaced."""

    inserted: int
    updated: int
    unchanged: int
    duplicates: int
    superseded: int


class Change(Struct, frozen=True, kw_only=True):
    """A row that a version brought, and the row of the same key that it replaced. Values are JSON objects, as `Hit.values`."""

    row: int
    values: msgspec.Raw
    old_row: int | None = None
    old_values: msgspec.Raw | None = None


class RowHistory(Protocol):
    async def merge(
        self, connection: AsyncConnection, table: Table, version: int, key: Sequence[Column], source: Table | None = None
    ) -> Merged:
        """With `source`, older rows are those of that table, and are brought along as by `copy_before`.

        Lets the rows with `_from = version` supersede older ones of the same key: the last row of a key wins, earlier ones of the same
        version are superseded by it. A row that is equal to the visible one is superseded itself, so that nothing changes."""
        ...

    async def unmerge(self, connection: AsyncConnection, table: Table, version: int) -> None:
        """Brings back the rows that this version superseded."""
        ...

    def superseded_documents(self, table: Table, version: int, *, as_visible: bool) -> AsyncIterator[bytes]:
        """Older rows that this version superseded, as `RowStore.documents`; with `as_visible` as if it had not."""
        ...

    async def copy_before(self, connection: AsyncConnection, source: Table, target: Table, version: int) -> None:
        """Copies all rows with `_from < version` as they stood before that version: what it or a later one superseded is not. Values go
        by way of their text where the types differ; columns that `source` lacks are null."""
        ...

    async def copy_version(self, connection: AsyncConnection, source: Table, target: Table, version: int) -> None:
        """Copies all rows with `_from = version`, none of them superseded."""
        ...

    def swept_deletions(self, table: Table, oldest: int, later: tuple[int, int]) -> AsyncIterator[bytes]:
        """What `sweep` will delete, as bulk delete actions for the index."""
        ...

    async def sweep(self, connection: AsyncConnection, table: Table, oldest: int, later: tuple[int, int]) -> int:
        """Deletes rows superseded in `oldest` or before, and rows brought later than version `later[0]`, until `later[1]`; returns how
        many."""
        ...

    async def changes(self, table: Table, version: int, key: Sequence[Column], *, kind: str, after: int, limit: int) -> list[Change]:
        """At most `limit` changes behind row `after`, by row. `kind` is "inserted", "updated" or "" for both; an empty key: all are
        inserted."""
        ...
