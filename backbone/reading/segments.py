"""Bytes to records, each part the fastest way that is proven for it: runs of clean units go to polars, the doubtful ones to `csv`.

Where polars refuses a run (one record in it is too long), the run is halved until only a small part of it is read the slow way.
Whichever way was taken, the fields are the same.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct

from backbone.model import Dialect
from backbone.reading.borders import Units
from backbone.reading.columnwise import NotReadable, frame_of, read_columns
from backbone.reading.exact import read_exact
from backbone.reading.quotes import Positions

EXACT_BYTES: Final = 16 * 1024  # a refused run no longer than this is not halved again


class Misfit(Struct, frozen=True, kw_only=True):
    """A record that cannot become a row, whatever its table is like."""

    unit: int
    reason: str
    detail: str


class Segment(Struct, frozen=True, kw_only=True):
    """Some units in a row, from `first` to before `behind`. `units` says for each row of the frame which unit it is; blank lines and
    misfits are left out of the frame. `exact` means that polars could not read them, or should not."""

    first: int
    behind: int
    frame: pl.DataFrame
    units: Positions
    exact: bool
    misfits: tuple[Misfit, ...] = ()


class UnitsDiffer(Exception):  # noqa: N818
    """`csv` counts other records than the borders say. A bug: never to be passed over."""


def read_segments(data: bytes, units: Units, dialect: Dialect, width: int) -> Iterator[Segment]:
    """`units` lie within `data` without gaps. Raises UnicodeDecodeError, UnitsDiffer."""
    changes = np.flatnonzero(np.diff(units.doubtful)) + 1
    bounds = [0, *changes.tolist(), len(units.ends)]
    for first, behind in pairwise(bounds):
        if first == behind:
            continue
        if units.doubtful[first]:
            yield _read_exactly(data, units, first, behind, dialect, width)
        else:
            yield from _read_run(data, units, first, behind, dialect, width)


def _read_run(data: bytes, units: Units, first: int, behind: int, dialect: Dialect, width: int) -> Iterator[Segment]:
    begin, end = int(units.begins[first]), int(units.ends[behind - 1])
    try:
        frame = read_columns(data[begin:end], dialect, width)
    except NotReadable:
        frame = None
    if frame is not None and frame.height == behind - first:
        yield _without_blanks(frame, units, first, behind)
        return
    if end - begin <= EXACT_BYTES or behind - first == 1:
        yield _read_exactly(data, units, first, behind, dialect, width)
        return
    middle = first + (behind - first) // 2
    yield from _read_run(data, units, first, middle, dialect, width)
    yield from _read_run(data, units, middle, behind, dialect, width)


def _without_blanks(frame: pl.DataFrame, units: Units, first: int, behind: int) -> Segment:
    numbers = np.arange(first, behind)
    blank = units.blank[first:behind]
    if not blank.any():
        return Segment(first=first, behind=behind, frame=frame, units=numbers, exact=False)
    return Segment(first=first, behind=behind, frame=frame.filter(pl.Series(~blank)), units=numbers[~blank], exact=False)


def _read_exactly(data: bytes, units: Units, first: int, behind: int, dialect: Dialect, width: int) -> Segment:
    rows = read_exact(data[int(units.begins[first]) : int(units.ends[behind - 1])], dialect)
    if len(rows) != behind - first:
        raise UnitsDiffer(f"csv reads {len(rows)} units where the borders are of {behind - first}")
    kept: list[list[str]] = []
    numbers: list[int] = []
    misfits: list[Misfit] = []
    for number, row in enumerate(rows, start=first):
        if not row:
            continue
        misfit = _find_misfit(number, row, width)
        if misfit is not None:
            misfits.append(misfit)
            continue
        kept.append(row)
        numbers.append(number)
    return Segment(
        first=first,
        behind=behind,
        frame=frame_of(kept, width),
        units=np.array(numbers, dtype=np.int64),
        exact=True,
        misfits=tuple(misfits),
    )


def _find_misfit(unit: int, row: list[str], width: int) -> Misfit | None:
    if any("\0" in field for field in row):
        detail = "The record holds a NUL character (shown as ␀), which PostgreSQL cannot store. Take it out and upload the record again."
        return Misfit(unit=unit, reason="nul-byte", detail=detail)
    if len(row) > width and any(row[width:]):
        detail = f"The record has {len(row)} fields, the header has {width}. Is a field with the delimiter in it not quoted?"
        return Misfit(unit=unit, reason="too-many-fields", detail=detail)
    return None
