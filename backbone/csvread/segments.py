"""Bytes to records, each the fastest way that is proven for it: polars reads the clean ones in one go, `csv` the doubtful ones.

Whichever way was taken, the fields are the same. Records that are too long (an unquoted delimiter in a field) make polars refuse
everything, so their fields are counted, and all is read as if the header were that long; what stands beyond it shows who is a misfit.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import polars as pl
from msgspec import structs
from numpy.typing import NDArray

from backbone.csvread.borders import Units
from backbone.csvread.cells import Cells, Fields, fields_of, is_wide, read_fields
from backbone.csvread.columnwise import NotReadable, field_name
from backbone.csvread.exact import read_exact
from backbone.csvread.literal_quotes import repair_quotes
from backbone.csvread.marks import NO_RECORD, marked_units, units_with
from backbone.csvread.quotes import NONE, Positions
from backbone.csvread.repeated_headers import find_repeated
from backbone.csvread.segment import Misfit, Segment
from backbone.model import Dialect

EXACT_BYTES: Final = 16 * 1024  # what polars refuses is halved down to this, then read exactly
EXTRA_FIELDS_MAX: Final = 100
BLANKS: Final = " \t\r\n"  # a field of them has no value


class UnitsDiffer(Exception):  # noqa: N818
    """`csv` counts other records than the borders say. A bug: never to be passed over."""


def read_segments(
    data: bytes, units: Units, dialect: Dialect, width: int, *, titles: tuple[str, ...] = (), finds_short: bool = False
) -> Iterator[Segment]:
    """Every unit but the blank ones is in one segment or its misfits. A record that says the `titles` again is a misfit. Raises
    UnicodeDecodeError, UnitsDiffer."""
    if dialect.marked and len(marked := marked_units(data, units)):
        yield _not_in_encoding(marked, dialect, width)
        units = _without(units, marked)
    if dialect.has_known_columns and len(broken := units_with(NO_RECORD, data, units)):
        yield _no_record(broken, dialect, width)
        units = _without(units, broken)
    repeated = find_repeated(data, units, titles, dialect)
    if len(repeated.again) or len(repeated.similar):
        unclean = np.union1d(repeated.again, repeated.similar)
        nothing = fields_of([], dialect, width)
        yield Segment(fields=nothing, units=NONE, misfits=repeated.misfits, unclean=unclean, similar=repeated.similar)
        units = _without(units, repeated.again)
    reader = _Reader(data, units, dialect, width, finds_short)
    if len(clean := np.flatnonzero(~(units.blank | units.doubtful))):
        yield from reader.read_clean(clean)
    if len(doubtful := np.flatnonzero(units.doubtful & ~units.blank)):
        yield reader.read_exactly(doubtful)


def _without(units: Units, numbers: Positions) -> Units:
    """Passed over, as blank ones are."""
    blank = units.blank.copy()
    blank[numbers] = True
    return structs.replace(units, blank=blank)


def _not_in_encoding(units: Positions, dialect: Dialect, width: int) -> Segment:
    detail = (
        f"The record has bytes that are not {dialect.encoding}, shown as \\xNN. Mend it, or give encoding_errors=replace or latin-1, "
        "or encoding= if the whole file is in another."
    )
    misfits = tuple(Misfit(unit=unit, reason="not-in-encoding", detail=detail) for unit in units.tolist())
    return Segment(fields=fields_of([], dialect, width), units=NONE, misfits=misfits, unclean=units)


def _no_record(units: Positions, dialect: Dialect, width: int) -> Segment:
    detail = f'This is no object of {dialect.format.upper()}, in which each record is one: {{"sku": "a", "price": 1.5}}. Mend it and send it again.'
    misfits = tuple(Misfit(unit=unit, reason="not-json", detail=detail) for unit in units.tolist())
    return Segment(fields=fields_of([], dialect, width), units=NONE, misfits=misfits, unclean=units)


class _Reader:
    def __init__(self, data: bytes, units: Units, dialect: Dialect, width: int, finds_short: bool) -> None:
        self._data = data
        self._units = units
        self._dialect = dialect
        self._width = width
        self._read_width = width + dialect.empty_columns
        self._titled = width - dialect.left_out
        self._finds_short = finds_short or dialect.ragged == "reject"

    def read_clean(self, numbers: Positions) -> Iterator[Segment]:
        text = self._gather(numbers)
        frame = self._try_fields(text, self._read_width, len(numbers))
        if frame is not None and self._is_plain(frame, text):
            yield Segment(fields=first_fields(frame, self._width), units=numbers)
            return
        if isinstance(frame, Cells):
            yield self.read_exactly(numbers)
            return
        if frame is not None:
            yield self._without_misfits(frame, numbers, self._count_suspects(frame, numbers))
            return
        fields = self._count_fields(numbers, text)
        if is_wide(self._read_width):
            yield from self._read_lengths(numbers, fields)
            return
        longest = int(fields.max())
        if self._read_width < longest <= self._read_width + EXTRA_FIELDS_MAX:
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

    def _is_plain(self, frame: Fields, text: bytes) -> bool:
        """Whether no record is short, as far as anybody wants to know, and nothing stands in the columns without titles."""
        if self._read_width > self._width and _has_values(frame, self._width).any():
            return False
        return not self._finds_short or not may_be_short(frame, text, self._dialect, self._titled, self._dialect.empty_columns)

    def _count_fields(self, numbers: Positions, text: bytes) -> Positions:
        return count_fields(text, np.cumsum(self._units.ends[numbers] - self._units.begins[numbers]), self._dialect)

    def _count_suspects(self, frame: pl.DataFrame, numbers: Positions) -> Positions:
        """Fields of each record. Those with something in the last column, and nothing behind it, are as long as was read."""
        is_suspect = frame[field_name(self._titled - 1)].is_null().to_numpy()
        if self._read_width > self._width:
            is_suspect = is_suspect | _has_values(frame, self._width)
        fields = np.full(len(numbers), self._read_width, dtype=np.int64)
        if len(suspects := numbers[is_suspect]):
            fields[is_suspect] = self._count_fields(suspects, self._gather(suspects))
        return fields

    def _read_lengths(self, numbers: Positions, fields: Positions) -> Iterator[Segment]:
        """Wide records: those of the header's length at once, the others exactly."""
        is_usual = fields == self._read_width
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
        if self._dialect.quote and self._dialect.quote.encode() in text:
            rows = [self._repair_quotes(unit, row) for unit, row in zip(numbers.tolist(), rows, strict=True)]
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        is_usual = (lengths == self._width) & (self._read_width == self._width)
        suspects = np.arange(len(rows)) if b"\0" in text else np.flatnonzero(~is_usual)
        misfits = [misfit for index in suspects.tolist() if (misfit := self._find_misfit(int(numbers[index]), rows[index]))]
        short = numbers[self._are_short(lengths, lambda: [_ends_empty(row, self._titled) for row in rows])]
        unfit = {misfit.unit for misfit in misfits}
        if unfit:
            rows = [row for unit, row in zip(numbers.tolist(), rows, strict=True) if unit not in unfit]
        return Segment(
            fields=fields_of(rows, self._dialect, self._width),
            units=np.setdiff1d(numbers, list(unfit)),
            misfits=tuple(misfits),
            unclean=numbers,
            short=np.setdiff1d(short, list(unfit)),
            long=np.setdiff1d(numbers[lengths > self._read_width], list(unfit)),
        )

    def _are_short(self, lengths: Positions, ends_empty: Callable[[], list[bool]]) -> NDArray[np.bool_]:
        """Also those that have but a part of the empty fields that others have behind the last title, if nothing stands below it: with a field
        missing before, one of those took its place."""
        short = lengths < self._titled
        if not self._dialect.empty_columns:
            return short
        return short | ((lengths < self._read_width) & np.array(ends_empty(), dtype=np.bool_))

    def _repair_quotes(self, unit: int, row: list[str]) -> list[str]:
        widths = (self._titled, self._read_width)
        if len(row) in widths:  # as good as always: its text is not looked at again
            return row
        record = self._data[int(self._units.begins[unit]) : int(self._units.ends[unit])].decode()
        return repair_quotes(row, record, self._dialect, widths)

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
        unfit = _has_values(frame, self._width) if frame.width > self._width else np.zeros(len(numbers), dtype=np.bool_)
        unclean = unfit | (fields > self._read_width)
        short = fields < self._titled
        if self._dialect.ragged == "reject":
            unfit, unclean = unfit | short, unclean | short
        short = self._are_short(fields, lambda: frame[field_name(self._titled - 1)].is_null().to_list())
        misfits = tuple(self._other_length(int(unit), int(count)) for unit, count in zip(numbers[unfit], fields[unfit], strict=True))
        frame = frame.select(field_name(index) for index in range(self._width)).filter(pl.Series(~unfit))
        return Segment(
            fields=frame,
            units=numbers[~unfit],
            misfits=misfits,
            unclean=numbers[unclean],
            short=numbers[short & ~unfit],
            long=numbers[(fields > self._read_width) & ~unfit],
        )

    def _find_misfit(self, unit: int, row: list[str]) -> Misfit | None:
        if any("\0" in field for field in row):
            detail = (
                "The record holds a NUL character (shown as ␀), which PostgreSQL cannot store. Take it out and upload the record again."
            )
            return Misfit(unit=unit, reason="nul-byte", detail=detail)
        is_short = self._dialect.ragged == "reject" and len(row) < self._titled
        is_long = any(field.strip(BLANKS) and field != self._dialect.null for field in row[self._width :])
        return self._other_length(unit, len(row)) if is_short or is_long else None

    def _other_length(self, unit: int, fields: int) -> Misfit:
        if fields > self._read_width:
            detail = f"The record has {fields} fields, the header has {self._titled}. Is a field with the delimiter in it not quoted?"
            return Misfit(unit=unit, reason="too-many-fields", detail=detail)
        if fields > self._titled:
            detail = f"The record has a value behind the {self._titled} columns that have titles, where the file's first records have none."
            return Misfit(unit=unit, reason="too-many-fields", detail=detail)
        detail = f"The record has {fields} fields, the header has {self._titled}; ragged=reject was given."
        return Misfit(unit=unit, reason="too-few-fields", detail=detail)


