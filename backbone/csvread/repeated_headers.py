"""Records that are the header again, as in files that were written one behind the other: misfits, not rows. Records that only resemble it
stay rows and are told, for those behind them may stand in other columns.

Letter case, quotes, blanks, underscores and a byte order mark make no difference. A look at the first and the last letters of each record
settles nearly all of them; the others are compared as text.
"""

import re
from functools import lru_cache
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from backbone.csvread.borders import Units
from backbone.csvread.exact import read_exact
from backbone.csvread.quotes import NONE, Positions
from backbone.csvread.segment import Misfit
from backbone.model import Column, Dialect

TITLES_MAX: Final = 100  # of a header whose titles are sought in another order
SKIPPED_MAX: Final = 8  # blanks, quotes and marks before a first title, delimiters behind a last one
FEW: Final = 50  # records that begin as a title does, and are looked at although they end otherwise
ANY_BYTE: Final = range(256)
_BLANKS: Final = re.compile("[ _\t\r\n\ufeff]+")
_SEPARATOR: Final = "sep="  # what Excel writes before a header
_AGAIN: Final = "The record says the header's titles again, as when files are written one behind the other."
SPELLED_OTHERWISE: Final = f"{_AGAIN} It spells them in another way: letter case, quotes or blanks differ."


class Repeated(Struct, frozen=True, kw_only=True):
    """Numbers of units. `again` are no rows; `spelled` are those of them whose titles are not the same to the letter; `similar` are rows."""

    again: Positions = NONE
    spelled: Positions = NONE
    similar: Positions = NONE

    @property
    def misfits(self) -> tuple[Misfit, ...]:
        spelled = {*self.spelled.tolist()}
        return tuple(
            Misfit(unit=unit, reason="header-repeated", detail=SPELLED_OTHERWISE if unit in spelled else _AGAIN)
            for unit in self.again.tolist()
        )


def titles_of(columns: tuple[Column, ...], dialect: Dialect) -> tuple[str, ...]:
    """What a record must say to be the header again; nothing where that cannot be told."""
    titles = tuple(column.title for column in columns)
    return titles if dialect.header_rows == 1 and any(titles) and not dialect.has_only_rows else ()


def find_repeated(data: bytes, units: Units, titles: tuple[str, ...], dialect: Dialect) -> Repeated:
    """A column alone may well have its title as a value, and where the file has no header the titles are somebody's: there nothing is
    taken for the header."""
    is_sought = bool(titles and data and len(units.begins))
    header = _header(titles, dialect.delimiter, dialect.quote or "", dialect.escape or "") if is_sought else None
    if header is None:
        return Repeated()
    numbers, ends_alike = _candidates(data, units, header)
    again, spelled, similar = list[int](), list[int](), list[int]()
    for unit, is_whole in zip(numbers.tolist(), ends_alike.tolist(), strict=True):
        record = data[units.begins[unit] : units.ends[unit]]
        parts = _parts(record.decode(errors="replace"), header)
        if is_whole and _is_same(parts, header, dialect):
            is_sure = dialect.header and len(titles) > 1
            (again if is_sure else similar).append(unit)
            if is_sure and not _is_same_to_the_letter(record, titles, dialect):
                spelled.append(unit)
        elif header.is_similar(parts):
            similar.append(unit)
    return Repeated(again=_positions(again), spelled=_positions(spelled), similar=_positions(similar))


def _positions(numbers: list[int]) -> Positions:
    return np.array(numbers, dtype=np.int64)


