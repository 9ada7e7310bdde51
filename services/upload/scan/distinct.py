"""Counts a column's distinct values and finds its most frequent ones, in one pass and bounded memory.

As long as a column has few distinct values, both are exact. Beyond that, the number of distinct values is estimated from the smallest
hashes seen ("k minimum values": Bar-Yossef et al., "Counting distinct elements in a data stream", 2002; about 2 % off here, 9 % in a
file of 10,000 columns), which needs no more than a comparison for each value, where a HyperLogLog would be updated; and frequencies
are counted in every 16th row, or fewer where nearly all values differ.
"""

from collections.abc import Mapping
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

EXACT_VALUES_MAX: Final = 5_000
EXACT_ROWS_MAX: Final = 200_000  # behind them, frequencies cost more than they tell
EXACT_VALUES_MIN: Final = 20
FILE_VALUES_MAX: Final = 200_000  # memory: all columns of a wide file share it
SAMPLE_EVERY: Final = 16
SAMPLE_HITS_MIN: Final = 3  # rarer ones are noise
MINIMA_MAX: Final = 2048
MINIMA_MIN: Final = 128
FILE_MINIMA_MAX: Final = 1_000_000
VALUE_BYTES_MAX: Final = 200  # longer ones are never among the most frequent
_HASHES: Final = 2.0**64

Hashes = NDArray[np.uint64]


@cache
def _hash_of_null() -> int:
    return int(pl.Series([None], dtype=pl.String).hash()[0])


def exact_values_max(columns: int) -> int:
    """Distinct values of a column that are counted exactly. All columns of a file share the memory."""
    return min(max(FILE_VALUES_MAX // columns, EXACT_VALUES_MIN), EXACT_VALUES_MAX)


def minima_max(columns: int) -> int:
    """Hashes that are kept of a column."""
    return min(max(FILE_MINIMA_MAX // columns, MINIMA_MIN), MINIMA_MAX)


class ValueCounter:
    """`columns`: how many there are in the file, which share the memory."""

    def __init__(self, columns: int) -> None:
        self._exact_max = exact_values_max(columns)
        self._minima_max = minima_max(columns)
        self._counts: dict[str, int] = {}
        self._minima: Hashes | None = None  # None while exact
        self._rows = 0
        self._stride = 1  # grows with every 5,000 values to forget: where nothing repeats there is little to be found

    def add(self, values: pl.Series, sample: pl.Series, hashes: pl.Series, longest_bytes: int) -> None:
        """Of some rows the values (nulls included), every SAMPLE_EVERY-th of them, and their hashes."""
        if self._minima is not None:
            self._add_minima(hashes)
            self._count(sample[:: self._stride] if self._stride > 1 else sample, SAMPLE_EVERY * self._stride, longest_bytes)
            return
        self._rows += len(values)
        before = pl.Series(self._counts.keys(), dtype=pl.String)
        self._count(values, 1, longest_bytes)
        is_too_much = len(self._counts) > self._exact_max or self._rows > EXACT_ROWS_MAX
        if is_too_much or longest_bytes > VALUE_BYTES_MAX:
            self._minima = np.empty(0, dtype=np.uint64)
            self._add_minima(before.hash())
            self._add_minima(hashes)
            self._forget_rare()

    @property
    def counts(self) -> Mapping[str, int]:
        """Of values that were counted, which are all of them as long as they are few."""
        return self._counts

    @property
    def distinct(self) -> int:
        if self._minima is None:
            return len(self._counts)
        if len(self._minima) < self._minima_max:
            return len(self._minima)
        return round((self._minima_max - 1) * _HASHES / float(self._minima[-1]))

    def top(self, size: int, rows: int) -> tuple[tuple[str, int], ...]:
        """The most frequent first; none where no value stands out. `rows`: no value can have more."""
        least = 1 if self._minima is None and len(self._counts) <= size else 2
        least = least if self._minima is None else SAMPLE_HITS_MIN * SAMPLE_EVERY * self._stride
        frequent = sorted((item for item in self._counts.items() if item[1] >= least), key=lambda item: (-item[1], item[0]))
        return tuple((value, min(count, rows)) for value, count in frequent[:size])

    def _count(self, values: pl.Series, weight: int, longest_bytes: int) -> None:
        if longest_bytes > VALUE_BYTES_MAX:
            values = values.filter(values.str.len_bytes() <= VALUE_BYTES_MAX)
        counts = self._counts
        if values.null_count():
            values = values.drop_nulls()
        found = values.value_counts(name="count")
        if not counts and found.height > 2 * self._exact_max:  # most would be forgotten at once, so they do not become Python's
            found = found.top_k(self._exact_max + 1, by="count")
        texts, times = (column.to_list() for column in found.get_columns())
        known = map(counts.get, texts, repeat(0))
        counts.update(zip(texts, [before + count * weight for before, count in zip(known, times, strict=True)], strict=True))
        if self._minima is not None and len(counts) > 2 * self._exact_max:
            self._stride *= 2 if max(counts.values()) > weight else 4
            self._forget_rare()

    def _forget_rare(self) -> None:
        ordered = sorted(self._counts.items(), key=itemgetter(1), reverse=True)
        self._counts = dict(ordered[: self._exact_max + 1])

    def _add_minima(self, hashes: pl.Series) -> None:
        assert self._minima is not None
        if len(self._minima) == self._minima_max:
            fresh = hashes.to_numpy()
            fresh = fresh[fresh < self._minima[-1]]
        else:
            fresh = hashes.unique().to_numpy()
        fresh = fresh[fresh != _hash_of_null()]
        if len(fresh):
            merged = np.sort(np.concatenate((self._minima, fresh)))
            is_first = np.concatenate(([True], merged[1:] != merged[:-1]))
            self._minima = merged[is_first][: self._minima_max]
