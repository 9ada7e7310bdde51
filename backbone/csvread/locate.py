"""Where a record of a chunk stands in its file: its line and its bytes. Pure."""

import numpy as np
from msgspec import Struct

from backbone.csvread.borders import Borders, make_units
from backbone.model import Chunk, Dialect


class Place(Struct, frozen=True):
    line: int  # 1-based in the whole file; the record's first
    offset: int  # bytes from the start of the stored file
    length: int  # bytes, line end included


def place_of(data: bytes, chunk: Chunk, dialect: Dialect, position: int) -> Place | None:
    """`data` are the chunk's bytes, `position` counts its records from 0, rejected ones too. None: it has no such record."""
    boundaries = Borders(dialect).feed(data, 0, len(data), last=True)
    units = make_units(data, 0, boundaries.ends, boundaries.doubtful, dialect)
    records = np.flatnonzero(~units.blank)
    if not 0 <= position < len(records):
        return None
    begin, end = int(units.begins[records[position]]), int(units.ends[records[position]])
    line = chunk.first_line + int(np.searchsorted(boundaries.line_ends, begin, side="right"))
    return Place(line=line, offset=chunk.offset + begin, length=end - begin)
