"""RowStore: the rows of tables, in PostgreSQL, which is the truth about them.

`copy_rows` and `create_table` take part in the caller's transaction, so that rows and the books about them commit together.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.model import Column, Table, View


class RowStore(Protocol):
    async def create_table(self, connection: AsyncConnection, table: Table) -> None: ...

    async def copy_rows(self, connection: AsyncConnection, table: Table, payload: bytes) -> int:
        """COPYs rows in PostgreSQL's CSV format and returns how many: `_from,_row`, then the cells in column order, or for layout
        `cells` one array literal of them; null is an empty unquoted field. Raises `Rejected` when PostgreSQL refuses a value,
        `Unavailable`."""
        ...

    def documents(self, table: Table, first_row: int, last_row: int) -> AsyncIterator[bytes]:
        """The rows `first_row <= _row < last_row` as search documents: NDJSON of a bulk request, an action line and a document
        line each, in blocks of whole documents of about a MiB."""
        ...

    def deletions(self, table: Table, first_row: int, last_row: int) -> AsyncIterator[bytes]:
        """The same rows as bulk delete actions, so that an index forgets them."""
        ...

    async def delete_rows(self, connection: AsyncConnection, table: Table, first_row: int, last_row: int) -> None:
        """Removes the rows `first_row <= _row < last_row`, in the caller's transaction."""
        ...

    async def add_columns(self, connection: AsyncConnection, table: Table, columns: Sequence[Column]) -> None:
        """Adds columns behind those of the table; older rows have null there. In the caller's transaction."""
        ...

    async def count_rows(self, table: Table, first_row: int, last_row: int) -> int: ...

    async def count_visible(self, view: View) -> int: ...

    async def rows(self, view: View, numbers: Sequence[int]) -> dict[int, msgspec.Raw]:
        """Values (a JSON object, as `Hit.values`) of the visible rows among these."""
        ...

    async def index_rows(self, table: Table) -> None:
        """The B-trees that reading needs, made once a load is complete; there already: not an error."""
        ...

    async def is_slow_to_grow(self, connection: AsyncConnection, table: Table, rows: int) -> bool:
        """Whether so many rows had better come in a copy of the table: an index of words stands on this one, and is kept up row by row."""
        ...

    async def drop_table(self, connection: AsyncConnection, table: Table) -> None:
        """A missing table is not an error."""
        ...
