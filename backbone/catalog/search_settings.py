"""What was said of a dataset's search: how much its columns weigh, and its language. It holds for all its versions, from the moment on
that it is said."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct, structs
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets
from backbone.model import Table

FOUND: Final = "found"
NOTHING: Final[Mapping[str, int | None]] = MappingProxyType({})


class SearchSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`weights`: by a column's name, which may be that of none of today's columns. `language`: None where it is the one that was found."""

    weights: dict[str, int] = {}
    language: str | None = None


def read_settings(stored: Any) -> SearchSettings:
    return msgspec.convert(stored or {}, SearchSettings)


def with_settings(table: Table, stored: Any) -> Table:
    """The table as it is searched."""
    settings = read_settings(stored)
    weights = settings.weights
    columns = tuple(structs.replace(column, weight=weights.get(column.name, column.weight)) for column in table.columns)
    return structs.replace(table, columns=columns if weights else table.columns, language=settings.language or found_language(table))


def found_language(table: Table) -> str:
    """Of the first column of sentences."""
    return next((column.language for column in table.columns if column.language is not None), table.language)


async def change_settings(
    connection: AsyncConnection,
    dataset_id: int,
    before: SearchSettings,
    *,
    weights: Mapping[str, int | None] = NOTHING,
    language: str | None = None,
) -> SearchSettings:
    """A weight of None, and the language "found", go back to what is found; a language of None stays."""
    merged = {name: weight for name, weight in {**before.weights, **weights}.items() if weight is not None}
    said = before.language if language is None else None if language == FOUND else language
    settings = SearchSettings(weights=merged, language=said)
    stored: dict[str, Any] = {"search": msgspec.to_builtins(settings)}
    if language is not None:
        stored["words_version"] = None  # they are kept with the language in which they are looked for
    await connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(**stored))
    return settings
