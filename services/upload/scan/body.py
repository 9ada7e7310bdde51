"""Scans the records behind the header, some bytes at a time: borders, chunks and types in one pass.

Kept are the bytes of the record that is not complete yet. When it grows beyond the limit they are let go, so a quote that stays open
for gigabytes costs no memory; the record becomes an oversized chunk.
"""

from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backbone.csvread.borders import Borders, Boundaries, Units, make_units
from backbone.csvread.cells import is_wide
from backbone.csvread.nulls import declare_nulls, nulls_of, with_nulls
from backbone.csvread.quotes import NONE, Positions, last_line_end
from backbone.csvread.repeated_headers import titles_of
from backbone.csvread.segments import read_segments
from backbone.findings import TEXT_CHARACTERS_MAX, Finding, merge_findings, place
from backbone.model import Chunk, Column
from backbone.types.declared import is_auto
from services.upload.scan.cutter import Batch, Cutter
from services.upload.scan.footer import Footer, begin_of_last_lines
from services.upload.scan.head import Head
from services.upload.scan.interruptions import Interruptions
from services.upload.scan.options import ScanOptions
from services.upload.scan.profile import ColumnProfile, Profiler
from services.upload.scan.suggestions import SuggestionFinder
from services.upload.scan.swallowed import find_swallowed, tell_swallowed
from services.upload.scan.types import TypeFinder
from services.upload.scan.wide_profile import WideProfiler

NO_FLAGS: Final = np.empty(0, dtype=np.bool_)


