"""What was said of a dataset's search: how much its columns weigh. It holds for all its versions, from the moment on that it is said."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, structs
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets
from backbone.model import Table


class SearchSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`weights`: by a column's name, which may be that of none of today's columns."""

    weights: dict[str, int] = {}


def read_settings(stored: Any) -> SearchSettings:
    return msgspec.convert(stored or {}, SearchSettings)


def with_settings(table: Table, stored: Any) -> Table:
    """The table as it is searched."""
    if not stored:
        return table
    weights = read_settings(stored).weights
    columns = tuple(structs.replace(column, weight=weights[column.name]) if column.name in weights else column for column in table.columns)
    return structs.replace(table, columns=columns)


async def change_settings(
    connection: AsyncConnection, dataset_id: int, before: SearchSettings, *, weights: Mapping[str, int | None]
) -> SearchSettings:
    """A weight of None goes back to what is found."""
    merged = {name: weight for name, weight in {**before.weights, **weights}.items() if weight is not None}
    settings = structs.replace(before, weights=merged)
    await connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(search=msgspec.to_builtins(settings)))
    return settings
