"""Counts distinct and frequent values of thousands of columns at once: what `distinct.py` does for one, by the same rules, in arrays.

A value is known by its key, the column's number above and its hash below, so that all columns share one sorted array of keys. (Polars
would group them by column and text as well, in six times the memory.)
"""

from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from backbone.csvread.cells import Cells
from services.upload.scan.distinct import (
    EXACT_ROWS_MAX,
    SAMPLE_EVERY,
    SAMPLE_HITS_MIN,
    VALUE_BYTES_MAX,
    exact_values_max,
    minima_max,
)

KEY_BITS: Final = 64

Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]


class WideValueCounter:
    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._hash_bits = KEY_BITS - columns.bit_length()
        self._exact_max = exact_values_max(columns)
        self._is_exact = np.ones(columns, dtype=np.bool_)
        self._strides = np.ones(columns, dtype=np.int64)
        self._counts = _Counts()
        self._minima: Keys = np.empty(0, dtype=np.uint64)  # the smallest of every column
        self._minima_max = minima_max(columns)
        self._rows = 0

    def add(self, cells: Cells, offset: int, longest_bytes: Numbers) -> None:
        """`offset`: of the first record that is sampled; `longest_bytes` has the longest value of each column."""
        self._rows += cells.height
        self._add_minima(self._keys(cells, np.arange(self._columns)))
        self._count(cells, offset)
        sizes = self._sizes(self._counts.keys)
        is_too_much = (sizes > self._exact_max) | (self._rows > EXACT_ROWS_MAX) | (longest_bytes > VALUE_BYTES_MAX)
        is_crowded = ~self._is_exact & (sizes > 2 * self._exact_max)
        self._strides[is_crowded] *= 2
        forgets = (self._is_exact & is_too_much) | is_crowded
        self._is_exact &= ~is_too_much
        if forgets.any():
            columns, ranks = self._ranks()
            self._counts.keep(~forgets[columns] | (ranks <= self._exact_max))

    def distinct(self) -> list[int]:
        sizes = self._sizes(self._counts.keys)
        found: list[int] = np.where(self._is_exact, sizes, self._estimate()).tolist()
        return found

    def top(self, size: int, rows: list[int]) -> list[tuple[tuple[str, int], ...]]:
        """Of each column the most frequent values; `rows`: no value can have more."""
        exact_least = np.where(self._sizes(self._counts.keys) <= size, 1, 2)
        least = np.where(self._is_exact, exact_least, SAMPLE_HITS_MIN * SAMPLE_EVERY * self._strides)
        columns, ranks = self._ranks()
        is_frequent = (ranks < size) & (self._counts.counts >= least[columns])
        values = self._counts.texts.filter(pl.Series(is_frequent))
        found: list[list[tuple[str, int]]] = [[] for _ in range(self._columns)]
        for column, value, count in zip(columns[is_frequent].tolist(), values, self._counts.counts[is_frequent].tolist(), strict=True):
            found[column].append((value, min(count, rows[column])))
        return [tuple(sorted(each, key=lambda item: (-item[1], item[0]))) for each in found]

    def _count(self, cells: Cells, offset: int) -> None:
        exact, inexact = np.flatnonzero(self._is_exact), np.flatnonzero(~self._is_exact)
        if len(exact):
            self._tally(cells.select(exact.tolist()), exact, np.ones(cells.height * len(exact), dtype=np.int64))
        if len(inexact):
            sample = cells.gather_every(SAMPLE_EVERY, offset).select(inexact.tolist())
            strides = self._strides[inexact]
            is_taken = np.arange(sample.height)[:, None] % strides == 0
            self._tally(sample, inexact, np.where(is_taken, SAMPLE_EVERY * strides, 0).ravel())

    def _tally(self, cells: Cells, columns: Numbers, weights: Numbers) -> None:
        is_counted = (cells.series.str.len_bytes() <= VALUE_BYTES_MAX).fill_null(False).to_numpy() & (weights > 0)
        keys = self._keys(cells, columns, is_counted)
        self._counts.add(keys, weights[is_counted], cells.series.filter(pl.Series(is_counted)))

    def _keys(self, cells: Cells, columns: Numbers, wanted: NDArray[np.bool_] | None = None) -> Keys:
        """Of every value; unless said otherwise, null is none."""
        keys = cells.series.hash().to_numpy() >> np.uint64(KEY_BITS - self._hash_bits)
        by_row = keys.reshape(cells.height, cells.width)
        by_row |= columns.astype(np.uint64) << np.uint64(self._hash_bits)
        if wanted is None and not cells.series.null_count():
            return keys
        return keys[cells.series.is_not_null().to_numpy() if wanted is None else wanted]

    def _add_minima(self, keys: Keys) -> None:
        keys.sort()
        fresh = keys[_is_first(keys)]
        places, is_known = _find(self._minima, fresh)
        if is_known.all():
            return
        minima = np.insert(self._minima, places[~is_known], fresh[~is_known])
        starts = self._starts(minima)
        if np.diff(starts).max() > self._minima_max:
            minima = np.concatenate([minima[first : min(first + self._minima_max, behind)] for first, behind in pairwise(starts.tolist())])
        self._minima = minima

    def _estimate(self) -> Numbers:
        """As in `distinct.py`: so many hashes lie below the largest one that is kept."""
        starts = self._starts(self._minima)
        sizes = np.diff(starts)
        if not len(self._minima):
            return sizes
        largest = self._minima[np.maximum(starts[1:] - 1, 0)] & np.uint64((1 << self._hash_bits) - 1)
        reach = np.maximum(largest.astype(np.float64), 1.0) / 2.0**self._hash_bits
        return np.where(sizes < self._minima_max, sizes, np.rint((self._minima_max - 1) / reach)).astype(np.int64)

    def _sizes(self, keys: Keys) -> Numbers:
        return np.diff(self._starts(keys))

    def _starts(self, keys: Keys) -> Numbers:
        """Where each column begins, and behind the last one the end."""
        firsts = np.arange(self._columns, dtype=np.uint64) << np.uint64(self._hash_bits)
        return np.append(np.searchsorted(keys, firsts), len(keys))

    def _ranks(self) -> tuple[Numbers, Numbers]:
        """The column of each count, and its place among the column's counts: 0 is the most frequent."""
        columns = (self._counts.keys >> np.uint64(self._hash_bits)).astype(np.int64)
        order = np.lexsort((self._counts.texts.rank("ordinal").to_numpy(), -self._counts.counts, columns))
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order)) - self._starts(self._counts.keys)[columns]  # the columns stand in order already
        return columns, ranks


