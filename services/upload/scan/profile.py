"""Profiles every column in the pass that finds the types: nulls, distinct values, extremes, mean, longest and most frequent values.

A column's type is only known at the end, so extremes are kept as texts for all, and as numbers for those that have been numbers so far.
"""

import math
from collections.abc import Mapping
from concurrent.futures import Future
from decimal import Decimal
from typing import Final

import polars as pl
from msgspec import Struct

from backbone.csvread.cells import Fields
from backbone.csvread.columnwise import field_name
from backbone.csvread.values import Kind
from backbone.model import Column, ColumnType
from backbone.query.word_columns import are_codes
from backbone.runtime.cores import POOL
from services.upload.scan.distinct import SAMPLE_EVERY, ValueCounter
from services.upload.scan.sentences import find_language

TOP_VALUES: Final = 10
SHOWN_CHARACTERS_MAX: Final = 200  # of extremes
# Each column and batch has its price, and a wide file's pieces have few rows: so they are gathered, up to one of these.
BATCH_ROWS: Final = 32 * 1024
BATCH_CELLS: Final = 500_000
COLUMNS_AT_A_TIME: Final = 1_000  # and the working memory for them is bounded
BATCH_BYTES: Final = 8 * 1024 * 1024
FIRST_VALUES: Final = 200  # tell the language, and whether they are codes
SENTENCE_CHARACTERS_MIN: Final = 20
NUMBERS: Final = {"integer": pl.Int64(), "decimal": pl.Float64()}


class ColumnProfile(Struct, frozen=True, kw_only=True):
    """Of one column, over all records that fit. Values are texts as they stand in the file, long ones cut; None where there are none
    (or, for `mean`, no numbers). `distinct` and `top` are exact in the first 200,000 rows, if there are no more than 5,000 distinct
    values in them (fewer in files of more than 40 columns), and estimates beyond. In files of more than 200 columns both are None."""

    name: str
    type: ColumnType
    nulls: int
    distinct: int | None = None
    min: str | None = None
    max: str | None = None
    mean: float | None = None
    longest: int = 0  # characters
    top: tuple[tuple[str, int], ...] | None = None  # the most frequent values, and how often they occur
    language: str | None = None  # of its sentences, by the first of them
    codes: bool = False  # whether its first values are words and codes such as `AB-12`


class Profiler:
    def __init__(self, width: int) -> None:
        self._columns = [_ColumnProfiler(width) for _ in range(width)]
        self._batch: list[pl.DataFrame] = []
        self._batch_rows = 0
        self._batch_bytes = 0.0
        self._batches = 0
        self._under_way: Future[None] | None = None  # the batch before, which is profiled beside what is read

    def add(self, frame: Fields, kinds: Mapping[int, Kind]) -> None:
        """`kinds`: what the columns are so far; those that are not in it are text or unknown."""
        assert isinstance(frame, pl.DataFrame)  # the fields of all records of a file come in one way
        self._batch.append(frame)
        self._batch_rows += frame.height
        self._batch_bytes += frame.estimated_size()
        is_many = self._batch_rows >= BATCH_ROWS or self._batch_rows * len(self._columns) >= BATCH_CELLS
        if not is_many and self._batch_bytes < BATCH_BYTES:
            return
        self._wait()
        if is_many and POOL is not None:
            self._under_way = POOL.submit(self._profile, *self._next_batch(), dict(kinds))
        else:  # of long values one batch at a time is enough memory
            self._profile(*self._next_batch(), kinds)

    def counts_of_first(self) -> Mapping[str, int]:
        """How often values of the first column occur, as far as they were counted. Behind the last byte."""
        return self._columns[0].counts

    def finish(self, columns: tuple[Column, ...], kinds: Mapping[int, Kind]) -> tuple[ColumnProfile, ...]:
        self._wait()
        if self._batch_rows:
            self._profile(*self._next_batch(), kinds)
        return tuple(profiler.profile(column) for profiler, column in zip(self._columns, columns, strict=True))

    def _wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def _next_batch(self) -> tuple[list[pl.DataFrame], int]:
        """Its frames and its number, from 1."""
        frames = self._batch
        self._batch, self._batch_rows, self._batch_bytes = [], 0, 0.0
        self._batches += 1
        return frames, self._batches

    def _profile(self, frames: list[pl.DataFrame], number: int, kinds: Mapping[int, Kind]) -> None:
        """All that can be asked of all columns at once is: an expression costs little, a query for each of 10,000 columns does not."""
        frame = pl.concat(frames) if len(frames) > 1 else frames[0]
        for first in range(0, len(self._columns), COLUMNS_AT_A_TIME):
            self._add_columns(frame, number, range(first, min(first + COLUMNS_AT_A_TIME, len(self._columns))), kinds)

    def _add_columns(self, frame: pl.DataFrame, batch_number: int, indexes: range, kinds: Mapping[int, Kind]) -> None:
        frame = frame.select(field_name(index) for index in indexes)
        batch = _Batch(frame, batch_number % SAMPLE_EVERY)
        numbers: dict[int, _Stats] = {}
        for kind in NUMBERS:
            numbers |= _number_stats(frame, [index for index in indexes if index in kinds and kinds[index][0] == kind], kind)
        for number, index in enumerate(indexes):
            self._columns[index].add(batch, number, numbers.get(index))


