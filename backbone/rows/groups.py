"""RowGroups: aggregates over the rows of a view, exact, from PostgreSQL in both homes: an engine of floats cannot add up money."""

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import View
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.raw import reading_connection
from backbone.query.ast import Grouping
from backbone.rows.groups_sql import groups_sql


class Group(Struct, frozen=True, kw_only=True):
    """`values` is a JSON object: the columns grouped by, then the aggregates under their names. `position` goes into `Grouping.after`."""

    values: msgspec.Raw
    position: tuple[str | None, ...]


class GroupPage(Struct, frozen=True, kw_only=True):
    groups: tuple[Group, ...]
    more: bool  # whether a page follows


class RowGroups:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def groups(self, view: View, grouping: Grouping) -> GroupPage:
        """One page of groups. Rows without a value in a column form a group of their own. Raises `BadRequest`, `Unavailable`."""
        parameters = Parameters(view.version)
        statement = groups_sql(view, grouping, parameters)
        async with reading_connection(self._engine) as raw:
            records = await raw.fetch(statement, *parameters.values)
        groups = tuple(Group(values=msgspec.Raw(values.encode()), position=tuple(keys)) for _, values, *keys in records[: grouping.limit])
        return GroupPage(groups=groups, more=bool(records) and records[0][0] > len(groups))