class _Header(Struct, frozen=True, kw_only=True):
    """`first` and `first_two`, `last` and `last_two`: of each byte, and of each two bytes, whether a title may begin, or end, with them."""

    delimiter: str
    dropped: dict[int, None]
    parts: tuple[str, ...]
    bytes_min: int
    bytes_max: int
    before: NDArray[np.bool_]
    behind: NDArray[np.bool_]
    first: NDArray[np.bool_]
    first_two: NDArray[np.bool_]
    last: NDArray[np.bool_]
    last_two: NDArray[np.bool_]

    def is_similar(self, parts: tuple[str, ...]) -> bool:
        """The titles in another order, or most of them; or a line that stands before a header."""
        if parts == (_SEPARATOR,):
            return True
        known = {*self.parts} - {""}
        return len(known) <= TITLES_MAX and len({*parts} & known) >= max(2, len(known) // 2 + 1)


@lru_cache(maxsize=64)
def _header(titles: tuple[str, ...], delimiter: str, quote: str, escape: str) -> _Header | None:
    dropped = dict.fromkeys(map(ord, quote + escape))
    written = _split(delimiter.join(titles), delimiter, dropped)
    if not written:
        return None
    parts = _folded(written)
    named = [title for title in written if title]
    is_wide = len(written) > TITLES_MAX
    sought = [title for title in written[:1] if title] if is_wide else named
    around = {*b" _\t\r\n", *"\ufeff".encode(), *quote.encode(), *escape.encode()}
    inside = around | {*delimiter.encode()}
    first_two = _pairs([*sought, _SEPARATOR], inside, backwards=False)
    if not all(titles):  # in another order one without a title may be the first
        first_two[ord(delimiter), :] = True
    last_two = _pairs(named[-1:] if is_wide else [*sought, _SEPARATOR], inside, backwards=True)
    size = len(delimiter.join(parts).encode())
    return _Header(
        delimiter=delimiter,
        dropped=dropped,
        parts=parts,
        bytes_min=min(len(_SEPARATOR), size // 2),  # a title that is missing, an umlaut of two bytes
        bytes_max=2 * size + 2 * len(parts) + 100,
        before=_table(around),
        behind=_table(inside),
        first=first_two.any(axis=1) | _table(around),
        first_two=first_two.ravel(),
        last=last_two.any(axis=1) | _table(inside),
        last_two=last_two.ravel(),
    )


def _table(bytes_: set[int]) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[[*bytes_]] = True
    return table


def _pairs(titles: list[str], inside: set[int], *, backwards: bool) -> NDArray[np.bool_]:
    """By the outer byte, then the one next to it."""
    table = np.zeros((256, 256), dtype=np.bool_)
    step = -1 if backwards else 1
    for title in titles:
        spellings = {spelling.encode()[::step] for spelling in (title, title.upper(), title.lower(), title.title(), title.casefold())}
        outer = [*{spelling[0] for spelling in spellings}]
        inner = {spelling[1] for spelling in spellings if len(spelling) > 1} | inside
        table[np.ix_(outer, [*inner])] = True
    return table


def _candidates(data: bytes, units: Units, header: _Header) -> tuple[Positions, NDArray[np.bool_]]:
    """Units that may be the header, and of each whether it also ends as one."""
    view = np.frombuffer(data, dtype=np.uint8)
    begins = units.begins if units.begins[0] >= 0 else np.maximum(units.begins, 0)
    numbers = np.flatnonzero(header.first[view[begins]])
    if units.begins[0] < 0:
        numbers = numbers[numbers > 0]
    if len(numbers) > FEW:  # what stands behind a quote settles most where all is quoted
        first = begins[numbers]
        numbers = numbers[~header.before[view[first]] | header.first[view[np.minimum(first + 1, len(view) - 1)]]]
    if len(numbers) > FEW:  # what stands before the line feed settles most; behind the last record there may be none
        is_last = numbers == len(units.ends) - 1
        numbers = numbers[header.last[view[np.maximum(units.ends[numbers] - 2, 0)]] | is_last]
    lengths = units.ends[numbers] - units.begins[numbers]
    numbers = numbers[(lengths >= header.bytes_min) & (lengths <= header.bytes_max)]
    numbers = numbers[~units.blank[numbers]]
    outer, is_settled = _skip(view, units.begins[numbers], header.before, 1)
    numbers = numbers[header.first_two[_two(view, outer, 1)] | ~is_settled]
    outer, is_settled = _skip(view, units.ends[numbers] - 1, header.behind, -1)
    ends_alike = header.last_two[_two(view, outer, -1)] | ~is_settled
    if len(numbers) > FEW:
        numbers, ends_alike = numbers[ends_alike], ends_alike[ends_alike]
    return numbers, ends_alike


def _skip(view: NDArray[np.uint8], positions: Positions, skipped: NDArray[np.bool_], step: int) -> tuple[Positions, NDArray[np.bool_]]:
    """The positions behind bytes that do not count, and which of them are such."""
    positions, is_skipped = positions.copy(), np.zeros(len(positions), dtype=np.bool_)
    for _ in range(SKIPPED_MAX):
        is_skipped = skipped[view[positions]]
        if not is_skipped.any():
            break
        positions[is_skipped] = np.clip(positions[is_skipped] + step, 0, len(view) - 1)
    return positions, ~is_skipped


def _two(view: NDArray[np.uint8], positions: Positions, step: int) -> Positions:
    inner = view[np.clip(positions + step, 0, len(view) - 1)]
    return view[positions].astype(np.int64) * 256 + inner


def _parts(text: str, header: _Header) -> tuple[str, ...]:
    return _folded(_split(text, header.delimiter, header.dropped))


def _folded(titles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(title.casefold() for title in titles)


def _split(text: str, delimiter: str, dropped: dict[int, None]) -> tuple[str, ...]:
    """The fields as far as they matter here, without empty ones at the end."""
    parts = [_BLANKS.sub(" ", part).strip(" ") for part in text.translate(dropped).split(delimiter)]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _is_same(parts: tuple[str, ...], header: _Header, dialect: Dialect) -> bool:
    """Behind the titles of a file of rejects stand values."""
    return (parts[: len(header.parts)] if dialect.left_out else parts) == header.parts


def _is_same_to_the_letter(record: bytes, titles: tuple[str, ...], dialect: Dialect) -> bool:
    fields = [*read_exact(record, dialect)[0], *[""] * len(titles)]
    return tuple(fields[: len(titles)]) == titles
