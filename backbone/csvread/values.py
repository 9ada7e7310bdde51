"""What it takes for a text to be a value of a type: written back by PostgreSQL, it must be the same text.

Each type has a pattern that settles nearly all values at once, and an exact check for the rest, which is the definition itself:
convert, write back, compare. Null (an empty field) fits every type.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from backbone.csvread.cells import Cells, Fields
from backbone.csvread.columnwise import field_name
from backbone.types.definition import Kind
from backbone.types.registry import COLUMN_TYPES

__all__ = ["Kind", "find_unfit_columns", "fits", "guess_type"]


def guess_type(value: str) -> Kind:
    """The only type (and format) that a column with this value may still have, but that it may turn out to be the next wider one.

    A guess: `fits` decides.
    """
    return next(kind for kind in (one.guess(value) for one in COLUMN_TYPES.values()) if kind is not None)


def fits(values: pl.Series, kind: Kind) -> pl.Series:
    """A boolean for each value: may it be of this type?"""
    frame = values.to_frame("value")
    sure = frame.select(COLUMN_TYPES[kind[0]].surely_fits(pl.col("value"), kind[1]).fill_null(True)).to_series()
    if sure.all():
        return sure
    rest = frame.filter(~sure).select(COLUMN_TYPES[kind[0]].exactly_fits(pl.col("value"), kind[1])).to_series()
    return sure.scatter((~sure).arg_true(), rest)


def find_unfit_columns(fields: Fields, kinds: Mapping[int, Kind]) -> list[int]:
    """Which of the fields hold a value that does not fit. Columns of one type are looked at as one: a file may have 10,000."""
    places_of: dict[Kind, list[int]] = {}
    for index, kind in kinds.items():
        places_of.setdefault(kind, []).append(index)
    return [index for kind, indexes in places_of.items() if kind[0] != "text" for index in _find_unfit(fields, indexes, kind)]


def _find_unfit(fields: Fields, indexes: list[int], kind: Kind) -> list[int]:
    return _find_in_cells(fields, indexes, kind) if isinstance(fields, Cells) else _find_in_frame(fields, indexes, kind)


def _find_in_cells(cells: Cells, indexes: list[int], kind: Kind) -> list[int]:
    part = cells.select(indexes)
    fitting = fits(part.series, kind)
    if fitting.all():
        return []
    is_unfit = part.by_row(~fitting.to_numpy()).any(axis=0)
    return [indexes[number] for number in np.flatnonzero(is_unfit).tolist()]


def _find_in_frame(frame: pl.DataFrame, indexes: list[int], kind: Kind) -> list[int]:
    if fits(pl.concat([frame[field_name(index)].alias("value") for index in indexes]), kind).all():
        return []
    if len(indexes) == 1:
        return indexes
    middle = len(indexes) // 2
    return _find_in_frame(frame, indexes[:middle], kind) + _find_in_frame(frame, indexes[middle:], kind)
