"""The units of a chunk (records and blank lines): read in segments, and quoted with record number, line and raw text in rejects."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np
from msgspec import structs

from backbone.csvread.borders import Borders, Boundaries, Units, make_units
from backbone.csvread.cells import fields_of
from backbone.csvread.marks import show_text
from backbone.csvread.quotes import NONE, Positions
from backbone.csvread.repairs import find_repairs
from backbone.csvread.segment import Misfit, Segment
from backbone.csvread.segments import read_segments
from backbone.findings import Finding, Place, place
from backbone.model import Chunk, Dialect, Reject

RAW_BYTES_MAX: Final = 64 * 1024


class ChunkUnits:
    """Works out the borders only when somebody asks: a clean chunk without rejects never does."""

    def __init__(self, data: bytes, chunk: Chunk, dialect: Dialect, width: int) -> None:
        """`width`: fields of the header."""
        self._width = width
        self._data = data
        self._chunk = chunk
        self._dialect = dialect

    def segments(self, titles: tuple[str, ...], *, exactly: bool) -> Iterator[Segment]:
        """`exactly`: nothing goes to polars. Raises UnicodeDecodeError, UnitsDiffer."""
        borders, _, units = self._boundaries
        if exactly:
            units = structs.replace(units, doubtful=np.ones_like(units.doubtful))
        whole = len(units.ends) - borders.quoted
        yield from read_segments(self._data, units.between(0, whole), self._dialect, self._width, titles=titles, finds_short=True)
        if borders.quoted:
            misfit = Misfit(unit=whole, reason="quote-left-open", detail=self._open_quote())
            yield Segment(fields=fields_of([], self._dialect, self._width), units=NONE, misfits=(misfit,))

    def positions(self, units: Positions) -> Positions:
        """The 0-based numbers of records within the chunk: blank lines do not count."""
        return self._positions[units]

    def findings(self, segments: list[Segment]) -> tuple[Finding, ...]:
        _, boundaries, units = self._boundaries
        return find_repairs(self._data, units, boundaries.doubtful, segments, self._dialect, self._width, self._place)

    def _place(self, unit: int) -> Place:
        _, boundaries, units = self._boundaries
        begin, end = int(units.begins[unit]), int(units.ends[unit])
        number = 0 if units.blank[unit] else self._chunk.first_record + int(self._positions[unit])
        return place(record=number, line=self._line(begin, boundaries), text=_raw_text(self._data[begin : min(end, begin + RAW_BYTES_MAX)]))

    def reject(self, unit: int, reason: str, detail: str) -> Reject:
        _, boundaries, units = self._boundaries
        begin, end = int(units.begins[unit]), int(units.ends[unit])
        return Reject(
            record=self._chunk.first_record + int(self._positions[unit]),
            line=self._line(begin, boundaries),
            reason=reason,
            detail=detail,
            raw=_raw_text(self._data[begin : min(end, begin + RAW_BYTES_MAX + 2)]),
        )

    def too_long(self) -> Reject:
        """The one record of an oversized chunk, of which only the first bytes are at hand."""
        borders = self._boundaries[0]
        detail = f"The record is {self._chunk.length} bytes long, which is beyond the limit (ROWMILL_RECORD_BYTES_MAX)."
        if borders.quoted:
            detail += " " + self._open_quote()
        return Reject(
            record=self._chunk.first_record,
            line=self._chunk.first_line,
            reason="record-too-long",
            detail=detail,
            raw=_raw_text(self._data[: RAW_BYTES_MAX + 2]),
        )

    @cached_property
    def _boundaries(self) -> tuple[Borders, Boundaries, Units]:
        borders = Borders(self._dialect)
        boundaries = borders.feed(self._data, 0, len(self._data), last=True)
        return borders, boundaries, make_units(self._data, 0, boundaries.ends, boundaries.doubtful, self._dialect)

    @cached_property
    def _positions(self) -> Positions:
        return np.cumsum(~self._boundaries[2].blank) - 1

    def _open_quote(self) -> str:
        borders, boundaries, _ = self._boundaries
        return f"A quote that opens in line {self._line(borders.open_at, boundaries)} is not closed: what follows was taken for its text."

    def _line(self, position: int, boundaries: Boundaries) -> int:
        return self._chunk.first_line + int(np.searchsorted(boundaries.line_ends, position, side="right"))


def _raw_text(data: bytes) -> str:
    """Without the line end, cut at RAW_BYTES_MAX, and without NUL, which PostgreSQL cannot hold."""
    if data.endswith((b"\n", b"\r")):
        data = data[: -2 if data.endswith(b"\r\n") else -1]
    cut = data[:RAW_BYTES_MAX]
    # Only the character at the cut can be torn: whatever the scan let pass is UTF-8.
    text = cut.decode(errors="ignore") if len(data) > RAW_BYTES_MAX else cut.decode(errors="backslashreplace")
    return show_text(text)