class _Counts:
    """Values by their keys: how often each was seen, and its text."""

    def __init__(self) -> None:
        self.keys: Keys = np.empty(0, dtype=np.uint64)
        self.counts: Numbers = np.empty(0, dtype=np.int64)
        self.texts = pl.Series("text", [], dtype=pl.String)

    def add(self, keys: Keys, weights: Numbers, values: pl.Series) -> None:
        if not len(keys):
            return
        order = np.argsort(keys)
        firsts = np.flatnonzero(_is_first(keys[order]))
        fresh, counts = keys[order[firsts]], np.add.reduceat(weights[order], firsts)
        places, is_known = _find(self.keys, fresh)
        self.counts[places[is_known]] += counts[is_known]
        if not is_known.all():
            places, is_new = places[~is_known], ~is_known
            texts = pl.concat([self.texts, _by_itself(values.gather(pl.Series(order[firsts[is_new]])))])
            texts_at = np.insert(np.arange(len(self.keys)), places, len(self.keys) + np.arange(len(places)))
            self.keys = np.insert(self.keys, places, fresh[is_new])
            self.counts = np.insert(self.counts, places, counts[is_new])
            self.texts = texts.gather(pl.Series(texts_at))

    def keep(self, wanted: NDArray[np.bool_]) -> None:
        self.keys, self.counts = self.keys[wanted], self.counts[wanted]
        self.texts = _by_itself(self.texts.filter(pl.Series(wanted)))


def _by_itself(texts: pl.Series) -> pl.Series:
    """A copy: a few texts would keep alive all the bytes of the block that they came in."""
    return texts.alias("text").to_frame().select(pl.format("{}", "text").alias("text")).to_series()


def _is_first(ordered: Keys) -> NDArray[np.bool_]:
    return np.concatenate((np.ones(min(len(ordered), 1), dtype=np.bool_), ordered[1:] != ordered[:-1]))


def _find(known: Keys, wanted: Keys) -> tuple[Numbers, NDArray[np.bool_]]:
    """Where each stands or would stand, and whether it does."""
    places = np.searchsorted(known, wanted)
    if not len(known):
        return places, np.zeros(len(wanted), dtype=np.bool_)
    return places, known[np.minimum(places, len(known) - 1)] == wanted
