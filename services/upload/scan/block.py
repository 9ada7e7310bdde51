"""Records that have ended, with the bytes that they stand in, and what is read of them by itself."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from backbone.csvread.borders import Boundaries, Units
from backbone.csvread.cells import Fields
from backbone.csvread.nulls import with_nulls
from backbone.csvread.quotes import Positions
from backbone.csvread.segments import read_segments
from backbone.model import Dialect


class Block(Struct, frozen=True, kw_only=True):
    """Positions are relative to the first of these bytes, which is byte `at` of the file; those of `line_ends` to the start of the file."""

    data: bytes
    at: int
    seen: int  # bytes that an earlier block had already
    units: Units
    lines_through: Positions
    line_ends: Positions
    is_oversized: NDArray[np.bool_]
    is_open: bool  # the quote of the last record never closed
    is_unread: NDArray[np.bool_]  # neither has values: the one is never read as a whole, the other swallowed the rest of the file


class Reading(Struct, frozen=True):
    """Of some units: `rows` are the numbers of those in `fields`, from the first of the block; `unclean` those that polars refuses."""

    fields: Fields
    rows: Positions
    unclean: Positions


class BlockReader:
    def __init__(self, dialect: Dialect, width: int, titles: tuple[str, ...], nulls: Mapping[int, tuple[str, ...]]) -> None:
        self._dialect = dialect
        self._width = width
        self._titles = titles
        self._nulls = nulls

    def read(self, block: Block) -> list[Reading]:
        """Raises UnicodeDecodeError, UnitsDiffer."""
        readings = []
        bounds = [-1, *np.flatnonzero(block.is_unread).tolist(), len(block.is_unread)]
        for before, behind in pairwise(bounds):
            first = before + 1
            if first == behind:
                continue
            units = block.units.between(first, behind)
            for segment in read_segments(block.data, units, self._dialect, self._width, titles=self._titles):
                fields = with_nulls(segment.fields, self._nulls)
                readings.append(Reading(fields, first + segment.units, first + segment.unclean))
        return readings


def block_of(data: bytes, at: int, seen: int, units: Units, boundaries: Boundaries, *, record_bytes_max: int, is_open: bool) -> Block:
    is_oversized = (units.ends - units.begins) > record_bytes_max
    is_unread = is_oversized.copy()
    if is_open:
        is_unread[-1:] = True
    return Block(
        data=data,
        at=at,
        seen=seen,
        units=units,
        lines_through=boundaries.lines_through,
        line_ends=boundaries.line_ends + at,
        is_oversized=is_oversized,
        is_open=is_open,
        is_unread=is_unread,
    )
