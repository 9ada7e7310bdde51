"""Finds where records end. Feed it a file's bytes (behind the header) in order; it says which line ends are borders between records,
and what a columnwise reader had better not touch. A blank line is a unit of its own, but no record.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from backbone.csvread.columnwise import ends_lines_by_cr
from backbone.csvread.quotes import BLOCK_BYTES, CR, LF, NONE, Positions, Quotes
from backbone.model import Dialect


class Boundaries(Struct, frozen=True, kw_only=True):
    """Positions in the data at hand, each just behind a line end."""

    line_ends: Positions  # all, quoted ones too: for line numbers
    ends: Positions  # those that end a record or a blank line; the file's end is one if its last record has no line end
    doubtful: list[int]  # where stray quotes and escapes are
    lines_through: Positions  # how many of `line_ends` come up to each of `ends`


class Units(Struct, frozen=True, kw_only=True):
    """Records and blank lines, one after the other. Positions are relative to some bytes at hand."""

    begins: Positions  # the first may be negative: it began in bytes that are gone
    ends: Positions
    blank: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]

    def between(self, first: int, behind: int) -> "Units":
        part = slice(first, behind)
        return Units(begins=self.begins[part], ends=self.ends[part], blank=self.blank[part], doubtful=self.doubtful[part])


class Borders:
    def __init__(self, dialect: Dialect) -> None:
        self._quotes = Quotes(dialect)
        self._in_record = False  # bytes have come since the last border

    @property
    def quoted(self) -> bool:
        """Whether a quote is open behind the last byte."""
        return self._quotes.quoted

    @property
    def open_at(self) -> int:
        """Where the last quoted field opened, in bytes from the first one ever fed."""
        return self._quotes.open_at

    def feed(self, data: bytes, begin: int, end: int, *, last: bool) -> Boundaries:
        """The part of `data` that follows what was fed before. It must not end between CR and LF: the caller keeps a CR back until it
        knows what follows. With `last`, the file ends here."""
        begins_quoted = self.quoted
        toggles, doubtful = self._quotes.follow(data, begin, end, last=last)
        line_ends = find_line_ends(data, begin, end)
        borders = np.arange(len(line_ends))  # among the line ends
        if begins_quoted or len(toggles):
            toggles_before = np.searchsorted(toggles, line_ends - 1, side="right")
            borders = np.flatnonzero((toggles_before & 1) == begins_quoted)
        ends, lines_through = line_ends[borders], borders + 1
        if begin < end:
            self._in_record = not len(ends) or int(ends[-1]) < end
        if last and self._in_record:
            ends, lines_through = np.append(ends, end), np.append(lines_through, len(line_ends))
        return Boundaries(line_ends=line_ends, ends=ends, doubtful=doubtful, lines_through=lines_through)


def find_line_ends(data: bytes, begin: int, end: int) -> Positions:
    """Positions behind every LF, CR LF and lone CR."""
    feeds = _find_byte(data, LF, begin, end)
    if data.find(b"\r", begin, end) < 0 or data.count(b"\r", begin, end) == data.count(b"\r\n", begin, end):
        return feeds + 1
    returns = _find_byte(data, CR, begin, end)
    view = np.frombuffer(data, dtype=np.uint8)
    followers = view[np.minimum(returns + 1, end - 1)]
    return np.sort(np.concatenate((feeds, returns[followers != LF]))) + 1


def _find_byte(data: bytes, byte: int, begin: int, end: int) -> Positions:
    blocks = [NONE]
    for first in range(begin, end, BLOCK_BYTES):
        view = np.frombuffer(data, dtype=np.uint8, count=min(BLOCK_BYTES, end - first), offset=first)
        blocks.append(np.flatnonzero(view == byte) + first)
    return np.concatenate(blocks)


def make_units(data: bytes, first_begin: int, ends: Positions, doubtful: list[int], dialect: Dialect) -> Units:
    """`ends` are positions in `data`. Blank are also comments and records that say nothing. Doubtful become the units with a
    doubtful position or a NUL, and those that end in a lone CR among others."""
    # The end of the file may end a record of which no byte is kept.
    view = np.frombuffer(data or b" ", dtype=np.uint8)
    begins = np.empty_like(ends)
    begins[:1] = first_begin
    begins[1:] = ends[:-1]
    lengths = ends - begins
    last_bytes = view[ends - 1]
    is_return = last_bytes == CR
    is_line_end = is_return | (last_bytes == LF)
    blank = (lengths == 1) & is_line_end
    pairs = np.flatnonzero((lengths == 2) & (last_bytes == LF))
    blank[pairs] = view[ends[pairs] - 2] == CR
    if not dialect.has_only_rows:
        blank |= _find_left_out(data, view, begins, ends, dialect)
    doubts = np.zeros_like(blank) if ends_lines_by_cr(data) else is_return
    for positions in (np.array(doubtful, dtype=np.int64), _find_byte(data, 0, 0, len(data)) if b"\0" in data else NONE):
        units = np.searchsorted(ends, positions, side="right")
        doubts[units[units < len(ends)]] = True
    return Units(begins=begins, ends=ends, blank=blank, doubtful=doubts)


def _says_nothing(record: bytes, delimiter: bytes, quote: bytes, blanks: bytes) -> bool:
    """In a file of one column, quotes around nothing are how an empty value is written, and the record stays."""
    fields = record.rstrip(b"\r\n").split(delimiter)
    may_be_quoted = quote if len(fields) > 1 else b""
    return all(field.strip(blanks) in (b"", may_be_quoted + may_be_quoted) for field in fields)


def _find_left_out(data: bytes, view: NDArray[np.uint8], begins: Positions, ends: Positions, dialect: Dialect) -> NDArray[np.bool_]:
    """Records of nothing but delimiters, blanks and quotes around nothing, such as spreadsheets write below their tables, and comments."""
    left_out = np.zeros(len(ends), dtype=np.bool_)
    if not len(ends):
        return left_out
    is_first_here = 0 <= begins[0] < ends[0]
    first = view[begins if is_first_here else np.clip(begins, 0, len(view) - 1)]
    if dialect.comment:
        left_out |= first == ord(dialect.comment)
    blanks, quote = b" \t".replace(dialect.delimiter.encode(), b""), (dialect.quote or "").encode()
    begins_empty = np.zeros(256, dtype=np.bool_)
    begins_empty[[*dialect.delimiter.encode(), *blanks, *quote]] = True
    is_empty = begins_empty.copy()
    is_empty[[CR, LF]] = True
    suspects = np.flatnonzero(begins_empty[first])
    if not is_first_here:
        left_out[0] = False
        suspects = suspects[suspects > 0]
    for eighths in (
        0,
        4,
        7,
        2,
        6,
        1,
        3,
        5,
    ):  # a first field is often empty or in quotes; what stands behind its first byte settles the rest
        lengths = ends[suspects] - begins[suspects]
        suspects = suspects[is_empty[view[begins[suspects] + np.minimum(lengths - 1, 1 + (lengths * eighths >> 3))]]]
    for suspect in suspects.tolist():
        left_out[suspect] = _says_nothing(data[begins[suspect] : ends[suspect]], dialect.delimiter.encode(), quote, blanks)
    return left_out
