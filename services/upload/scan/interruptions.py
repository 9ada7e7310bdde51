"""Records that interrupt a table, were read as rows and should be known of: the header of a second table, lines of a header of several once
more, comments. Each is sought only where something in the file points to it, so a plain file costs nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from backbone.csvread.borders import Units
from backbone.csvread.exact import read_exact
from backbone.csvread.quotes import NONE, Positions
from backbone.csvread.repeated_headers import find_repeated
from backbone.findings import PLACES_MAX, Finding, Place, Suggestion, merge_findings, place
from backbone.model import Column, Dialect
from services.upload.scan.header import is_word
from services.upload.scan.strays import Stray

GAPS_MAX: Final = 3  # more are the way in which a file is written
TITLE_CHARACTERS_MAX: Final = 60
_WORDS: Final = (
    "unknown other others pending tbd open closed missing void error invalid free sold none n.a unbekannt offen fehlt ausstehend inconnu"
)
_NO_TITLES: Final = frozenset(_WORDS.split())
_AGAIN: Final = (
    "A line of the header stands again among the records, as when files are written one behind the other, and was read as a record. Take it out of "
    "the file."
)
_SECOND: Final = (
    "A record holds words in all of its fields, behind a gap or where the records before hold numbers or times: it looks like the header of a "
    "second table, and was read as a record, as was what stands below it. Upload each table by itself."
)
_COMMENT: Final = "Records begin with #, as comments do, and were read as records all the same. Give comment=# to leave them out."

Record = tuple[int, tuple[str, ...]]  # its number in the file, from 1, and its fields


class Interruptions:
    def __init__(self, dialect: Dialect, width: int, header_lines: Sequence[tuple[str, ...]], *, has_comments: bool) -> None:
        """`header_lines`: those of a header of several; `has_comments`: comments stood before it."""
        self._dialect = dialect
        self._width = width
        self._header_lines = header_lines
        self._has_comments = has_comments
        self._is_behind_blank = False
        self._gaps: list[tuple[Record, ...]] = []
        self._gaps_count = 0
        self._found: tuple[Finding, ...] = ()

    def add(self, data: bytes, units: Units, records: int) -> None:
        """`records`: how many stand before these units."""
        if self._header_lines:
            self._tell("header-repeated", _AGAIN, self._lines_again(data, units), data, units, records)
        if self._has_comments:
            self._tell("comment-lines-skipped", _COMMENT, _beginning_with(b"#", data, units), data, units, records)
        if (units.blank.any() or self._is_behind_blank) and self._width > 1:
            self._note_gaps(data, units, records)

    def findings(self, columns: Sequence[Column], strays: Iterable[Stray]) -> tuple[Finding, ...]:
        """Behind the last byte."""
        typed = [index for index, column in enumerate(columns) if column.type != "text"]
        strays = list(strays)
        headers: dict[int, tuple[str, ...]] = {}
        if self._gaps_count <= GAPS_MAX:
            headers |= dict(record for record in map(self._header_of, self._gaps) if record is not None)
        headers |= {number: fields for stray in strays for number, fields in stray.rows.items() if self._breaks(fields, strays, number)}
        second = [
            place(record=number, text=self._dialect.delimiter.join(fields))
            for number, fields in sorted(headers.items())
            if not any(index < len(fields) and fields[index].strip() for index in typed)
        ]
        return merge_findings(self._found, *(_second_table(second),), _commented_out(strays))

    def _lines_again(self, data: bytes, units: Units) -> Positions:
        found = [find_repeated(data, units, line, self._dialect) for line in self._header_lines]
        return np.unique(np.concatenate([numbers for one in found for numbers in (one.again, one.similar)]))

    def _note_gaps(self, data: bytes, units: Units, records: int) -> None:
        """Of each gap the record behind it, and the next one, where the first may be a title above a header."""
        before = np.concatenate(([self._is_behind_blank], units.blank[:-1]))
        numbers = np.flatnonzero(before & ~units.blank)
        self._is_behind_blank = bool(units.blank[-1])
        filled = np.flatnonzero(~units.blank) if self._gaps_count <= GAPS_MAX else NONE
        for number in numbers[: GAPS_MAX + 2].tolist() if len(filled) else ():
            at = int(np.searchsorted(filled, number))
            if records + at == 0:
                continue  # blank lines below the header
            self._gaps_count += 1
            if self._gaps_count <= GAPS_MAX:
                behind = enumerate(filled[at : at + 2].tolist(), start=records + at + 1)
                self._gaps.append(tuple((record, _fields(data, units, unit, self._dialect)) for record, unit in behind))

    def _header_of(self, gap: tuple[Record, ...]) -> Record | None:
        first = gap[0]
        is_title = sum(1 for field in first[1] if field.strip()) == 1 and len(gap) > 1
        record = gap[1] if is_title else first
        return record if _are_titles(record[1]) else None

    def _breaks(self, fields: tuple[str, ...], strays: Sequence[Stray], number: int) -> bool:
        """Words where numbers or times stood: in two columns, or in the only one and nowhere before."""
        if self._width < 2 or number == 1 or not _are_titles(fields):
            return False
        broken = [stray for stray in strays if number in stray.rows and stray.kind[0] != "boolean"]
        if len(broken) != 1:
            return len(broken) > 1
        is_first = next(iter(broken[0].rows)) == number
        return is_first and not any(field.strip().casefold() in _NO_TITLES for field in fields)

    def _tell(self, code: str, message: str, numbers: Positions, data: bytes, units: Units, records: int) -> None:
        if not len(numbers):
            return
        places = tuple(_place(data, units, int(number), records) for number in numbers[:PLACES_MAX])
        suggest = Suggestion(option="comment", value="#") if code == "comment-lines-skipped" else None
        found = Finding(code=code, level="warning", message=message, count=len(numbers), places=places, suggest=suggest)  # type: ignore[arg-type]
        self._found = merge_findings(self._found, [found])


def _beginning_with(mark: bytes, data: bytes, units: Units) -> Positions:
    view = np.frombuffer(data, dtype=np.uint8)
    return np.flatnonzero((view[np.maximum(units.begins, 0)] == mark[0]) & ~units.blank)


def _fields(data: bytes, units: Units, number: int, dialect: Dialect) -> tuple[str, ...]:
    record = data[max(0, int(units.begins[number])) : int(units.ends[number])]
    rows = read_exact(record, dialect)
    return tuple(rows[0]) if rows else ()


def _place(data: bytes, units: Units, number: int, records: int) -> Place:
    text = data[max(0, int(units.begins[number])) : int(units.ends[number])].decode("utf-8", "replace").strip("\r\n")
    return place(record=records + int(np.count_nonzero(~units.blank[: number + 1])), text=text)


def _are_titles(fields: tuple[str, ...]) -> bool:
    """Two words at least, no two the same, and nothing else."""
    filled = [field.strip() for field in fields if field.strip()]
    are_words = all(is_word(field) and any(map(str.isalpha, field)) and len(field) <= TITLE_CHARACTERS_MAX for field in filled)
    return len(filled) > 1 and are_words and len({*map(str.casefold, filled)}) == len(filled)


def _second_table(places: list[Place]) -> tuple[Finding, ...]:
    if not places:
        return ()
    return (Finding(code="header-repeated", level="warning", message=_SECOND, count=len(places), places=tuple(places[:PLACES_MAX])),)


def _commented_out(strays: Sequence[Stray]) -> tuple[Finding, ...]:
    """`#3` in a column of numbers, which is one without the sign."""
    places = [one for stray in strays for one in stray.places if one.text.startswith("#") and stray.takes(one.text.lstrip("# "))]
    if not places:
        return ()
    suggest = Suggestion(option="comment", value="#")
    return (
        Finding(
            code="comment-lines-skipped",
            level="warning",
            message=_COMMENT,
            count=len(places),
            places=tuple(places[:PLACES_MAX]),
            suggest=suggest,
        ),
    )
