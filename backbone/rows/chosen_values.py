"""Some columns of the rows of a version, a page at a time, as texts: for what goes through a whole dataset without keeping it."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, View
from backbone.postgres.columns_sql import text_sql, value_sql, visible_sql
from backbone.postgres.raw import raw_connection

PAGE_ROWS_MAX: Final = 2_000
PAGE_CHARACTERS_MAX: Final = 16 * 1024 * 1024  # were each row as long as the longest


class ChosenRow(Struct, frozen=True):
    """`value` and `others`: as they are stored; None is null."""

    row: int
    value: str | None
    others: tuple[str | None, ...]


async def read_chosen(
    engine: AsyncEngine, view: View, column: Column, others: Sequence[Column], after: int, *, limit: int, only_empty: bool = False
) -> list[ChosenRow]:
    """Visible rows behind row `after`, by number; with `only_empty` those alone that have nothing in any of `others`. Raises `Unavailable`,
    `NotFound` where the table went meanwhile."""
    table = view.table
    texts = ", ".join(f"({text_sql(table, other)})::text" for other in others)
    empty = "".join(f" AND {value_sql(table, other)} IS NULL" for other in others) if only_empty else ""
    query = (
        f"SELECT t._row, ({text_sql(table, column)})::text, ARRAY[{texts}]::text[] FROM {table.name} AS t "
        f"WHERE {visible_sql()} AND t._row > $2{empty} ORDER BY t._row LIMIT {int(limit)}"
    )
    async with raw_connection(engine) as raw:
        records = await raw.fetch(query, view.version, after)
    return [ChosenRow(row, value, tuple(kept)) for row, value, kept in records]


def rows_per_page(view: View) -> int:
    return max(1, min(PAGE_ROWS_MAX, PAGE_CHARACTERS_MAX // max(1, view.longest_row)))