class _Batch:
    def __init__(self, frame: pl.DataFrame, offset: int) -> None:
        self.height = frame.height
        self.values = frame.get_columns()
        self.samples = frame[offset::SAMPLE_EVERY].get_columns()
        self.hashes = frame.select(pl.all().hash()).get_columns()
        self.nulls = frame.null_count().row(0)
        self.mins, self.maxs = frame.min().row(0), frame.max().row(0)
        self.bytes = frame.select(pl.all().str.len_bytes().max()).row(0)


class _Stats(Struct, frozen=True):
    """Of some values of a column of numbers. For decimals the extremes are floats: near, but not yet all digits."""

    min: float
    max: float
    sum: float


def _number_stats(frame: pl.DataFrame, indexes: list[int], kind: str) -> dict[int, _Stats]:
    if not indexes:
        return {}
    numbers = frame.select(pl.col(field_name(index)).cast(NUMBERS[kind], strict=False) for index in indexes)
    sums = numbers.select(pl.all().cast(pl.Float64).sum()).row(0)
    stats = zip(indexes, numbers.min().row(0), numbers.max().row(0), sums, strict=True)
    return {index: _Stats(low, high, total) for index, low, high, total in stats if low is not None}


class _ColumnProfiler:
    def __init__(self, columns: int) -> None:
        self._rows = 0
        self._nulls = 0
        self._longest = 0
        self._min: str | None = None
        self._max: str | None = None
        self._values = ValueCounter(columns)
        self._first: pl.Series | None = None
        self._numbers: NumberStats | None = NumberStats()  # None: not all were numbers

    def add(self, batch: _Batch, index: int, stats: _Stats | None) -> None:
        """`place` is that in the batch; `stats` are given when all values so far are numbers."""
        self._rows += batch.height
        self._nulls += batch.nulls[index]
        low, high = batch.mins[index], batch.maxs[index]
        if low is None:
            return
        if batch.bytes[index] > self._longest:  # or no value can have more characters
            self._longest = max(self._longest, int(batch.values[index].str.len_chars().max()))  # type: ignore[arg-type]
        low, high = low[:SHOWN_CHARACTERS_MAX], high[:SHOWN_CHARACTERS_MAX]
        self._min = low if self._min is None else min(self._min, low)
        self._max = high if self._max is None else max(self._max, high)
        values = batch.values[index]
        if self._first is None:
            self._first = values.head(FIRST_VALUES)
        self._values.add(values, batch.samples[index], batch.hashes[index], batch.bytes[index])
        if stats is None:
            self._numbers = None
        elif self._numbers is not None:
            self._add_numbers(values, stats, len(values) - batch.nulls[index])

    @property
    def counts(self) -> Mapping[str, int]:
        return self._values.counts

    def _add_numbers(self, values: pl.Series, stats: _Stats, count: int) -> None:
        """Looks for the digits of an extreme only where it is one."""
        numbers = self._numbers
        assert numbers is not None
        low = _exact(values, stats.min) if numbers.min is None or stats.min <= numbers.min else numbers.min
        high = _exact(values, stats.max) if numbers.max is None or stats.max >= numbers.max else numbers.max
        numbers.add(low, high, stats.sum, count)

    def profile(self, column: Column) -> ColumnProfile:
        numbers = self._numbers if column.type in NUMBERS and column.declared is None else None
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
            language=self._language() if column.type == "text" else None,
            codes=column.type == "text" and are_codes(self._first_values()),
        )

    def _first_values(self) -> list[str]:
        return [] if self._first is None else self._first.drop_nulls().to_list()

    def _language(self) -> str | None:
        values = self._first_values()
        return find_language(values) if self._longest >= SENTENCE_CHARACTERS_MIN else None


class NumberStats:
    """Extremes are exact, for a float has not the digits of a decimal; the mean is a float."""

    def __init__(self) -> None:
        self.min: Decimal | None = None
        self.max: Decimal | None = None
        self._sum = 0.0
        self._count = 0

    def add(self, low: Decimal, high: Decimal, total: float, count: int) -> None:
        self._sum += total
        self._count += count
        self.min = low if self.min is None else min(self.min, low)
        self.max = high if self.max is None else max(self.max, high)

    @property
    def mean(self) -> float | None:
        mean = self._sum / self._count if self._count else math.nan
        return mean if math.isfinite(mean) else None

    def text(self, number: Decimal | None) -> str | None:
        return None if number is None else f"{number:f}"


def _exact(values: pl.Series, extreme: float) -> Decimal:
    """The number that became this float. Of several, which differ beyond the 17th digit, the first is taken."""
    if isinstance(extreme, int):
        return Decimal(extreme)
    index = (values.cast(pl.Float64, strict=False) == extreme).arg_max()
    return Decimal(values[index or 0])
