"""Makes the titles of a file's columns of its header: joined of several records, with columns for fields that have no title, without
those that have neither title nor value.
"""

from typing import Final

from msgspec import Struct, structs

from backbone.csvread.exact import read_exact
from backbone.findings import Finding, Suggestion
from services.upload.scan.dialect import Sniffed
from services.upload.scan.header import without_trailing_empty
from services.upload.scan.sample import SampleRecord

REJECT_COLUMNS: Final = ("_record", "_line", "_reason")  # of a file of rejects, mended and uploaded again


class Titles(Struct, frozen=True, kw_only=True):
    fields: list[str]
    left_out: int = 0  # last ones, taken off already
    empty_columns: int = 0  # likewise
    findings: tuple[Finding, ...] = ()


def read_titles(records: list[bytes], sniffed: Sniffed) -> Titles:
    """`records` are those of the header; the first record where there is none."""
    dialect = sniffed.dialect
    if not dialect.header:
        return Titles(fields=[""] * len(read_exact(records[0], dialect)[0]))
    if sniffed.place and sniffed.place.header_delimiter:
        dialect = structs.replace(dialect, delimiter=sniffed.place.header_delimiter)
    fields = _join([read_exact(record, dialect)[0] for record in records])
    if tuple(fields[-len(REJECT_COLUMNS) :]) == REJECT_COLUMNS and len(fields) > len(REJECT_COLUMNS):
        return Titles(fields=fields[: -len(REJECT_COLUMNS)], left_out=len(REJECT_COLUMNS))
    return _fit_to_records(fields, sniffed.body)


def _join(rows: list[list[str]]) -> list[str]:
    """`2025` above `Men` is the title `2025 Men`."""
    if len(rows) == 1:
        return rows[0]
    width = max(map(len, rows))
    filled = [row + [""] * (width - len(row)) for row in rows]
    return [" ".join(part.strip() for part in parts if part.strip()) for parts in zip(*filled, strict=True)]


def _fit_to_records(titles: list[str], body: list[SampleRecord]) -> Titles:
    extra = min((record.width for record in body), default=0) - len(titles)
    if extra > 0:
        return _with_untitled(titles, body, extra)
    width = len(titles)
    while width > 1 and not titles[width - 1].strip() and body and not _has_value(body, width - 1):
        width -= 1
    if width == len(titles):
        return Titles(fields=titles)
    return Titles(fields=titles[:width], empty_columns=len(titles) - width, findings=(_empty_columns(len(titles) - width),))


def _has_value(body: list[SampleRecord], first: int, behind: int | None = None) -> bool:
    return any(field.strip() for record in body for field in record.fields[first:behind])


def _with_untitled(titles: list[str], body: list[SampleRecord], extra: int) -> Titles:
    """Every record has more fields than there are titles."""
    titled = without_trailing_empty(titles)
    valued = 1 + max((place for place in range(len(titles) + extra) if _has_value(body, place, place + 1)), default=0)
    names_rows = extra == 1 and valued == len(titled) + 1 and len({record.fields[0] for record in body}) == len(body)
    if names_rows and valued <= len(titles):
        empty = len(titles) + extra - valued
        return Titles(fields=["", *titled], empty_columns=empty, findings=(_untitled(extra, "first"), _empty_columns(empty)))
    if not _has_value(body, len(titles)):
        left = without_trailing_empty(titles[: max(valued, len(titled))])
        kept = titles[: max(valued, len(left))]
        empty = len(titles) + extra - len(kept)
        return Titles(fields=kept, empty_columns=empty, findings=(_empty_columns(empty),))
    names_rows = extra == 1 and len({record.fields[0] for record in body}) == len(body)
    finding = _untitled(extra, "first" if names_rows else "last")
    untitled = [""] * extra
    return Titles(fields=untitled + titles if names_rows else titles + untitled, findings=(finding,))


def _untitled(extra: int, where: str) -> Finding:
    message = (
        f"Every record has {extra} more fields than the header has titles. The {where} columns were given none. "
        "Give header=false if the first record is none."
    )
    return Finding(code="header-short", level="warning", message=message, suggest=Suggestion(option="header", value="false"))


def _empty_columns(count: int) -> Finding:
    message = (
        f"The last {count} columns have neither title nor value and were left out; a record that has a value there becomes a reject. "
        "Give them titles if they are wanted."
    )
    return Finding(code="empty-columns-left-out", level="info", message=message, count=count)
