"""Profiles every column in the pass that finds the types: nulls, distinct values, extremes, mean, longest and most frequent values.

A column's type is only known at the end, so extremes are kept as texts for all, and as numbers for those that have been numbers so far.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

import polars as pl
from msgspec import Struct

from backbone.model import Column, ColumnType
from backbone.reading.columnwise import field_name
from backbone.reading.values import Kind
from services.upload.scan.distinct import ValueCounter

TOP_VALUES: Final = 10
SHOWN_CHARACTERS_MAX: Final = 200  # of extremes
# Each column and batch has its price, and a wide file's pieces have few rows: so they are gathered, up to one of these.
BATCH_ROWS: Final = 32 * 1024
BATCH_CELLS: Final = 1_000_000
BATCH_BYTES: Final = 8 * 1024 * 1024


class ColumnProfile(Struct, frozen=True, kw_only=True):
    """Of one column, over all records that fit. Values are texts as they stand in the file, long ones cut; None where there are none
    (or, for `mean`, no numbers). `distinct` and `top` are exact up to 5,000 distinct values (fewer in
    files of more than 100 columns), and estimates beyond."""

    name: str
    type: ColumnType
    nulls: int
    distinct: int
    min: str | None = None
    max: str | None = None
    mean: float | None = None
    longest: int = 0  # characters
    top: tuple[tuple[str, int], ...] = ()  # the most frequent values, and how often they occur


class Profiler:
    def __init__(self, width: int) -> None:
        self._columns = [_ColumnProfiler(width) for _ in range(width)]
        self._batch: list[pl.DataFrame] = []
        self._batch_rows = 0
        self._batch_bytes = 0.0

    def add(self, frame: pl.DataFrame, kinds: Mapping[int, Kind]) -> None:
        """`kinds`: what the columns are so far; those that are not in it are text or unknown."""
        self._batch.append(frame)
        self._batch_rows += frame.height
        self._batch_bytes += frame.estimated_size()
        is_many = self._batch_rows >= BATCH_ROWS or self._batch_rows * len(self._columns) >= BATCH_CELLS
        if is_many or self._batch_bytes >= BATCH_BYTES:
            self._flush(kinds)

    def finish(self, columns: tuple[Column, ...], kinds: Mapping[int, Kind]) -> tuple[ColumnProfile, ...]:
        self._flush(kinds)
        return tuple(profiler.profile(column) for profiler, column in zip(self._columns, columns, strict=True))

    def _flush(self, kinds: Mapping[int, Kind]) -> None:
        if not self._batch_rows:
            return
        frame = pl.concat(self._batch) if len(self._batch) > 1 else self._batch[0]
        self._batch, self._batch_rows, self._batch_bytes = [], 0, 0.0
        text = pl.all().str
        longest = zip(frame.select(text.len_chars().max()).row(0), frame.select(text.len_bytes().max()).row(0), strict=True)
        for (place, profiler), (characters, size) in zip(enumerate(self._columns), longest, strict=False):
            kind = kinds.get(place)
            profiler.add(frame[field_name(place)], kind[0] if kind else "text", characters or 0, size or 0)


class _ColumnProfiler:
    def __init__(self, columns: int) -> None:
        self._rows = 0
        self._nulls = 0
        self._longest = 0
        self._min: str | None = None
        self._max: str | None = None
        self._values = ValueCounter(columns)
        self._numbers: _Numbers | None = _Numbers()  # None: not all were numbers

    def add(self, values: pl.Series, column_type: ColumnType, longest: int, longest_bytes: int) -> None:
        self._rows += len(values)
        if nulls := values.null_count():
            self._nulls += nulls
            values = values.drop_nulls()
        if values.is_empty():
            return
        self._longest = max(self._longest, longest)
        low, high = cast(str, values.min())[:SHOWN_CHARACTERS_MAX], cast(str, values.max())[:SHOWN_CHARACTERS_MAX]
        self._min = low if self._min is None else min(self._min, low)
        self._max = high if self._max is None else max(self._max, high)
        self._values.add(values, longest_bytes)
        if column_type not in ("integer", "decimal"):
            self._numbers = None
        elif self._numbers is not None:
            self._numbers.add(values, column_type)

    def profile(self, column: Column) -> ColumnProfile:
        numbers = self._numbers if column.type in ("integer", "decimal") and column.declared is None else None
        return ColumnProfile(
            name=column.name,
            type=column.type,
            nulls=self._nulls,
            distinct=min(self._values.distinct, self._rows - self._nulls),
            min=numbers.text(numbers.min) if numbers else self._min,
            max=numbers.text(numbers.max) if numbers else self._max,
            mean=numbers.mean if numbers else None,
            longest=self._longest,
            top=self._values.top(TOP_VALUES, self._rows - self._nulls),
        )


class _Numbers:
    """Extremes are exact, for a float has not the digits of a decimal; the mean is a float."""

    def __init__(self) -> None:
        self.min: Decimal | None = None
        self.max: Decimal | None = None
        self._sum = 0.0
        self._count = 0

    def add(self, values: pl.Series, column_type: ColumnType) -> None:
        numbers = values.cast(pl.Int64 if column_type == "integer" else pl.Float64, strict=False)
        self._sum += cast(float, numbers.cast(pl.Float64).sum())
        self._count += len(values)
        low, high = (_exact(values, numbers, extreme) for extreme in (numbers.min(), numbers.max()))
        self.min = low if self.min is None else min(self.min, low)
        self.max = high if self.max is None else max(self.max, high)

    @property
    def mean(self) -> float | None:
        mean = self._sum / self._count if self._count else math.nan
        return mean if math.isfinite(mean) else None

    def text(self, number: Decimal | None) -> str | None:
        return None if number is None else f"{number:f}"


def _exact(values: pl.Series, numbers: pl.Series, extreme: object) -> Decimal:
    """The decimal that became this float; of several, rounding hides only ties in the last digits, of which the first is taken."""
    if isinstance(extreme, int):
        return Decimal(extreme)
    place = (numbers == extreme).arg_max()
    return Decimal(values[place or 0])
