"""Lines that a quote has swallowed: a field over several lines which are records by themselves."""

from typing import Final

from backbone.model import Dialect
from services.upload.scan.header import column_kinds
from services.upload.scan.kinds import kind_of
from services.upload.scan.sample import SampleRecord

RECORD_SHARE_MIN: Final = 0.8  # of a field's lines are of the file's width, for them to be records


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
    return sum(count_records(record.lines[1:], dialect, width, kind) for record in several)


def count_records(lines: list[str], dialect: Dialect, width: int, first_kind: str) -> int:
    """How many of a field's lines, without that in which it begins, are records; 0 unless nearly all are."""
    count = sum(1 for line in lines if _is_record(line, dialect, width, first_kind))
    return count if lines and count >= RECORD_SHARE_MIN * len(lines) else 0


def _is_record(line: str, dialect: Dialect, width: int, first_kind: str) -> bool:
    fields = line.split(dialect.delimiter)
    if len(fields) != width or dialect.quote in fields[0]:
        return False
    if first_kind in ("number", "time"):
        return kind_of(fields[0]) == first_kind
    is_prose = any(field.startswith(" ") for field in fields[1:])
    return width > 2 and bool(fields[0].strip()) and not is_prose
