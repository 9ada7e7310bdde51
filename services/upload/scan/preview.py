"""What a file will look like, from its first bytes: dialect, encoding, columns, types so far, the first rows. Nothing is stored."""

from functools import partial
from typing import Final

import numpy as np
from msgspec import Struct, structs

from backbone.csvread.borders import Borders, make_units
from backbone.csvread.marks import show_findings
from backbone.csvread.nulls import declare_nulls, nulls_of, with_nulls
from backbone.csvread.quotes import Positions, last_line_end
from backbone.csvread.repairs import find_repairs
from backbone.csvread.repeated_headers import titles_of
from backbone.csvread.segment import Segment
from backbone.csvread.segments import read_segments
from backbone.errors import Rejected
from backbone.findings import Finding, Place, merge_findings, place
from backbone.model import Column, Dialect
from backbone.types.declared import is_auto
from services.upload.scan.decoder import EncodingErrors
from services.upload.scan.encoded_twice import EncodedTwice
from services.upload.scan.head import Head, read_head
from services.upload.scan.interruptions import Interruptions
from services.upload.scan.null_texts import count_null_texts, find_null_texts
from services.upload.scan.options import ScanOptions
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.suggestions import SuggestionFinder
from services.upload.scan.types import TypeFinder

ROWS_SHOWN: Final = 50


class PreviewReject(Struct, frozen=True, kw_only=True):
    record: int
    reason: str
    detail: str


class Preview(Struct, frozen=True, kw_only=True):
    dialect: Dialect
    columns: tuple[Column, ...]  # with the types that the sample's values have; the whole file may have others
    rows: tuple[tuple[str | None, ...], ...]
    rejects: tuple[PreviewReject, ...]  # among the records shown
    records: int  # in the sample
    whole: bool  # the sample is the whole file
    findings: tuple[Finding, ...] = ()  # so far: the rest of the file may hold more


def preview(
    sample: bytes, options: ScanOptions, *, encoding: str | None = None, errors: EncodingErrors = "reject", whole: bool = False
) -> Preview:
    """`sample`: the file's first bytes as they came, packed or in any encoding; 64 KiB are plenty. Raises Rejected, as a scan would."""
    copy = ReadingCopy(encoding=encoding, errors=errors)
    text = b"".join([*copy.feed(sample), *(copy.finish() if whole else copy.peek())])
    return show(copy, text, options, whole=whole)


def show(copy: ReadingCopy, text: bytes, options: ScanOptions, *, whole: bool) -> Preview:
    """`text`: what has come out of `copy`, its first bytes or all of it. Raises Rejected."""
    text = text if whole else text.decode("utf-8", "ignore").encode()
    options = structs.replace(
        options,
        encoding=copy.encoding or options.encoding,
        compression=copy.compression or "",
        marked=copy.is_marked,
        table=copy.table,
    )
    head = read_head(text, options, last=whole)
    if head is None:
        raise Rejected("header-too-long", f"The header does not end within the first {len(text)} bytes. Is a quote in it never closed?")
    head = structs.replace(head, columns=declare_nulls(head.columns, options.null))
    shown = _show(text[head.body_offset :], head, whole, auto=is_auto(options.types))
    encoded_twice = EncodedTwice()
    encoded_twice.feed(text)
    return structs.replace(shown, findings=show_findings(merge_findings(copy.findings, encoded_twice.finish(), shown.findings)))


def _show(body: bytes, head: Head, whole: bool, *, auto: bool) -> Preview:
    end = len(body) if whole else last_line_end(body, 0, len(body) - body.endswith(b"\r")) or 0
    borders = Borders(head.dialect)
    boundaries = borders.feed(body, 0, end, last=whole)
    units = make_units(body, 0, boundaries.ends, boundaries.doubtful, head.dialect)
    if whole and borders.quoted:
        units = units.between(0, len(units.ends) - 1)
    numbers: Positions = np.cumsum(~units.blank)
    width = len(head.columns) + head.dialect.left_out

    def place_of(unit: int) -> Place:
        begin, end = int(units.begins[unit]), int(units.ends[unit])
        line = head.body_line + int(np.searchsorted(boundaries.line_ends, begin, side="right"))
        text = body[begin:end].decode(errors="replace").strip("\r\n")
        return place(record=0 if units.blank[unit] else int(numbers[unit]), line=line, text=text)

    segments = list(read_segments(body, units, head.dialect, width, titles=titles_of(head.columns, head.dialect), finds_short=True))
    types, suggestions, nulls = TypeFinder(head.columns, head.known), SuggestionFinder(head.columns), nulls_of(head.columns)
    for segment in segments:
        fields = with_nulls(segment.fields, nulls)
        types.add(fields)
        suggestions.add(fields, types.kinds, partial(_record_of, numbers, segment))
    columns, findings = suggestions.decide(types.columns(head.columns), auto=auto)
    null_texts = find_null_texts(columns, count_null_texts([segment.fields for segment in segments], columns), findings)
    interruptions = Interruptions(head.dialect, width, head.header_lines, has_comments=head.has_comments)
    interruptions.add(body, units, 0)
    shown = units.between(0, int(np.searchsorted(numbers, ROWS_SHOWN, side="right")))
    rows = [row for segment in segments for row in _rows(segment, len(shown.ends), len(head.columns))]
    rejects = [
        PreviewReject(record=int(numbers[misfit.unit]), reason=misfit.reason, detail=misfit.detail)
        for segment in segments
        for misfit in segment.misfits
        if misfit.unit < len(shown.ends)
    ]
    repairs = find_repairs(body, units, boundaries.doubtful, segments, head.dialect, width, place_of)
    return Preview(
        dialect=head.dialect,
        columns=columns,
        rows=tuple(row for _, row in sorted(rows, key=lambda row: row[0])),
        rejects=tuple(sorted(rejects, key=lambda reject: reject.record)),
        records=int(numbers[-1]) if len(numbers) else 0,
        whole=whole,
        findings=merge_findings(head.findings, findings, null_texts, repairs, interruptions.findings(columns, suggestions.strays)),
    )


def _record_of(numbers: Positions, segment: Segment, row: int) -> int:
    return int(numbers[segment.units[row]])


def _rows(segment: Segment, units_shown: int, width: int) -> list[tuple[int, tuple[str | None, ...]]]:
    count = int(np.searchsorted(segment.units, units_shown))
    numbers = segment.units[:count].tolist()
    return [(number, row[:width]) for number, row in zip(numbers, segment.fields.slice(0, count).iter_rows(), strict=True)]
