"""Profiles thousands of columns at once: what `profile.py` does for each by itself, by the same rules, with an array for each figure.

Distinct and most frequent values are left out: to count them for so many columns takes more than all the rest, and nobody reads them.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from backbone.csvread.cells import Cells, Fields
from backbone.csvread.values import Kind
from backbone.model import Column
from services.upload.scan.profile import BATCH_BYTES, NUMBERS, SHOWN_CHARACTERS_MAX, ColumnProfile, NumberStats

BATCH_CELLS: Final = 120_000  # more need memory, fewer need time

Numbers = NDArray[np.int64]


class WideProfiler:
    def __init__(self, width: int) -> None:
        self._places = range(width)
        self._nulls = np.zeros(width, dtype=np.int64)
        self._characters = np.zeros(width, dtype=np.int64)
        self._extremes: dict[int, tuple[str, str]] = {}  # of columns with any value
        self._numbers = {index: NumberStats() for index in self._places}  # of those that have been numbers so far
        self._batch: list[Cells] = []
        self._batch_cells = 0
        self._batch_bytes = 0

    def add(self, cells: Fields, kinds: Mapping[int, Kind]) -> None:
        """`kinds`: what the columns are so far; those that are not in it are text or unknown."""
        assert isinstance(cells, Cells)  # the fields of all records of a file come in one way
        self._batch.append(cells)
        self._batch_cells += len(cells.series)
        self._batch_bytes += cells.estimated_size()
        if self._batch_cells >= BATCH_CELLS or self._batch_bytes >= BATCH_BYTES:
            self._flush(kinds)

    def finish(self, columns: tuple[Column, ...], kinds: Mapping[int, Kind]) -> tuple[ColumnProfile, ...]:
        self._flush(kinds)
        return tuple(self._profile(column, index) for column, index in zip(columns, self._places, strict=True))

    def _profile(self, column: Column, index: int) -> ColumnProfile:
        numbers = self._numbers.get(index) if column.type in NUMBERS and column.declared is None else None
        low, high = self._extremes.get(index, (None, None))
        return ColumnProfile(
            name=column.name,
            type=column.type,
            nulls=int(self._nulls[index]),
            min=numbers.text(numbers.min) if numbers else low,
            max=numbers.text(numbers.max) if numbers else high,
            mean=numbers.mean if numbers else None,
            longest=int(self._characters[index]),
        )

    def _flush(self, kinds: Mapping[int, Kind]) -> None:
        batch, self._batch, self._batch_cells, self._batch_bytes = self._batch, [], 0, 0
        if not any(cells.height for cells in batch):
            return
        width = len(self._places)
        together = Cells(pl.concat([cells.series.rename("cell") for cells in batch]), batch[0].width)
        self._add(together.select(self._places) if width < together.width else together, kinds)

    def _add(self, cells: Cells, kinds: Mapping[int, Kind]) -> None:
        self._nulls += cells.by_row(cells.series.is_null().to_numpy()).sum(axis=0)
        self._characters = np.maximum(self._characters, _longest(cells, cells.series.str.len_chars()))
        extremes = _extremes(cells)
        for index, (low, high) in extremes.items():
            known = self._extremes.get(index, (low, high))
            self._extremes[index] = min(low, known[0]), max(high, known[1])
        numeric = set[int]()
        for kind in NUMBERS:
            numeric |= self._add_numbers(cells, [index for index, (name, _) in kinds.items() if name == kind], kind)
        for index in extremes.keys() - numeric:
            self._numbers.pop(index, None)

    def _add_numbers(self, cells: Cells, indexes: Sequence[int], kind: str) -> set[int]:
        """Those of these columns that have values here."""
        if not indexes:
            return set()
        part = cells.select(indexes)
        numbers = part.series.cast(NUMBERS[kind], strict=False)
        is_number = part.by_row(numbers.is_not_null().to_numpy())
        counts = is_number.sum(axis=0)
        firsts = is_number.argmax(axis=0)
        lowest = part.by_row(numbers.fill_null(numbers.max()).to_numpy()).argmin(axis=0)
        highest = part.by_row(numbers.fill_null(numbers.min()).to_numpy()).argmax(axis=0)
        # A null that was filled is found only where all numbers of the column are the same.
        lows, highs = (_texts_at(part, np.where(_at(is_number, rows), rows, firsts)) for rows in (lowest, highest))
        sums = part.by_row(numbers.cast(pl.Float64).fill_null(0.0).to_numpy()).sum(axis=0)
        for number in np.flatnonzero(counts).tolist():
            if (known := self._numbers.get(indexes[number])) is not None:
                known.add(Decimal(lows[number]), Decimal(highs[number]), float(sums[number]), int(counts[number]))
        return {indexes[number] for number in np.flatnonzero(counts).tolist()}


def _longest(cells: Cells, lengths: pl.Series) -> Numbers:
    longest: Numbers = cells.by_row(lengths.fill_null(0).to_numpy()).max(axis=0).astype(np.int64)
    return longest


def _at(table: NDArray[np.generic], rows: Numbers) -> NDArray[np.generic]:
    """Of each column what stands in its row."""
    return table[rows, np.arange(len(rows))]


def _texts_at(cells: Cells, rows: Numbers) -> list[str]:
    """Of each column the value in its row."""
    return list(cells.series.gather(pl.Series(rows * cells.width + np.arange(cells.width))))


def _extremes(cells: Cells) -> dict[int, tuple[str, str]]:
    indexes = pl.Series("place", np.tile(np.arange(cells.width, dtype=np.uint32), cells.height))
    frame = pl.DataFrame([indexes, cells.series.alias("cell")]).drop_nulls().group_by("place")
    grouped = frame.agg(pl.col("cell").min().alias("low"), pl.col("cell").max().alias("high"))
    cut = grouped.with_columns(pl.col("low", "high").str.head(SHOWN_CHARACTERS_MAX))
    return {index: (low, high) for index, low, high in cut.iter_rows()}
