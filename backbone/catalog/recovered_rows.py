"""Rows of a table that were rejects when their file was loaded, and became rows when it was read again under other types. The rejects stay in
the catalog of their upload: it says what became of the file then."""

from collections.abc import Collection, Sequence

from sqlalchemy import insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import recovered_rows


async def keep_recovered(connection: AsyncConnection, table_id: int, rows: Collection[int]) -> None:
    if rows:
        await connection.execute(insert(recovered_rows), [{"table_id": table_id, "row": row} for row in rows])


async def list_recovered(connection: AsyncConnection, table_id: int, first_row: int, last_row: int) -> Sequence[int]:
    """The recovered rows `first_row <= _row < last_row`."""
    between = (recovered_rows.c.row >= first_row, recovered_rows.c.row < last_row)
    query = select(recovered_rows.c.row).where(recovered_rows.c.table_id == table_id, *between)
    return (await connection.execute(query.order_by(recovered_rows.c.row))).scalars().all()


async def copy_recovered(connection: AsyncConnection, source_id: int, target_id: int) -> None:
    """For a table that takes over the rows of another. Twice is not an error."""
    rows = select(literal(target_id), recovered_rows.c.row).where(recovered_rows.c.table_id == source_id)
    known = select(recovered_rows.c.row).where(recovered_rows.c.table_id == target_id)
    statement = insert(recovered_rows).from_select(["table_id", "row"], rows.where(recovered_rows.c.row.not_in(known)))
    await connection.execute(statement)
