"""Lines that a quote has swallowed: a field over several lines which are records by themselves."""

from typing import Final

import numpy as np

from backbone.csvread.borders import Units
from backbone.csvread.quotes import Positions, first_line_end
from backbone.findings import Finding, Level, Place, Suggestion
from backbone.model import Dialect
from services.upload.scan.header import column_kinds
from services.upload.scan.kinds import kind_of
from services.upload.scan.sample import SampleRecord

RECORD_SHARE_MIN: Final = 0.8  # of a field's lines are of the file's width, for them to be records

UNITS_LOOKED_AT_MAX: Final = 20  # of each piece
BYTES_LOOKED_AT_MAX: Final = 8 * 1024  # of each unit
TYPED: Final = ("number", "time", "boolean")
STOP_LINES_MIN: Final = 2  # one line may be a coincidence


def count_swallowed(records: list[SampleRecord], dialect: Dialect, width: int) -> int:
    """Lines in quoted fields that look like records. Text over several lines has not the file's width, or not its first column's kind."""
    if width < 2 and not any(len(record.lines) > 1 for record in records):
        return 0
    several = [record for record in records if len(record.lines) > 1]
    if not several:
        return 0
    single = [record for record in records if len(record.lines) == 1 and record.width > 1]
    width = max((record.width for record in single), default=width)
    kind = column_kinds(single[1:] or single, 1)[0].kind if single else "text"
    return sum(count_records(record.lines, dialect, width, kind) for record in several)


def count_records(lines: list[str], dialect: Dialect, width: int, first_kind: str) -> int:
    """How many of a field's lines, without that in which it begins (the first one), are records; 0 unless nearly all are."""
    opening, lines = lines[0], [line for line in lines[1:] if line.strip(f"{dialect.delimiter}{dialect.quote} ")]
    if lines and dialect.quote in lines[-1].split(dialect.delimiter)[0]:  # the first field is the one that ends here
        is_torn = first_kind in TYPED or (_says_enough(opening.split(dialect.delimiter)) and opening.count(dialect.delimiter) == width - 1)
        lines[-1:] = [lines[-1].replace(dialect.quote, "", 1)] if is_torn else []
    count = sum(1 for line in lines if _is_record(line, dialect, width, first_kind))
    if first_kind in TYPED and width > 2 and 2 * count >= len(lines):  # one may be short or long itself
        count = sum(1 for line in lines if abs(line.count(dialect.delimiter) + 1 - width) < 2)
    is_one_odd = first_kind in TYPED and 2 <= count == len(lines) - 1  # such as the header once more
    return count if lines and (count >= RECORD_SHARE_MIN * len(lines) or is_one_odd) else 0


def _is_record(line: str, dialect: Dialect, width: int, first_kind: str) -> bool:
    fields = line.split(dialect.delimiter)
    if len(fields) != width or dialect.quote in fields[0]:
        return False
    if first_kind in TYPED:
        return kind_of(fields[0]) == first_kind
    is_prose = any(field.startswith(" ") for field in fields[1:])
    says_something = bool(fields[0].strip()) or any(kind_of(field) in TYPED for field in fields)
    return _says_enough(fields) and says_something and not is_prose


def _says_enough(fields: list[str]) -> bool:
    """Of two fields, text and text may be a sentence."""
    return len(fields) > 2 or (len(fields) == 2 and kind_of(fields[1]) in TYPED)


def find_swallowed(data: bytes, units: Units, lines_through: Positions, seen: int, dialect: Dialect, width: int) -> list[tuple[int, int]]:
    """Units with lines in them that are records by themselves, each with how many (of those that were looked at). Of many units over several lines
    the doubtful and the longest are looked at. `lines_through`: line ends behind `seen` up to each unit's end; the first unit may have others
    before it."""
    if not dialect.quote or width < 2 or not len(units.ends):
        return []
    before = data.count(b"\n", max(0, int(units.begins[0])), seen)
    lines = np.diff(lines_through, prepend=-before)
    several = np.flatnonzero(lines > 1)
    order = np.lexsort((-lines[several], ~units.doubtful[several]))
    swallowed = []
    delimiter = dialect.delimiter.encode()
    for unit in sorted(several[order[:UNITS_LOOKED_AT_MAX]].tolist()):
        begin, end = max(0, int(units.begins[unit])), int(units.ends[unit])
        if data.count(delimiter, first_line_end(data, begin, end), end) < max(1, width - 2):
            continue
        text = data[begin : min(end, begin + BYTES_LOOKED_AT_MAX)].decode("utf-8", "ignore").splitlines()
        if end - begin > BYTES_LOOKED_AT_MAX:
            text = text[:-1]
        count = _count_in_unit(text, dialect, width)
        if count:
            swallowed.append((unit, count))
    return swallowed


def _count_in_unit(lines: list[str], dialect: Dialect, width: int) -> int:
    """Most texts over several lines have no line with so many delimiters as a record has; one fewer, where it may be short."""
    most = max((line.count(dialect.delimiter) for line in lines[1:]), default=0)
    if most < max(1, width - 2):
        return 0
    first_kind = kind_of(lines[0].split(dialect.delimiter, 1)[0].removeprefix(dialect.quote))
    return count_records(lines, dialect, width, first_kind) if first_kind in TYPED or most >= width - 1 else 0


def tell_swallowed(where: Place, lines: int, *, may_stop: bool) -> Finding:
    message = (
        f"A quote in record {where.record} (line {where.line}) opens a field over several lines that are records by themselves, at least {lines} of "
        "them. Give quote=none if the quotes are none, or mend the file; quote=double loads it as it is."
    )
    level: Level = "stop" if may_stop and lines >= STOP_LINES_MIN else "warning"
    suggest = Suggestion(option="quote", value="none")
    return Finding(code="quote-swallowed-lines", level=level, message=message, places=(where,), suggest=suggest)
