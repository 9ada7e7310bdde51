"""RowGroups on PostgreSQL, for both homes of the search index."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.model import View
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.raw import raw_connection
from backbone.query.ast import Grouping
from backbone.rows.groups_port import Group, GroupPage
from backbone.rows.groups_sql import groups_sql


class PostgresGroups:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def groups(self, view: View, grouping: Grouping) -> GroupPage:
        parameters = Parameters(view.version)
        statement = groups_sql(view, grouping, parameters)
        async with raw_connection(self._engine) as raw:
            found = await raw.fetch(statement, *parameters.values)
        groups = tuple(Group(values=msgspec.Raw(values.encode()), position=tuple(place)) for values, *place in found[: grouping.limit])
        return GroupPage(groups=groups, more=len(found) > grouping.limit)
