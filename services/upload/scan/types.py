"""Finds the types of all columns over the whole file, some records at a time.

A column has at every moment the one type that all its values so far may have. The types exclude each other, so the first value
settles which one it can be, or one that is wider: integers may still turn out to be decimals. What has become text stays text and costs nothing more.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from msgspec import structs

from backbone.csvread.cells import Cells, Fields, column_of
from backbone.csvread.values import Kind, find_unfit_columns, guess_type
from backbone.model import Column, ColumnType
from backbone.types.datetime_formats import is_zoned
from backbone.types.registry import COLUMN_TYPES


class TypeFinder:
    def __init__(self, columns: tuple[Column, ...], known: Sequence[ColumnType | None] = ()) -> None:
        """`known`: what the file's format says of its columns. Text stays text, whatever it looks like; another type holds until a value comes."""
        self._known = {
            index: type_ for index, type_ in enumerate(known) if type_ not in (None, "timestamp")
        }  # how one is written is not known
        self._unknown = {
            index
            for index, column in enumerate(columns)
            if (column.declared is None and self._known.get(index) != "text") or _has_any_zone(column)
        }  # no value seen yet
        self._typed: dict[int, Kind] = {}  # not text

    def add(self, fields: Fields) -> None:
        """Every value is looked at, but for those of columns that are text already."""
        if fields.is_empty():
            return
        self._guess(fields)
        unfit = find_unfit_columns(fields, self._typed)
        wider = {index: kind for index in unfit if (kind := _wider(self._typed[index])) is not None}
        self._typed |= wider
        for index in {*unfit} - {*wider} | {*find_unfit_columns(fields, wider)}:
            del self._typed[index]

    @property
    def kinds(self) -> Mapping[int, Kind]:
        """Of the columns that are not text (so far)."""
        return self._typed

    def columns(self, named: tuple[Column, ...]) -> tuple[Column, ...]:
        """The named columns with what was found. A column without any value is undecided."""
        return tuple(self._column(index, column) for index, column in enumerate(named))

    def _column(self, index: int, column: Column) -> Column:
        kind = self._typed.get(index, ("text", None))
        if column.declared is None and index in self._unknown and index in self._known:
            return structs.replace(column, type=self._known[index])
        if column.declared is None:
            return structs.replace(column, type=kind[0], format=kind[1], undecided=index in self._unknown)
        if _has_any_zone(column) and is_zoned(kind[1]):
            return structs.replace(column, format=kind[1], declared=kind[1])
        return column

    def _guess(self, fields: Fields) -> None:
        for index, value in zip(indexes := sorted(self._unknown), first_values(fields, indexes), strict=True):
            if value is None:
                continue
            self._unknown.remove(index)
            kind = guess_type(value)
            if kind[0] != "text":
                self._typed[index] = kind


def first_values(fields: Fields, indexes: Sequence[int]) -> list[str | None]:
    """Of each of these fields the first value that is not null."""
    if isinstance(fields, Cells):
        rows = fields.by_row(fields.series.is_not_null().to_numpy()).argmax(axis=0)[list(indexes)]
        return list(fields.series.gather(pl.Series(rows * fields.width + np.array(indexes, dtype=np.int64))))
    columns = [column_of(fields, index) for index in indexes]
    return [values[values.is_not_null().arg_max() or 0] for values in columns]


def _wider(kind: Kind) -> Kind | None:
    return COLUMN_TYPES[kind[0]].wider(kind[1])


def _has_any_zone(column: Column) -> bool:
    """Declared as a timestamp without saying how it is written: whether it has a zone is seen from the values."""
    return column.type == "timestamp" and column.declared == ""
