"""Reads a file's head: what it is, its dialect, its header. Files that no CSV reader could make sense of are refused here, each with
a sentence that says what to do."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct, structs

from backbone.columns.names import name_columns
from backbone.csvread.borders import Borders, make_units
from backbone.csvread.exact import read_exact
from backbone.csvread.marks import MARKS, NULL_FIELD
from backbone.csvread.quotes import first_line_end
from backbone.errors import Rejected
from backbone.findings import Finding, Suggestion, place
from backbone.model import Column, ColumnType, Dialect
from backbone.types.declared import declare_types, read_types
from services.upload.scan.dialect import Sniffed, sniff
from services.upload.scan.foreign import refuse_binary, refuse_foreign
from services.upload.scan.formats.table import TableHead
from services.upload.scan.header import looks_like_header
from services.upload.scan.options import ScanOptions
from services.upload.scan.titles import read_titles

BOM: Final = b"\xef\xbb\xbf"


class Head(Struct, frozen=True, kw_only=True):
    dialect: Dialect
    columns: tuple[Column, ...]  # named, not typed yet
    body_offset: int  # bytes from the start of the file to the first record
    body_line: int  # and its line, from 1
    findings: tuple[Finding, ...] = ()
    header_lines: tuple[tuple[str, ...], ...] = ()  # of a header of several, each line's fields
    known: tuple[ColumnType | None, ...] = ()  # of each column what the file's format says of its type; empty: nothing

    @property
    def has_comments(self) -> bool:
        """Before the header."""
        return not self.dialect.comment and any(finding.code == "comment-lines-skipped" for finding in self.findings)


def read_head(sample: bytes, options: ScanOptions, *, last: bool) -> Head | None:
    """None when the header does not end within the sample and there is more to come. Raises Rejected."""
    if options.table is not None:
        if options.table.titles is not None:
            return _known_head(options.table, options.table.titles, options)
        options = structs.replace(options, delimiter=",", quote='"', escape="")
    else:
        refuse_binary(sample)
        refuse_foreign(sample)
    start = len(BOM) if sample.startswith(BOM) else 0
    is_named = bool(options.names) and options.header is None
    if is_named:
        options = structs.replace(options, header=False)
    sniffed = sniff(sample[start:], options, last=last)
    dialect = sniffed.dialect
    start, line = _skip_lines(sample, start, dialect.skip)
    text = sample[start : len(sample) - (not last and sample.endswith(b"\r"))]
    borders = Borders(dialect)
    boundaries = borders.feed(text, 0, len(text), last=last)
    units = make_units(text, 0, boundaries.ends, boundaries.doubtful, dialect)
    records = np.flatnonzero(~units.blank)[: dialect.header_rows if dialect.header else 1]
    if len(records) < dialect.header_rows and not (last and len(records)):
        _refuse_headless(options, sample, last)
        return None
    end = int(units.ends[records[-1]])
    if last and end == len(text) and borders.quoted:
        detail = "A quote that opens in the header is never closed. Close it, or give quote= to say which character quotes."
        raise Rejected("header-quote-left-open", detail, line=line)
    header = [text[units.begins[record] : units.ends[record]] for record in records]
    titles = read_titles(header, sniffed)
    if len(titles.fields) > options.columns_max:
        detail = f"The header has {len(titles.fields)} columns, the limit is {options.columns_max} (ROWMILL_COLUMNS_MAX). Is the delimiter right?"
        raise Rejected("too-many-columns", detail, columns=len(titles.fields))
    dialect = structs.replace(
        dialect,
        left_out=titles.left_out,
        empty_columns=titles.empty_columns,
        marked=options.marked,
        format=options.table.format if options.table is not None else "",
    )
    columns = declare_types(
        name_columns(_given_titles(options, len(titles.fields)) or _without_marks(titles.fields)), read_types(options.types)
    )
    findings = (*sniffed.findings, *titles.findings, *(_tell_named(sniffed, options) if is_named else ()))
    if dialect.header:
        start, line = start + end, line + int(np.searchsorted(boundaries.line_ends, end, side="right"))
    known = _texts(options.table, len(columns), line) if options.table is not None else ()
    lines = tuple(tuple(read_exact(record, dialect)[0]) for record in header) if dialect.header and len(header) > 1 else ()
    return Head(dialect=dialect, columns=columns, body_offset=start, body_line=line, findings=findings, header_lines=lines, known=known)


def _texts(table: TableHead, width: int, body_line: int) -> tuple[ColumnType | None, ...]:
    """A column is text where one of its cells below the header is, whatever the text looks like."""
    return tuple("text" if last >= body_line else None for last in table.last_texts[:width])


def _known_head(table: TableHead, titles: tuple[str, ...], options: ScanOptions) -> Head:
    null = f"{NULL_FIELD};{options.null}" if options.null else NULL_FIELD
    dialect = Dialect(compression=options.compression, format=table.format, null=null, keeps_empty=True, ragged=options.ragged)
    columns = declare_types(name_columns(titles), read_types(options.types))
    return Head(dialect=dialect, columns=columns, body_offset=table.header_bytes, body_line=1 + table.header_lines, known=table.types)


def _tell_named(sniffed: Sniffed, options: ScanOptions) -> tuple[Finding, ...]:
    """`names=` is for files without a header; where there seems to be one, it became a row."""
    if not sniffed.body or not looks_like_header(sniffed.body, options.names):
        return ()
    first = sniffed.body[0]
    message = (
        "names= says what the columns are called, so the first record was taken for data; but it looks like a header. Give header=true with "
        "names= if it is one."
    )
    where = (place(record=1, line=first.line + 1, text=first.text.strip("\r\n")),)
    return (
        Finding(code="header-guessed", level="warning", message=message, places=where, suggest=Suggestion(option="header", value="true")),
    )


def _without_marks(titles: Sequence[str]) -> tuple[str, ...]:
    """A header cannot be rejected like a record: its bytes that are not of the encoding are shown as such. A byte order mark says nothing,
    however many a file has at its beginning."""
    return tuple(MARKS.sub("\ufffd", title).replace(BOM.decode(), "") for title in titles)


def _given_titles(options: ScanOptions, width: int) -> tuple[str, ...]:
    """Those of `names=`; none when there is no such option. Raises Rejected."""
    if options.names and len(options.names) != width:
        detail = f"names= has {len(options.names)} titles, and the file {width} columns. Name them all, or check delimiter=."
        raise Rejected("names-do-not-fit", detail, columns=width)
    return options.names


def _skip_lines(sample: bytes, start: int, lines: int) -> tuple[int, int]:
    for _ in range(lines):
        start = first_line_end(sample, start, len(sample))
    return start, lines + 1


def _refuse_headless(options: ScanOptions, sample: bytes, last: bool) -> None:
    if last:
        detail = "The file is empty. Its first line should name the columns, and a record should follow. empty=true lets it pass."
        raise Rejected("empty-file", detail)
    if len(sample) > options.record_bytes_max:
        detail = f"The header does not end within {options.record_bytes_max} bytes. Is there a quote in it that is never closed?"
        raise Rejected("header-too-long", detail)
