"""Cuts the file into chunks: as many whole records as fit, a record that does not fit alone, one beyond the limit marked `oversized`.

The chunks tile the file from behind the header to its end; blank lines belong to the chunk that they stand in.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from backbone.csvread.quotes import Positions
from backbone.model import Chunk


class Batch(Struct, frozen=True, kw_only=True):
    """Units (records and blank lines) that follow those of the batch before. Positions are bytes from the start of the file."""

    ends: Positions
    is_record: NDArray[np.bool_]
    is_clean: NDArray[np.bool_]
    is_oversized: NDArray[np.bool_]
    line_ends: Positions  # all that were found since the batch before, also behind the last unit


class Cutter:
    def __init__(self, *, offset: int, line: int, chunk_bytes: int, units_max: int) -> None:
        """A chunk ends where either limit is reached: bytes alone do not bound what a parser holds, for a short cell costs it more."""
        self.chunks: list[Chunk] = []
        self.records = 0  # in closed chunks and the open one
        self._chunk_bytes = chunk_bytes
        self._units_max = units_max
        self._units = 0  # in the open chunk
        self.line = line  # the line number of the first byte not yet in a batch
        self._begin = self._end = offset
        self._end_line = self._first_line = line
        self._first_record = 1
        self._clean = True

    def add(self, batch: Batch) -> None:
        records_before = np.concatenate(([0], np.cumsum(batch.is_record)))
        dirt_before = np.concatenate(([0], np.cumsum(~batch.is_clean)))
        oversized = [*np.flatnonzero(batch.is_oversized).tolist(), len(batch.ends)]
        first = 0
        while first < len(batch.ends):
            while oversized[0] < first:
                oversized.pop(0)
            fitting = int(np.searchsorted(batch.ends, self._begin + self._chunk_bytes, side="right"))
            room = self._units_max - self._units
            behind = max(first, min(fitting, oversized[0], first + room))
            takes_one_alone = behind == first and self._end == self._begin
            if takes_one_alone:
                behind = first + 1
            if behind > first:
                self._units += behind - first
                self.records += int(records_before[behind] - records_before[first])
                self._clean &= bool(dirt_before[behind] == dirt_before[first])
                self._end = int(batch.ends[behind - 1])
                self._end_line = self.line + int(np.searchsorted(batch.line_ends, self._end, side="right"))
            is_full = behind < len(batch.ends) or takes_one_alone
            if is_full:
                self._close(oversized=takes_one_alone and oversized[0] == first)
            first = behind
        self.line += len(batch.line_ends)

    def finish(self) -> tuple[Chunk, ...]:
        if self._end > self._begin:
            self._close(oversized=False)
        return tuple(self.chunks)

    def _close(self, *, oversized: bool) -> None:
        records = self.records + 1 - self._first_record
        chunk = Chunk(
            number=len(self.chunks),
            offset=self._begin,
            length=self._end - self._begin,
            records=records,
            first_record=self._first_record,
            first_line=self._first_line,
            clean=self._clean and not oversized,
            oversized=oversized,
        )
        self.chunks.append(chunk)
        self._begin, self._first_record, self._first_line = self._end, self.records + 1, self._end_line
        self._clean = True
        self._units = 0
