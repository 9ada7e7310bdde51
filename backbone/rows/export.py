"""RowExport: all rows that a search finds, as bytes, from PostgreSQL in both homes: one statement, one snapshot, whatever goes on meanwhile."""

from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, View
from backbone.postgres.copied_lines import JSON_LINES, ByteBlocks, LineBlocks, TextBlocks
from backbone.postgres.copy_out import copy_out
from backbone.postgres.raw import raw_connection
from backbone.query.ast import Extract
from backbone.rows.export_sql import csv_records_sql, decimal_sizes_sql, json_lines_sql, parts_sql, writes_whole_records


class DecimalSize(Struct, frozen=True):
    """The most digits that any value of a column has before the point and behind it."""

    whole: int = 1
    fraction: int = 0


class RowExport:
    """The streams hold a few blocks of about a MiB, however many rows there are, and sort on PostgreSQL's disk. The same view and extract
    give the same bytes. Raise `Unavailable`; whoever stops early closes the iterator."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def csv_records(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        """CSV records with LF behind each, without a header; blocks end with a record."""
        query = csv_records_sql(view, extract)
        if writes_whole_records(view.table, extract):
            return copy_out(self._engine, query, TextBlocks())
        return copy_out(self._engine, query, ByteBlocks(), format="csv")

    def json_lines(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        """A JSON object a line, as `Hit.values`; blocks end with a line."""
        return copy_out(self._engine, json_lines_sql(view, extract), LineBlocks(), **JSON_LINES)

    async def parts(self, view: View, parts: int) -> list[tuple[int, int]]:
        """All rows in file order, in so many parts of about as many each, or fewer: of each its first row, and how many it has."""
        async with raw_connection(self._engine) as raw:
            return [(row, count) for row, count in await raw.fetch(parts_sql(view), view.version, parts)]

    async def decimal_sizes(self, view: View, columns: Sequence[Column]) -> Mapping[str, DecimalSize]:
        """By name, of columns of decimals, over all rows of the view."""
        if not columns:
            return {}
        async with raw_connection(self._engine) as raw:
            sizes = await raw.fetch(decimal_sizes_sql(view, columns), view.version)
        return {name: DecimalSize(whole, fraction) for name, whole, fraction in sizes}
