"""RowGroups: aggregates over the rows of a view, exact, from PostgreSQL in both homes: an engine of floats cannot add up money."""

from typing import Protocol

import msgspec
from msgspec import Struct

from backbone.model import View
from backbone.query.ast import Grouping


class Group(Struct, frozen=True, kw_only=True):
    """`values` is a JSON object: the columns grouped by, then the aggregates under their names. `position` goes into `Grouping.after`."""

    values: msgspec.Raw
    position: tuple[str | None, ...]


class GroupPage(Struct, frozen=True, kw_only=True):
    groups: tuple[Group, ...]
    more: bool  # whether a page follows


class RowGroups(Protocol):
    async def groups(self, view: View, grouping: Grouping) -> GroupPage:
        """One page of groups. Rows without a value in a column form a group of their own. Raises `BadRequest`, `Unavailable`."""
        ...
