"""RowPlaces: which row stands at a place of a view, from PostgreSQL in both homes. Counting is exact: rows that the version does not show,
and those that a filter leaves out, have no place."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import View
from backbone.postgres.columns_sql import visible_sql
from backbone.postgres.predicates_sql import Parameters, filter_sql
from backbone.postgres.raw import raw_connection
from backbone.query.ast import Condition


class RowPlaces:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def row_at(self, view: View, filters: Sequence[Condition], place: int) -> int | None:
        """The number (`_row`) of the row with `place` rows before it in file order; None where there are not so many. Raises `BadRequest`,
        `Unavailable`."""
        parameters = Parameters(view.version)
        where = " AND ".join(
            f"({condition})" for condition in [visible_sql(), *(filter_sql(view.table, one, parameters) for one in filters)]
        )
        statement = f"SELECT t._row FROM {view.table.name} AS t WHERE {where} ORDER BY t._row OFFSET {int(place)} LIMIT 1"
        async with raw_connection(self._engine) as raw:
            row = await raw.fetchval(statement, *parameters.values)
        return None if row is None else int(row)
