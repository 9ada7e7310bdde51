"""Texts that stand for null in single columns (`Column.nulls`). Pure."""

from collections.abc import Mapping

import polars as pl
from msgspec import structs

from backbone.csvread.cells import Fields, column_of, with_column
from backbone.csvread.null_option import column_nulls
from backbone.errors import BadRequest
from backbone.model import Column


def declare_nulls(columns: tuple[Column, ...], option: str) -> tuple[Column, ...]:
    """Raises BadRequest for a column that is not there."""
    indexes = {column.title: index for index, column in reversed([*enumerate(columns)])}
    indexes |= {column.name: index for index, column in enumerate(columns)}
    nulls: dict[int, tuple[str, ...]] = {}
    for name, texts in column_nulls(option):
        if name not in indexes:
            known = ", ".join(column.title or column.name for column in columns[:20])
            raise BadRequest("unknown-column", f"null= names a column {name!r} that the file does not have. It has {known}.")
        nulls[indexes[name]] = texts
    return tuple(structs.replace(column, nulls=nulls[index]) if index in nulls else column for index, column in enumerate(columns))


def nulls_of(columns: tuple[Column, ...]) -> dict[int, tuple[str, ...]]:
    """By field, of those that have any."""
    return {index: column.nulls for index, column in enumerate(columns) if column.nulls}


def with_nulls(fields: Fields, nulls: Mapping[int, tuple[str, ...]]) -> Fields:
    for index, texts in nulls.items():
        values = column_of(fields, index)
        value = pl.col(values.name)
        fields = with_column(fields, index, values.to_frame().select(pl.when(~value.is_in(texts)).then(value)).to_series())
    return fields
