"""PageValues: the values of a page's rows, as many of them as may go out at once. Of rows that may be long, an index is asked for the keys alone, and
these are read here, in both homes: the others would be in memory for nothing."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import Column, View
from backbone.postgres.columns_sql import json_object_sql, visible_sql
from backbone.postgres.raw import reading_connection
from backbone.postgres.size_sql import size_sql


class PageValues:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(
        self, view: View, rows: Sequence[int], columns: Sequence[Column], bytes_max: int, *, at_least_one: bool = True
    ) -> dict[int, msgspec.Raw]:
        """Of the first of `rows` the chosen values, as `Hit.values`, in `bytes_max` bytes of JSON; with `at_least_one` those of the first one
        however long they are. Raises `TooSlow`, `Unavailable`."""
        async with reading_connection(self._engine) as raw:
            records = await raw.fetch(page_values_sql(view, columns, bytes_max, at_least_one), view.version, list(rows))
        return {row: msgspec.Raw(values) for row, values in records}


def page_values_sql(view: View, columns: Sequence[Column], bytes_max: int, at_least_one: bool = True) -> str:
    """Parameters: the version, and the rows in their order. First it is cut by what the values have on disk, so that no more are made JSON."""
    name = view.table.name
    fits = f"bytes <= {int(bytes_max)} OR number = {1 if at_least_one else 0}"
    return f"""
        WITH wanted AS (SELECT wanted.row, wanted.number FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted(row, number)),
        sized AS MATERIALIZED (
            SELECT wanted.number, t._row, t.ctid AS place, {size_sql(view.table, columns)} AS size
            FROM wanted JOIN {name} AS t ON t._row = wanted.row WHERE {visible_sql()}
        ),
        near AS (SELECT *, sum(size) OVER (ORDER BY number) AS bytes FROM sized),
        shown AS MATERIALIZED (
            SELECT near.number, near._row, {json_object_sql(view.table, chosen=columns)} AS json
            FROM near JOIN {name} AS t ON t.ctid = near.place WHERE {fits}
        ),
        cut AS (SELECT *, sum(octet_length(json)) OVER (ORDER BY number) AS bytes FROM shown)
        SELECT _row, convert_to(json, 'UTF8') FROM cut WHERE {fits} ORDER BY number"""
