"""Bytes to records, each the fastest way that is proven for it: polars reads the clean ones in one go, `csv` the doubtful ones.

Whichever way was taken, the fields are the same. Records that are too long (an unquoted delimiter in a field) make polars refuse
everything, so their fields are counted, and all is read as if the header were that long; what stands beyond it shows who is a misfit.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct

from backbone.csvread.borders import Units
from backbone.csvread.cells import Cells, Fields, fields_of, is_wide, read_fields
from backbone.csvread.columnwise import NotReadable, field_name
from backbone.csvread.exact import read_exact
from backbone.csvread.quotes import NONE, Positions
from backbone.model import Dialect

EXACT_BYTES: Final = 16 * 1024  # what polars refuses is halved down to this, then read exactly
EXTRA_FIELDS_MAX: Final = 100


class Misfit(Struct, frozen=True, kw_only=True):
    """A record that cannot become a row, whatever its table is like."""

    unit: int
    reason: str
    detail: str


class Segment(Struct, frozen=True, kw_only=True):
    """Some of the records. `units` says for each row of the fields which unit it is; misfits are left out of them."""

    fields: Fields
    units: Positions
    misfits: tuple[Misfit, ...] = ()
    unclean: Positions = NONE  # units that polars does not read with the header's width


class UnitsDiffer(Exception):  # noqa: N818
    """`csv` counts other records than the borders say. A bug: never to be passed over."""


def read_segments(data: bytes, units: Units, dialect: Dialect, width: int) -> Iterator[Segment]:
    """Every unit but the blank ones is in one segment or its misfits. Raises UnicodeDecodeError, UnitsDiffer."""
    reader = _Reader(data, units, dialect, width)
    if len(clean := np.flatnonzero(~(units.blank | units.doubtful))):
        yield from reader.read_clean(clean)
    if len(doubtful := np.flatnonzero(units.doubtful & ~units.blank)):
        yield reader.read_exactly(doubtful)


class _Reader:
    def __init__(self, data: bytes, units: Units, dialect: Dialect, width: int) -> None:
        self._data = data
        self._units = units
        self._dialect = dialect
        self._width = width

    def read_clean(self, numbers: Positions) -> Iterator[Segment]:
        text = self._gather(numbers)
        frame = self._try_fields(text, self._width, len(numbers))
        if isinstance(frame, Cells):  # which has no record of another length
            yield Segment(fields=frame, units=numbers)
            return
        may_be_short = self._dialect.ragged == "reject"
        if frame is not None and not may_be_short:
            yield Segment(fields=frame, units=numbers)
            return
        fields = count_fields(text, np.cumsum(self._units.ends[numbers] - self._units.begins[numbers]), self._dialect)
        if is_wide(self._width):
            yield from self._read_lengths(numbers, fields)
            return
        longest = int(fields.max())
        if frame is not None:
            yield self._without_misfits(frame, numbers, fields)
            return
        if self._width < longest <= self._width + EXTRA_FIELDS_MAX:
            frame = self._try_fields(text, longest, len(numbers))
            if isinstance(frame, pl.DataFrame):
                yield self._without_misfits(frame, numbers, fields)
                return
        if len(text) <= EXACT_BYTES or len(numbers) == 1:
            yield self.read_exactly(numbers)
            return
        middle = len(numbers) // 2
        yield from self.read_clean(numbers[:middle])
        yield from self.read_clean(numbers[middle:])

    def _read_lengths(self, numbers: Positions, fields: Positions) -> Iterator[Segment]:
        """Wide records: those of the header's length at once, the others exactly."""
        is_usual = fields == self._width
        if is_usual.all():
            yield self.read_exactly(numbers)
            return
        if is_usual.any():
            yield from self.read_clean(numbers[is_usual])
        yield self.read_exactly(numbers[~is_usual])

    def read_exactly(self, numbers: Positions) -> Segment:
        text = self._gather(numbers)
        rows = read_exact(text, self._dialect)
        if len(rows) != len(numbers):
            raise UnitsDiffer(f"csv reads {len(rows)} records where the borders are of {len(numbers)}")
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        suspects = np.arange(len(rows)) if b"\0" in text else np.flatnonzero(lengths != self._width)
        misfits = [misfit for place in suspects.tolist() if (misfit := self._find_misfit(int(numbers[place]), rows[place]))]
        if misfits:
            unfit = {misfit.unit for misfit in misfits}
            rows = [row for unit, row in zip(numbers.tolist(), rows, strict=True) if unit not in unfit]
        kept = numbers[~np.isin(numbers, [misfit.unit for misfit in misfits])]
        return Segment(fields=fields_of(rows, self._dialect, self._width), units=kept, misfits=tuple(misfits), unclean=numbers)

    def _gather(self, numbers: Positions) -> bytes:
        """The bytes of these units, one behind the other."""
        begins, ends = self._units.begins[numbers], self._units.ends[numbers]
        gaps = np.flatnonzero(begins[1:] != ends[:-1])
        firsts = begins[np.concatenate(([0], gaps + 1))].tolist()
        lasts = ends[np.concatenate((gaps, [len(numbers) - 1]))].tolist()
        if len(firsts) == 1:
            return self._data[firsts[0] : lasts[0]]
        return b"".join([self._data[first:last] for first, last in zip(firsts, lasts, strict=True)])

    def _try_fields(self, text: bytes, width: int, records: int) -> Fields | None:
        try:
            frame = read_fields(text, self._dialect, width)
        except NotReadable:
            return None
        return frame if frame.height == records else None

    def _without_misfits(self, frame: pl.DataFrame, numbers: Positions, fields: Positions) -> Segment:
        unfit = np.zeros(len(numbers), dtype=np.bool_)
        if frame.width > self._width:
            beyond = frame.select(pl.any_horizontal(pl.nth(range(self._width, frame.width)).is_not_null()))
            unfit |= beyond.to_series().to_numpy()
        unclean = fields > self._width
        if self._dialect.ragged == "reject":
            short = fields < self._width - self._dialect.left_out
            unfit, unclean = unfit | short, unclean | short
        misfits = tuple(self._other_length(int(unit), int(count)) for unit, count in zip(numbers[unfit], fields[unfit], strict=True))
        frame = frame.select(field_name(place) for place in range(self._width)).filter(pl.Series(~unfit))
        return Segment(fields=frame, units=numbers[~unfit], misfits=misfits, unclean=numbers[unclean])

    def _find_misfit(self, unit: int, row: list[str]) -> Misfit | None:
        if any("\0" in field for field in row):
            detail = (
                "The record holds a NUL character (shown as ␀), which PostgreSQL cannot store. Take it out and upload the record again."
            )
            return Misfit(unit=unit, reason="nul-byte", detail=detail)
        is_short = self._dialect.ragged == "reject" and len(row) < self._width - self._dialect.left_out
        is_long = any(field not in ("", self._dialect.null) for field in row[self._width :])
        return self._other_length(unit, len(row)) if is_short or is_long else None

    def _other_length(self, unit: int, fields: int) -> Misfit:
        width = self._width - self._dialect.left_out
        if fields > self._width:
            detail = f"The record has {fields} fields, the header has {width}. Is a field with the delimiter in it not quoted?"
            return Misfit(unit=unit, reason="too-many-fields", detail=detail)
        detail = f"The record has {fields} fields, the header has {width}; ragged=reject was given."
        return Misfit(unit=unit, reason="too-few-fields", detail=detail)


def count_fields(text: bytes, ends: Positions, dialect: Dialect) -> Positions:
    """Fields of each record. Only for text whose quotes are all legal, so that they alternate."""
    view = np.frombuffer(text, dtype=np.uint8)
    delimiters = np.flatnonzero(view == ord(dialect.delimiter))
    if dialect.quote:
        quotes = np.flatnonzero(view == ord(dialect.quote))
        delimiters = delimiters[np.searchsorted(quotes, delimiters) & 1 == 0]
    return np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
