"""Makes the titles of a file's columns of its header: joined of several records, with columns for fields that have no title, without
those that have neither title nor value.
"""

import re
from itertools import pairwise
from typing import Final

from msgspec import Struct, structs

from backbone.csvread.exact import read_exact
from backbone.csvread.literal_quotes import repair_quotes
from backbone.findings import Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.dialect import Sniffed
from services.upload.scan.header import without_trailing_empty
from services.upload.scan.sample import SampleRecord, usual_width

REJECT_COLUMNS: Final = ("_record", "_line", "_reason")  # of a file of rejects, mended and uploaded again
COMMON_SHARE_MIN: Final = 0.8
FEW_RECORDS: Final = 10  # in so few a whole column may be empty by chance
_NUMBERING: Final = re.compile(
    r"#|№|(?i:id|key|code|index|count|qty|quantity|seq|sequence|step|rank|level|version|user)$"
    r"|\b(?i:no|nr|num|number|nummer|num[eé]ro|lfd|pos|position|row|line|zeile|record|item|order|rang)\b"
)  # what stands over 1, 2, 3


class Titles(Struct, frozen=True, kw_only=True):
    fields: list[str]
    left_out: int = 0  # last ones, taken off already
    empty_columns: int = 0  # likewise
    findings: tuple[Finding, ...] = ()


def read_titles(records: list[bytes], sniffed: Sniffed) -> Titles:
    """`records` are those of the header; the first record where there is none."""
    dialect = sniffed.dialect
    if not dialect.header:
        return Titles(fields=[""] * len(_read(records[0], dialect, sniffed)))
    if sniffed.place and sniffed.place.header_delimiter:
        dialect = structs.replace(dialect, delimiter=sniffed.place.header_delimiter)
    fields = _join([_read(record, dialect, sniffed) for record in records])
    strays = _stray_quotes(records, dialect, sniffed) or _swallowed_lines(fields, records, dialect)
    if tuple(fields[-len(REJECT_COLUMNS) :]) == REJECT_COLUMNS and len(fields) > len(REJECT_COLUMNS):
        return Titles(fields=fields[: -len(REJECT_COLUMNS)], left_out=len(REJECT_COLUMNS), findings=strays)
    titles = _fit_to_records(fields, sniffed.body)
    return structs.replace(titles, findings=strays + titles.findings)


def _read(record: bytes, dialect: Dialect, sniffed: Sniffed) -> list[str]:
    widths = (sniffed.place.width,) if sniffed.place else ()
    return repair_quotes(read_exact(record, dialect)[0], record.decode(), dialect, widths)


def _stray_quotes(records: list[bytes], dialect: Dialect, sniffed: Sniffed) -> tuple[Finding, ...]:
    if all(_read(record, dialect, sniffed) == read_exact(record, dialect)[0] for record in records):
        return ()
    message = (
        "A quote in the header opens a title and never closes, or stands inside of one: it was kept as a character. Mend it in the file."
    )
    where = place(line=dialect.skip + 1, text=records[0].decode().strip("\r\n"))
    return (Finding(code="stray-quotes", level="warning", message=message, places=(where,)),)


def _swallowed_lines(titles: list[str], records: list[bytes], dialect: Dialect) -> tuple[Finding, ...]:
    """A title over several lines, with delimiters behind the first of them, is a record that the header took in."""
    if not any(dialect.delimiter in line for title in titles for line in title.splitlines()[1:]):
        return ()
    message = (
        "A quote in the header opens a title over several lines with delimiters in them, which may be records by themselves. Give quote=none if "
        "the quotes are none, or mend the file."
    )
    where = place(line=dialect.skip + 1, text=records[0].decode().strip("\r\n"))
    return (
        Finding(
            code="quote-swallowed-lines",
            level="warning",
            message=message,
            places=(where,),
            suggest=Suggestion(option="quote", value="none"),
        ),
    )


def _join(rows: list[list[str]]) -> list[str]:
    """`2025` above `Men` is the title `2025 Men`."""
    if len(rows) == 1:
        return rows[0]
    width = max(map(len, rows))
    filled = [row + [""] * (width - len(row)) for row in rows]
    spanned = [_spread(row, below) for row, below in pairwise(filled)]
    return [" ".join(part.strip() for part in parts if part.strip()) for parts in zip(*spanned, filled[-1], strict=True)]