class Body:
    def __init__(self, head: Head, options: ScanOptions) -> None:
        dialect, offset, line = head.dialect, head.body_offset, head.body_line
        self._dialect = dialect
        self._columns = columns = declare_nulls(head.columns, options.null)
        self._width = len(columns) + dialect.left_out
        self._titles = titles_of(columns, dialect)
        self._record_bytes_max = options.record_bytes_max
        self._unended_bytes = options.piece_bytes  # bytes without any line end are looked at when there are so many
        self._borders = Borders(dialect)
        self._may_stop = options.quote is None
        self._swallowed: tuple[Finding, ...] = ()
        self._footer = Footer(dialect, self._width)
        self._interruptions = Interruptions(dialect, self._width, head.header_lines, has_comments=head.has_comments)
        self._cutter = Cutter(
            offset=offset, line=line, chunk_bytes=options.chunk_bytes, units_max=max(1, options.chunk_cells // self._width)
        )
        self._types = TypeFinder(columns, head.known)
        self._suggestions = SuggestionFinder(columns, whole=is_auto(options.types))
        self._nulls = nulls_of(columns)
        self._auto = is_auto(options.types)
        self._profiler = WideProfiler(len(columns)) if is_wide(self._width) else Profiler(len(columns))
        self._kept = b""
        self._kept_at = offset  # bytes from the start of the file
        self._held = b""  # lines that may be the file's last ones, which are no data
        self._seen = 0  # bytes of `_kept` that the borders have seen
        self._record_begin = offset  # before `_kept_at` only when an oversized record is under way
        self._doubtful: list[int] = []  # of the record under way, from the start of the file

    def take(self, data: bytes, *, last: bool) -> None:
        if self._dialect.skip_end:
            data = self._hold_end_back(data, last)
        data = self._kept + data if self._kept else data
        end = len(data) if last else self._end_of_lines(data)
        self._footer.take(data, end)
        if end > self._seen or last:
            boundaries = self._borders.feed(data, self._seen, end, last=last)
            self._settle(data, end, boundaries, last)
        else:
            self._kept = data

    def finish(self) -> tuple[tuple[Chunk, ...], tuple[ColumnProfile, ...]]:
        return self._cutter.finish(), self._profiler.finish(self.decide()[0], self._types.kinds)

    def decide(self) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
        """The columns with their types, and what is to be told about them."""
        return self._suggestions.decide(self.columns, auto=self._auto)

    def findings(self) -> tuple[Finding, ...]:
        """Behind the last byte."""
        interruptions = self._interruptions.findings(self.columns, self._suggestions.strays)
        footer = self._footer.findings(self.records)
        if not footer and isinstance(self._profiler, Profiler):
            footer = self._footer.totals_among(self._profiler.counts_of_first(), self.records)
        return merge_findings(self._swallowed, footer, interruptions)

    @property
    def records(self) -> int:
        return self._cutter.records

    @property
    def columns(self) -> tuple[Column, ...]:
        """With the types found so far."""
        return self._types.columns(self._columns)

    def _hold_end_back(self, data: bytes, last: bool) -> bytes:
        """Without as many lines at the end as are no data; they come again with the next bytes, or never."""
        data = self._held + data
        cut = begin_of_last_lines(data, self._dialect.skip_end)
        self._held = b"" if last else data[cut:]
        return data[:cut]

    def _end_of_lines(self, data: bytes) -> int:
        """Up to where the borders may look: whole lines, for there it is known what follows a quote. A CR at the very end waits for
        its LF."""
        limit = len(data) - data.endswith(b"\r")
        end = last_line_end(data, self._seen, limit)
        if end is not None:
            return end
        return limit if limit - self._seen >= self._unended_bytes else self._seen

    def _settle(self, data: bytes, end: int, boundaries: Boundaries, last: bool) -> None:
        """Takes the units that have ended out of `data`, and keeps the rest."""
        ends = boundaries.ends
        self._doubtful += [position + self._kept_at for position in boundaries.doubtful]
        record_begin = self._record_begin - self._kept_at
        line_ends = boundaries.line_ends + self._kept_at
        if len(ends):
            self._add_units(data, record_begin, boundaries, line_ends, open_quote=last and self._borders.quoted)
        else:
            self._cutter.add(Batch(ends=NONE, is_record=NO_FLAGS, is_clean=NO_FLAGS, is_oversized=NO_FLAGS, line_ends=line_ends))
        self._keep(data, end, int(ends[-1]) if len(ends) else record_begin)

    def _add_units(self, data: bytes, begin: int, boundaries: Boundaries, line_ends: Positions, *, open_quote: bool) -> None:
        ends = boundaries.ends
        doubtful = [position - self._kept_at for position in self._doubtful]
        units = make_units(data, begin, ends, doubtful, self._dialect)
        clean = ~(units.doubtful | units.blank)
        oversized = (units.ends - units.begins) > self._record_bytes_max
        if open_quote:
            clean[-1] = False
        # Neither has values: the one is never read as a whole, the other swallowed the rest of the file. Both become rejects.
        unread = oversized.copy()
        unread[-1] |= open_quote
        self._read_types(data, units, unread, clean)
        self._interruptions.add(data, units, self._cutter.records)
        self._find_swallowed(data, units, boundaries.lines_through, line_ends)
        batch = Batch(ends=ends + self._kept_at, is_record=~units.blank, is_clean=clean, is_oversized=oversized, line_ends=line_ends)
        self._cutter.add(batch)

    def _find_swallowed(self, data: bytes, units: Units, lines_through: Positions, line_ends: Positions) -> None:
        for unit, lines in find_swallowed(data, units, lines_through, self._seen, self._dialect, self._width):
            begin = int(units.begins[unit])
            line = self._cutter.line + int(np.searchsorted(line_ends, begin + self._kept_at, side="right"))
            line -= data.count(b"\n", max(0, begin), self._seen) if begin < self._seen else 0
            record = self._cutter.records + int(np.count_nonzero(~units.blank[: unit + 1]))
            text = data[max(0, begin) : begin + TEXT_CHARACTERS_MAX * 2].decode("utf-8", "ignore")
            where = place(record=record, line=line, text=text)
            self._swallowed = merge_findings(self._swallowed, [tell_swallowed(where, lines, may_stop=self._may_stop)])

    def _read_types(self, data: bytes, units: Units, unread: NDArray[np.bool_], clean: NDArray[np.bool_]) -> None:
        """Unsets `clean` for what polars refuses."""
        bounds = [-1, *np.flatnonzero(unread).tolist(), len(unread)]
        for before, behind in pairwise(bounds):
            first = before + 1
            if first == behind:
                continue
            for segment in read_segments(data, units.between(first, behind), self._dialect, self._width, titles=self._titles):
                fields = with_nulls(segment.fields, self._nulls)
                self._types.add(fields)
                self._suggestions.add(fields, self._types.kinds, partial(self._record_of, units, first, segment.units))
                self._profiler.add(fields, self._types.kinds)
                clean[first + segment.unclean] = False

    def _record_of(self, units: Units, first: int, segment: Positions, row: int) -> int:
        """`segment`: numbers of units behind the `first`, one a row."""
        return self._cutter.records + int(np.count_nonzero(~units.blank[: first + int(segment[row]) + 1]))

    def _keep(self, data: bytes, seen: int, record_begin: int) -> None:
        is_oversized = seen - record_begin > self._record_bytes_max
        cut = seen if is_oversized else record_begin
        self._record_begin = self._kept_at + record_begin
        self._kept = data[cut:]
        self._kept_at += cut
        self._seen = seen - cut
        self._doubtful = [] if is_oversized else [position for position in self._doubtful if position >= self._record_begin]
