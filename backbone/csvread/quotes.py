"""Follows quotes through bytes: which line ends stand inside a quoted field. The state is carried from one block to the next, so a
quote may stay open for gigabytes.

The rules are those of Python's non-strict `csv`: a quote opens a field only as its first character; inside, a doubled quote is a
quote and a single one closes; whatever follows up to the delimiter or line end is taken as it is, quotes included.

Two ways lead to the same answer. Where every quote is a legal opener or closer, quotes simply alternate and numpy finds them all at
once. One stray quote (`5" pipe`) turns inside out everything behind it, so a block that has one is walked quote by quote instead.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backbone.model import Dialect

FIELD_START: Final = 0  # a quote here opens a field
IN_FIELD: Final = 1  # a quote here is a character like any other
IN_QUOTED: Final = 2
QUOTE_SEEN: Final = 3  # the last byte was a quote inside a quoted field: it closes, unless another one follows
ESCAPED: Final = 4
ESCAPED_IN_QUOTED: Final = 5

LF: Final = 10
CR: Final = 13
BLANK: Final = 32
BLOCK_BYTES: Final = 128 * 1024  # larger ones leave the cache, and their arrays cost the system a page fault each 4 KiB
WALK_BYTES: Final = 32 * 1024  # a block with a stray quote is halved down to this before it is walked

Positions = NDArray[np.int64]
NONE: Final[Positions] = np.empty(0, dtype=np.int64)


class Quotes:
    """The state between blocks. `open_at` is where the last quoted field opened, in bytes from the first byte ever fed."""

    def __init__(self, dialect: Dialect) -> None:
        self.state = FIELD_START
        self.open_at = 0
        self._strays: list[int] = []
        self._fed = 0  # bytes so far
        self._shift = 0  # from positions in the data at hand to positions in all that was ever fed
        self._quote = ord(dialect.quote) if dialect.quote else -1
        self._escape = ord(dialect.escape) if dialect.escape else -1
        self._blank_after = dialect.blank_after
        self._starters = frozenset((ord(dialect.delimiter), LF, CR))
        self._neighbours = np.zeros(256, dtype=bool)
        self._neighbours[[*self._starters, self._quote if dialect.quote else LF]] = True

    @property
    def quoted(self) -> bool:
        return self.state in (IN_QUOTED, ESCAPED_IN_QUOTED)

    def follow(self, data: bytes, begin: int, end: int, *, last: bool) -> tuple[Positions, list[int]]:
        """Positions in `data` at which quoted text begins and ends, in turn (it begins at once when `quoted` was true), and those of
        stray quotes and escapes, where a columnwise reader may read otherwise. With `last`, `end` is the end of the file."""
        toggles: list[Positions] = []
        self._strays = []
        self._shift = self._fed - begin
        while begin < end:
            cut = self._next_cut(data, begin, end)
            self._follow_range(data, begin, cut, last and cut == end, toggles)
            self._fed += cut - begin
            begin = cut
        return (np.concatenate(toggles) if toggles else NONE), self._strays

    def _next_cut(self, data: bytes, begin: int, end: int) -> int:
        """Parity needs a range that begins at a line's start or inside quotes, and ends behind a line end."""
        if self.state not in (FIELD_START, IN_QUOTED):
            return first_line_end(data, begin, end)
        return end if end - begin <= BLOCK_BYTES else last_line_end(data, begin, begin + BLOCK_BYTES) or end

    def _follow_range(self, data: bytes, begin: int, end: int, last: bool, toggles: list[Positions]) -> None:
        ends_well = last or data[end - 1] in (LF, CR)
        by_parity = self._by_parity(data, begin, end) if ends_well else None
        if by_parity is not None:
            toggles.append(by_parity)
            return
        middle = last_line_end(data, begin, (begin + end) // 2) if end - begin > WALK_BYTES else None
        if middle is None or middle == end:
            toggles.append(np.array(self._walk(data, begin, end), dtype=np.int64))
            return
        self._follow_range(data, begin, middle, False, toggles)
        self._follow_range(data, middle, end, last, toggles)

    def _by_parity(self, data: bytes, begin: int, end: int) -> Positions | None:
        """None where a quote is neither a legal opener nor a legal closer, or where the state forbids parity."""
        if self.state not in (FIELD_START, IN_QUOTED):
            return None
        if self._escape >= 0 and data.find(self._escape, begin, end) >= 0:
            return None
        view = np.frombuffer(data, dtype=np.uint8, count=end - begin, offset=begin)
        quotes = np.flatnonzero(view == self._quote) if self._quote >= 0 else NONE
        inside = int(self.state == IN_QUOTED)
        openers, closers = quotes[inside::2], quotes[1 - inside :: 2]
        before = view[openers - 1]
        if len(openers) and openers[0] == 0:
            before[0] = LF
        if self._blank_after:
            before = self._before_blanks(view, openers, before)
        behind = view[np.minimum(closers + 1, len(view) - 1)]
        if len(closers) and closers[-1] + 1 == len(view):
            behind[-1] = LF
        # A quote next to a quote of the other kind is half of a doubled one, which parity gets right by itself.
        if not (self._neighbours[before].all() and self._neighbours[behind].all()):
            return None
        self._settle_parity(view, openers[before != self._quote], ends_quoted=(len(quotes) + inside) % 2 == 1, begin=begin)
        return quotes + begin

    def _before_blanks(self, view: NDArray[np.uint8], openers: Positions, before: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What stands before the blanks before each opener, where a blank is no part of a field."""
        is_blank = before == BLANK
        if not is_blank.any():
            return before
        filled = np.flatnonzero(view != BLANK)
        last = np.searchsorted(filled, openers[is_blank]) - 1
        resolved = np.where(last < 0, LF, view[filled[np.maximum(last, 0)]])
        # A quote behind a closed field and a blank is text, not the other half of a doubled one.
        before = before.copy()
        before[is_blank] = np.where(resolved == self._quote, BLANK, resolved)
        return before

    def _settle_parity(self, view: NDArray[np.uint8], openers: Positions, *, ends_quoted: bool, begin: int) -> None:
        if ends_quoted:
            self.state = IN_QUOTED
            if len(openers):
                self.open_at = self._shift + begin + int(openers[-1])
            return
        self.state = FIELD_START if int(view[-1]) in self._starters else IN_FIELD

    def _walk(self, data: bytes, begin: int, end: int) -> list[int]:
        """The exact state machine. An escaped character outside quotes counts as quoted text of one byte."""
        toggles: list[int] = []
        position = self._resume(data, begin, toggles)
        if self._escape < 0 and not self._blank_after:
            self._walk_quotes(data, position, end, toggles)
            return toggles
        for mark in self._find_specials(data, begin, end):
            if mark < position:  # escaped, or half of a doubled quote
                continue
            step = self._step_quoted if self.state == IN_QUOTED else self._step_unquoted
            position = step(data, position, mark, end, toggles)
        if position < end and self.state != IN_QUOTED:
            self.state = FIELD_START if self._starts_field(data, position, end) else IN_FIELD
        return toggles

    def _walk_quotes(self, data: bytes, begin: int, end: int, toggles: list[int]) -> None:
        """The same where quotes are all there is, in one loop: files with stray quotes spend most of their time here."""
        quote, starters, strays = self._quote, self._starters, self._strays
        quoted, opened, passed = self.state == IN_QUOTED, -1, -1
        for mark in self._find_specials(data, begin, end):
            if mark == passed:  # the other half of a doubled one
                continue
            if quoted:
                toggles.append(mark)
                passed = mark + 1
                follower = data[passed] if passed < end else LF
                if follower == quote:
                    toggles.append(passed)
                    continue
                quoted = False
                if follower not in starters:
                    strays.append(passed)
            elif data[mark - 1] in starters if mark > begin else self.state == FIELD_START:
                toggles.append(mark)
                quoted, opened = True, mark
            else:
                strays.append(mark)
        if opened >= 0:
            self.open_at = self._shift + opened
        if quoted or begin == end:
            self.state = IN_QUOTED if quoted else self.state
        elif passed == end:
            self.state = QUOTE_SEEN
        else:
            self.state = FIELD_START if data[end - 1] in starters else IN_FIELD

    def _starts_field(self, data: bytes, begin: int, position: int) -> bool:
        """Whether a field begins at `position`. The state is that of `begin`."""
        while self._blank_after and position > begin and data[position - 1] == BLANK:
            position -= 1
        return self.state == FIELD_START if position == begin else data[position - 1] in self._starters

    def _resume(self, data: bytes, position: int, toggles: list[int]) -> int:
        """Settles what the last byte of the block before left undecided."""
        if self.state == ESCAPED:
            toggles += (position, position + 1)
            self.state = IN_FIELD
            return position + 1
        if self.state == ESCAPED_IN_QUOTED:
            self.state = IN_QUOTED
            return position + 1
        if self.state == QUOTE_SEEN:
            return self._after_quote(data, position, toggles)
        return position

    def _after_quote(self, data: bytes, position: int, toggles: list[int]) -> int:
        """`position` is behind a quote inside quoted text."""
        follower = data[position]
        if follower == self._quote:
            toggles.append(position)
            self.state = IN_QUOTED
            return position + 1
        self.state = IN_FIELD
        if follower in self._starters:
            return position
        self._strays.append(position)
        # Python's csv takes an escape character right behind the closing quote as it is.
        return position + 1 if follower == self._escape else position

    def _step_quoted(self, data: bytes, _position: int, mark: int, end: int, toggles: list[int]) -> int:
        """A quote or escape was found. Answers from where on the next one counts."""
        is_last_byte = mark + 1 == end
        if data[mark] != self._quote:
            self._strays.append(mark)
            self.state = ESCAPED_IN_QUOTED if is_last_byte else IN_QUOTED
            return mark + 2
        toggles.append(mark)
        if is_last_byte:
            self.state = QUOTE_SEEN
            return end
        return self._after_quote(data, mark + 1, toggles)

    def _step_unquoted(self, data: bytes, position: int, mark: int, end: int, toggles: list[int]) -> int:
        if data[mark] != self._quote:
            self._strays.append(mark)
            is_last_byte = mark + 1 == end
            self.state = ESCAPED if is_last_byte else IN_FIELD
            if not is_last_byte:
                toggles += (mark + 1, mark + 2)
            return mark + 2
        if self._starts_field(data, position, mark):
            toggles.append(mark)
            self.open_at = self._shift + mark
            self.state = IN_QUOTED
        else:
            self._strays.append(mark)
            self.state = IN_FIELD
        return mark + 1

    def _find_specials(self, data: bytes, begin: int, end: int) -> list[int]:
        view = np.frombuffer(data, dtype=np.uint8, count=end - begin, offset=begin)
        is_special = np.zeros(len(view), dtype=np.bool_)
        for special in (self._quote, self._escape):
            if special >= 0:
                is_special |= view == special
        return (np.flatnonzero(is_special) + begin).tolist()


def first_line_end(data: bytes, begin: int, end: int) -> int:
    """The position behind the first line end, or `end`."""
    feed = data.find(b"\n", begin, end)
    carriage_return = data.find(b"\r", begin, feed if feed >= 0 else end)
    if carriage_return >= 0 and carriage_return + 1 != feed:
        return carriage_return + 1
    return feed + 1 if feed >= 0 else end


def last_line_end(data: bytes, begin: int, end: int) -> int | None:
    """The position behind the last line end in the range; a CR LF is not torn apart."""
    feed = data.rfind(b"\n", begin, end)
    carriage_return = data.rfind(b"\r", max(begin, feed), end)
    if carriage_return > feed:
        return carriage_return + (2 if data[carriage_return + 1 : carriage_return + 2] == b"\n" else 1)
    return feed + 1 if feed >= 0 else None
