"""Reads records of many columns as one long column of cells, row after row.

A polars column costs some KiB to read and some microseconds for whatever is asked of it, however few rows it has: in a file of 10,000
columns that is all the time and most of the memory. As one column they cost what their bytes cost.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from backbone.csvread.columnwise import NotReadable, cells_of, ends_lines_by_cr, field_name, read_columns
from backbone.csvread.quotes import BLANK, CR, LF
from backbone.model import WIDE_COLUMNS, Dialect


def is_wide(width: int) -> bool:
    """Whether records are read as cells."""
    return width > WIDE_COLUMNS


class Cells(Struct, frozen=True):
    """Some records with `width` fields each; empty fields are null. What it shares with a polars frame has the same name."""

    series: pl.Series
    width: int

    @property
    def height(self) -> int:
        return len(self.series) // self.width

    def is_empty(self) -> bool:
        return not len(self.series)

    def estimated_size(self) -> int:
        return int(self.series.estimated_size())

    def column(self, index: int) -> pl.Series:
        return self.series.gather_every(self.width, index).alias(field_name(index))

    def by_row(self, values: pl.Series | NDArray[np.generic]) -> NDArray[np.generic]:
        """A row for each record, of something that was found out for each cell."""
        return np.asarray(values).reshape(self.height, self.width)

    def select(self, indexes: Sequence[int | None]) -> "Cells":
        """Other fields, or these in another order; None is a field that is null in every record."""
        if list(indexes) == list(range(self.width)):
            return self
        known = np.array([-1 if index is None else index for index in indexes], dtype=np.int64)
        wanted = np.arange(self.height, dtype=np.int64)[:, None] * self.width + known
        numbers = pl.Series(wanted.ravel())
        if (known < 0).any():
            numbers = numbers.set(pl.Series(np.tile(known < 0, self.height)), None)
        return Cells(self.series.gather(numbers), len(known))

    def slice(self, first: int, height: int) -> "Cells":
        return Cells(self.series.slice(first * self.width, height * self.width), self.width)

    def gather_every(self, step: int, first: int) -> "Cells":
        """Every so many of the records."""
        rows = np.arange(first, self.height, step, dtype=np.int64)
        indexes = rows[:, None] * self.width + np.arange(self.width)
        return Cells(self.series.gather(pl.Series(indexes.ravel(), dtype=pl.Int64)), self.width)

    def filter(self, keep: pl.Series) -> "Cells":
        """`keep` has a boolean for each record."""
        return Cells(self.series.filter(pl.Series(np.repeat(keep.to_numpy(), self.width))), self.width)

    def with_column(self, index: int, values: pl.Series) -> "Cells":
        indexes = np.arange(self.height, dtype=np.int64) * self.width + index
        return Cells(self.series.clone().scatter(pl.Series(indexes), values.cast(pl.String)), self.width)

    def iter_rows(self) -> Iterator[tuple[str | None, ...]]:
        for first in range(0, len(self.series), self.width):
            yield tuple(self.series.slice(first, self.width).to_list())


Fields = pl.DataFrame | Cells


def column_of(fields: Fields, index: int) -> pl.Series:
    return fields.column(index) if isinstance(fields, Cells) else fields[field_name(index)]


def with_column(fields: Fields, index: int, values: pl.Series) -> Fields:
    if isinstance(fields, Cells):
        return fields.with_column(index, values)
    return fields.with_columns(values.alias(field_name(index)))


def read_fields(data: bytes, dialect: Dialect, width: int) -> Fields:
    """The one way or the other. Only for bytes whose quotes are all legal. Raises NotReadable."""
    if dialect.blank_after:
        data = without_leading_blanks(data, dialect)
    return read_cells(data, dialect, width) if is_wide(width) else read_columns(data, dialect, width)


def without_leading_blanks(data: bytes, dialect: Dialect) -> bytes:
    """Takes off the blanks before fields, which polars would keep."""
    view = np.frombuffer(data, dtype=np.uint8)
    filled, blanks = np.flatnonzero(view != BLANK), np.flatnonzero(view == BLANK)
    if not len(blanks):
        return data
    last = np.searchsorted(filled, blanks) - 1
    before = np.where(last < 0, LF, view[filled[np.maximum(last, 0)]] if len(filled) else LF)
    leading = np.isin(before, (ord(dialect.delimiter), LF, CR))
    if dialect.quote:
        quotes = np.flatnonzero(view == ord(dialect.quote))
        leading &= np.searchsorted(quotes, blanks) & 1 == 0
    return np.delete(view, blanks[leading]).tobytes()


def fields_of(rows: list[list[str]], dialect: Dialect, width: int) -> Fields:
    """The same for rows of the exact reader: cut or filled up to `width`."""
    cells = cells_of(rows, dialect, width)
    if is_wide(width):
        return Cells(cells, width)
    return pl.DataFrame([cells.gather_every(width, index).alias(field_name(index)) for index in range(width)])


def read_cells(data: bytes, dialect: Dialect, width: int) -> Cells:
    """Every delimiter becomes a line end, so that a cell is a record of one field. Raises NotReadable, also when any record has more
    or fewer fields than `width`."""
    line_end = CR if ends_lines_by_cr(data) else LF
    if data and data[-1] != line_end:
        data += bytes((line_end,))
    view = np.frombuffer(data, dtype=np.uint8)
    ends = find_field_ends(view, dialect, line_end)
    rows = len(ends) // width
    ends_record = view[ends] == line_end
    is_regular = len(ends) == rows * width and np.count_nonzero(ends_record) == rows and ends_record[width - 1 :: width].all()
    if not is_regular:
        raise NotReadable(f"not every record has {width} fields")
    marked = view.copy()
    marked[ends] = line_end
    cells = read_columns(marked.tobytes(), dialect, 1).to_series()
    if len(cells) != len(ends):
        raise NotReadable(f"{len(cells)} cells where there are {len(ends)}")
    return Cells(cells, width)


def find_field_ends(view: NDArray[np.uint8], dialect: Dialect, line_end: int) -> NDArray[np.int64]:
    """Positions of the delimiters and line ends that stand outside quotes."""
    ends = np.flatnonzero((view == ord(dialect.delimiter)) | (view == line_end))
    quotes = np.flatnonzero(view == ord(dialect.quote)) if dialect.quote else ends[:0]
    if len(quotes):
        ends = ends[np.searchsorted(quotes, ends) & 1 == 0]
    return ends
