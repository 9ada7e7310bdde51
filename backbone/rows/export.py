"""RowExport on PostgreSQL, for both homes of the search index."""

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, View
from backbone.postgres.copied_lines import JSON_LINES, ByteBlocks, LineBlocks, TextBlocks
from backbone.postgres.copy_out import copy_out
from backbone.postgres.raw import raw_connection
from backbone.query.ast import Extract
from backbone.rows.export_port import DecimalSize
from backbone.rows.export_sql import csv_records_sql, decimal_sizes_sql, json_lines_sql, writes_whole_records


class PostgresExport:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def csv_records(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        query = csv_records_sql(view, extract)
        if writes_whole_records(view.table, extract):
            return copy_out(self._engine, query, TextBlocks())
        return copy_out(self._engine, query, ByteBlocks(), format="csv")

    def json_lines(self, view: View, extract: Extract) -> AsyncIterator[bytes]:
        return copy_out(self._engine, json_lines_sql(view, extract), LineBlocks(), **JSON_LINES)

    async def decimal_sizes(self, view: View, columns: Sequence[Column]) -> Mapping[str, DecimalSize]:
        if not columns:
            return {}
        async with raw_connection(self._engine) as raw:
            found = await raw.fetch(decimal_sizes_sql(view, columns), view.version)
        return {name: DecimalSize(whole, fraction) for name, whole, fraction in found}