def _ends_empty(row: list[str], titled: int) -> bool:
    return len(row) < titled or not row[titled - 1]


def first_fields(fields: Fields, width: int) -> Fields:
    if fields.width == width:
        return fields
    if isinstance(fields, Cells):
        return fields.select(range(width)) if is_wide(width) else pl.DataFrame([fields.column(index) for index in range(width)])
    return fields.select(field_name(index) for index in range(width))


def _has_values(fields: Fields, first: int) -> NDArray[np.bool_]:
    """For each record: does any field from `first` on hold more than blanks?"""
    if isinstance(fields, Cells):
        filled = fields.series.str.strip_chars(BLANKS).str.len_bytes().fill_null(0) > 0
        return np.asarray(fields.by_row(filled.to_numpy())[:, first:].any(axis=1), dtype=np.bool_)
    beyond = pl.nth(range(first, fields.width)).str.strip_chars(BLANKS).str.len_bytes().fill_null(0) > 0
    return fields.select(pl.any_horizontal(beyond)).to_series().to_numpy()


def may_be_short(fields: Fields, text: bytes, dialect: Dialect, titled: int, empty_columns: int) -> bool:
    """A short record has nothing in the last column, and the text has too few delimiters: False is sure, True where quotes are is not."""
    if isinstance(fields, Cells) or titled < 2 or not fields[field_name(titled - 1)].null_count():
        return False
    has_quotes = bool(dialect.quote) and dialect.quote.encode() in text
    return has_quotes or text.count(dialect.delimiter.encode()) < (titled + empty_columns - 1) * fields.height


def has_short(fields: Fields, text: bytes, dialect: Dialect, titled: int, empty_columns: int) -> bool:
    """The same, for sure. Only for text whose quotes are all legal."""
    if not may_be_short(fields, text, dialect, titled, empty_columns):
        return False
    return int(count_fields(text, np.array([len(text)]), dialect)[0]) - 1 < (titled + empty_columns - 1) * fields.height


def count_fields(text: bytes, ends: Positions, dialect: Dialect) -> Positions:
    """Fields of each record. Only for text whose quotes are all legal, so that they alternate."""
    view = np.frombuffer(text, dtype=np.uint8)
    delimiters = np.flatnonzero(view == ord(dialect.delimiter))
    if dialect.quote:
        quotes = np.flatnonzero(view == ord(dialect.quote))
        delimiters = delimiters[np.searchsorted(quotes, delimiters) & 1 == 0]
    return np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
