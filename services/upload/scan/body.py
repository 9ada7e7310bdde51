"""Finds the records behind the header, some bytes at a time. What ends is read beside that, and settled in order (`settled.py`).

Kept are the bytes of the record that is not complete yet. When it grows beyond the limit they are let go, so a quote that stays open
for gigabytes costs no memory; the record becomes an oversized chunk.
"""

from typing import Final

import numpy as np

from backbone.csvread.borders import Borders, Boundaries, Units, make_units
from backbone.csvread.nulls import declare_nulls, nulls_of
from backbone.csvread.quotes import NONE, last_line_end
from backbone.csvread.repeated_headers import titles_of
from backbone.findings import Finding, merge_findings
from backbone.model import Chunk, Column
from services.upload.scan.block import Block, BlockReader, Reading, block_of
from services.upload.scan.footer import Footer, begin_of_last_lines
from services.upload.scan.head import Head
from services.upload.scan.options import ScanOptions
from services.upload.scan.profile import ColumnProfile
from services.upload.scan.read_ahead import ReadAhead
from services.upload.scan.settled import Settled

_NO_FLAGS: Final = np.empty(0, dtype=np.bool_)
_NO_UNITS: Final = Units(begins=NONE, ends=NONE, blank=_NO_FLAGS, doubtful=_NO_FLAGS)


class Body:
    def __init__(self, head: Head, options: ScanOptions) -> None:
        self._dialect = dialect = head.dialect
        columns = declare_nulls(head.columns, options.null)
        width = len(columns) + dialect.left_out
        self._record_bytes_max = options.record_bytes_max
        self._unended_bytes = options.piece_bytes  # bytes without any line end are looked at when there are so many
        self._borders = Borders(dialect)
        self._footer = Footer(dialect, width)
        self._settled = Settled(head, options, columns)
        reader = BlockReader(dialect, width, titles_of(columns, dialect), nulls_of(columns))
        self._blocks: ReadAhead[Block, list[Reading]] = ReadAhead(reader.read, self._settled.take)
        self._kept = b""
        self._kept_at = head.body_offset  # bytes from the start of the file
        self._held = b""  # lines that may be the file's last ones, which are no data
        self._seen = 0  # bytes of `_kept` that the borders have seen
        self._record_begin = head.body_offset  # before `_kept_at` only when an oversized record is under way
        self._doubtful: list[int] = []  # of the record under way, from the start of the file

    def take(self, data: bytes, *, last: bool) -> None:
        if self._dialect.skip_end:
            data = self._hold_end_back(data, last)
        data = self._kept + data if self._kept else data
        end = len(data) if last else self._end_of_lines(data)
        self._footer.take(data, end)
        if end > self._seen or last:
            self._add(data, end, self._borders.feed(data, self._seen, end, last=last), last)
        else:
            self._kept = data

    def finish(self) -> tuple[tuple[Chunk, ...], tuple[ColumnProfile, ...]]:
        return self._settled.finish()

    def decide(self) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
        """The columns with their types, and what is to be told about them."""
        return self._settled.decide()

    def findings(self) -> tuple[Finding, ...]:
        """Behind the last byte."""
        footer = self._footer.findings(self.records)
        if not footer and (counts := self._settled.counts_of_first()) is not None:
            footer = self._footer.totals_among(counts, self.records)
        return merge_findings(self._settled.swallowed, footer, self._settled.interruptions())

    @property
    def records(self) -> int:
        """Behind the last byte."""
        return self._settled.records

    @property
    def columns(self) -> tuple[Column, ...]:
        """With the types found so far."""
        return self._settled.columns

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

    def _add(self, data: bytes, end: int, boundaries: Boundaries, last: bool) -> None:
        """Takes the units that have ended out of `data`, and keeps the rest."""
        ends = boundaries.ends
        self._doubtful += [position + self._kept_at for position in boundaries.doubtful]
        begin = self._record_begin - self._kept_at
        units = make_units(data, begin, ends, [each - self._kept_at for each in self._doubtful], self._dialect) if len(ends) else _NO_UNITS
        is_open = last and self._borders.quoted
        block = block_of(
            data if len(ends) else b"",
            self._kept_at,
            self._seen,
            units,
            boundaries,
            record_bytes_max=self._record_bytes_max,
            is_open=is_open,
        )
        self._blocks.add(block, len(block.data), last=last)
        self._keep(data, end, int(ends[-1]) if len(ends) else begin)

    def _keep(self, data: bytes, seen: int, record_begin: int) -> None:
        is_oversized = seen - record_begin > self._record_bytes_max
        cut = seen if is_oversized else record_begin
        self._record_begin = self._kept_at + record_begin
        self._kept = data[cut:]
        self._kept_at += cut
        self._seen = seen - cut
        self._doubtful = [] if is_oversized else [position for position in self._doubtful if position >= self._record_begin]