def _spread(titles: list[str], below: list[str]) -> list[str]:
    """A title above several columns stands over the first of them, as spreadsheets write merged cells: `2025,,2026,` above
    `Men,Women,Men,Women`. A line with one title is a heading, and one with nothing below it is of its column alone."""
    if sum(1 for title in titles if title.strip()) < 2:
        return titles
    spread, current = list[str](), ""
    for title, lower in zip(titles, below, strict=True):
        if title.strip():
            current = title if lower.strip() else ""
        spread.append(title if title.strip() or not lower.strip() else current)
    return spread


def _fit_to_records(titles: list[str], body: list[SampleRecord]) -> Titles:
    extra = _common_width(body) - len(titles)
    if extra > 0:
        return _with_untitled(titles, body, extra)
    titled = without_trailing_empty(titles)
    kept = titles[: max(len(titled), _valued_width(body, len(titles)))] if body else titles
    empty = len(titles) - len(kept)
    findings = (_empty_columns(empty, is_sure=empty > 1 or not _may_be_shifted(titles, body)),) if empty else ()
    if len(kept) > len(titled) and _name_rows(body):
        findings = (_untitled(len(kept) - len(titled), "last"), *findings)
    return Titles(fields=kept, empty_columns=empty, findings=findings)


def _common_width(body: list[SampleRecord]) -> int:
    """Fields that nearly all records have; a few short ones are faults of their own."""
    width = usual_width(body) if body else 0
    has_it = sum(1 for record in body if record.width >= width)
    return width if has_it >= COMMON_SHARE_MIN * len(body) else min(record.width for record in body)


def _valued_width(body: list[SampleRecord], width_max: int) -> int:
    """Fields up to the last one that has a value anywhere. A line break in quotes is one: whoever wrote it meant a field."""
    return 1 + max((place for record in body for place, field in enumerate(record.fields[:width_max]) if field.strip(" \t")), default=0)


def _name_rows(body: list[SampleRecord]) -> bool:
    """Whether the first column may be row names: no two are the same."""
    firsts = [record.fields[0] for record in body]
    return all(firsts) and len(set(firsts)) == len(firsts)


def _may_be_shifted(titles: list[str], body: list[SampleRecord]) -> bool:
    """Whether the first title stands over numbers of rows, which it does not speak of: R writes none over those."""
    numbers = [str(number) for number in range(1, len(body) + 1)]
    return len(body) <= FEW_RECORDS and [record.fields[0] for record in body] == numbers and not _NUMBERING.search(titles[0])


def _with_untitled(titles: list[str], body: list[SampleRecord], extra: int) -> Titles:
    """The records have more fields than there are titles."""
    titled = without_trailing_empty(titles)
    width = len(titles) + extra
    valued = _valued_width(body, width)
    usual = [record for record in body if record.width >= width]
    says_something = any(field.strip() for record in usual for field in record.fields[valued - 1 : valued])
    if valued == len(titled) + 1 and says_something and _name_rows(usual):
        empty = width - valued
        findings = (_untitled(1, "first"), *((_empty_columns(empty),) if empty else ()))
        return Titles(fields=["", *titled], empty_columns=empty, findings=findings)
    if valued <= len(titles):
        kept = titles[: max(valued, len(titled))]
        is_sure = extra > 2 or len(body) > FEW_RECORDS or not _name_rows(usual)
        return Titles(fields=kept, empty_columns=width - len(kept), findings=(_empty_columns(width - len(kept), is_sure=is_sure),))
    return Titles(fields=titles + [""] * extra, findings=(_untitled(extra, "last"),))


def _untitled(extra: int, where: str) -> Finding:
    columns = "column has" if extra == 1 else f"{extra} columns have"
    message = (
        f"The {where} {columns} values but no title. Is a title missing elsewhere, so that those behind it stand over the wrong columns? "
        "Give header=false if the first record is none, or names= with all titles."
    )
    return Finding(code="header-short", level="warning", message=message, suggest=Suggestion(option="header", value="false"))


def _empty_columns(count: int, *, is_sure: bool = True) -> Finding:
    message = (
        f"The last {count} columns have neither title nor value and were left out; a record that has a value there becomes a reject. "
        "Give them titles if they are wanted."
    )
    if not is_sure:
        message += " Or is the title of the first column missing, so that all others stand over the wrong ones? Give names= then."
    return Finding(code="empty-columns-left-out", level="info" if is_sure else "warning", message=message, count=count)
