"""What is known of the records so far: chunks, types, profile and findings. Blocks of them are settled in their order, each as it was read."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from backbone.csvread.cells import is_wide
from backbone.csvread.quotes import Positions
from backbone.findings import TEXT_CHARACTERS_MAX, Finding, merge_findings, place
from backbone.model import Chunk, Column
from backbone.types.declared import is_auto
from services.upload.scan.block import Block, Reading
from services.upload.scan.cutter import Batch, Cutter
from services.upload.scan.head import Head
from services.upload.scan.interruptions import Interruptions
from services.upload.scan.options import ScanOptions
from services.upload.scan.profile import ColumnProfile, Profiler
from services.upload.scan.suggestions import SuggestionFinder
from services.upload.scan.swallowed import find_swallowed, tell_swallowed
from services.upload.scan.types import TypeFinder
from services.upload.scan.wide_profile import WideProfiler


class Settled:
    def __init__(self, head: Head, options: ScanOptions, columns: tuple[Column, ...]) -> None:
        self._dialect = head.dialect
        self._columns = columns
        self._width = width = len(columns) + head.dialect.left_out
        self._may_stop = options.quote is None
        self.swallowed: tuple[Finding, ...] = ()
        self._interruptions = Interruptions(head.dialect, width, head.header_lines, has_comments=head.has_comments)
        self._cutter = Cutter(
            offset=head.body_offset,
            line=head.body_line,
            chunk_bytes=options.chunk_bytes,
            units_max=max(1, options.chunk_cells // width),
        )
        self._types = TypeFinder(columns, head.known)
        self._auto = is_auto(options.types)
        self._suggestions = SuggestionFinder(columns, whole=self._auto)
        self._profiler = WideProfiler(len(columns)) if is_wide(width) else Profiler(len(columns))

    def take(self, block: Block, readings: list[Reading]) -> None:
        clean = ~(block.units.doubtful | block.units.blank)
        if block.is_open:
            clean[-1:] = False
        for reading in readings:
            self._read(block, reading)
            clean[reading.unclean] = False
        if len(block.units.ends):
            self._interruptions.add(block.data, block.units, self.records)
            self._find_swallowed(block)
        self._cut(block, clean)

    def finish(self) -> tuple[tuple[Chunk, ...], tuple[ColumnProfile, ...]]:
        return self._cutter.finish(), self._profiler.finish(self.decide()[0], self._types.kinds)

    def decide(self) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
        return self._suggestions.decide(self.columns, auto=self._auto)

    def interruptions(self) -> tuple[Finding, ...]:
        return self._interruptions.findings(self.columns, self._suggestions.strays)

    def counts_of_first(self) -> Mapping[str, int] | None:
        """How often values of the first column occur, as far as they were counted; None where none are."""
        return self._profiler.counts_of_first() if isinstance(self._profiler, Profiler) else None

    @property
    def records(self) -> int:
        return self._cutter.records

    @property
    def columns(self) -> tuple[Column, ...]:
        """With the types found so far."""
        return self._types.columns(self._columns)

    def _read(self, block: Block, reading: Reading) -> None:
        self._types.add(reading.fields)
        self._suggestions.add(reading.fields, self._types.kinds, partial(self._record_of, block, reading.rows))
        self._profiler.add(reading.fields, self._types.kinds)

    def _record_of(self, block: Block, rows: Positions, row: int) -> int:
        return self.records + int(np.count_nonzero(~block.units.blank[: int(rows[row]) + 1]))

    def _find_swallowed(self, block: Block) -> None:
        data, units, at = block.data, block.units, block.at
        for unit, lines in find_swallowed(data, units, block.lines_through, block.seen, self._dialect, self._width):
            begin = int(units.begins[unit])
            line = self._cutter.line + int(np.searchsorted(block.line_ends, begin + at, side="right"))
            line -= data.count(b"\n", max(0, begin), block.seen) if begin < block.seen else 0
            record = self.records + int(np.count_nonzero(~units.blank[: unit + 1]))
            text = data[max(0, begin) : begin + TEXT_CHARACTERS_MAX * 2].decode("utf-8", "ignore")
            where = place(record=record, line=line, text=text)
            self.swallowed = merge_findings(self.swallowed, [tell_swallowed(where, lines, may_stop=self._may_stop)])

    def _cut(self, block: Block, is_clean: NDArray[np.bool_]) -> None:
        units = block.units
        batch = Batch(
            ends=units.ends + block.at,
            is_record=~units.blank,
            is_clean=is_clean,
            is_oversized=block.is_oversized,
            line_ends=block.line_ends,
        )
        self._cutter.add(batch)
