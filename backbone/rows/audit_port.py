"""RowAudit: rows as they lie in PostgreSQL, visible or not: what proofs, repairs and the history of a row are made of."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from backbone.model import Column, StoredRow, Table

RowPair = tuple[StoredRow | None, StoredRow | None]


class RowAudit(Protocol):
    """Every method raises `NotFound` where there is no such table (any more)."""

    async def count_per_chunk(self, table: Table) -> dict[int, int]:
        """Rows by the number of their chunk within the table; chunks without any are left out. Raises `Unavailable`."""
        ...

    def in_order(self, table: Table, first_row: int, last_row: int) -> AsyncGenerator[list[StoredRow], None]:
        """The rows `first_row <= _row < last_row` by `_row`, in blocks of about a MiB. Raises `Unavailable`."""
        ...

    async def read(self, table: Table, numbers: Sequence[int]) -> dict[int, StoredRow]:
        """Those of these rows that there are. Raises `Unavailable`."""
        ...

    async def compare(
        self,
        table: Table,
        payload: bytes,
        first_row: int,
        last_row: int,
        *,
        left_out: Sequence[int] = (),
        may_lack: bool = False,
        limit: int,
    ) -> list[RowPair]:
        """Rows as `RowStore.copy_rows` would bring them against those stored in the range: at most `limit` that differ in values or
        `_from`, by `_row`; None where there is none. `left_out` are rows of the payload that do not count; with `may_lack`, rows that are
        not stored are no difference. Nothing is changed.

        Raises `Rejected` when PostgreSQL refuses a value, `Unavailable`."""
        ...

    async def same_key(self, table: Table, home: Table, row: int, key: Sequence[Column], limit: int) -> list[StoredRow]:
        """Rows of `table` with the same values in the `key` columns as row `row` of table `home`, by `_row`. Both have the columns;
        their types may differ. Raises `Unavailable`."""
        ...
