"""Reads a file as an upload into a new dataset would, by the pure scan and parser alone: thousands of small files in a minute."""

import itertools
from collections.abc import Mapping
from operator import itemgetter

from msgspec import Struct, structs

from backbone.findings import Finding, merge_findings
from backbone.model import Dialect, Reject
from services.upload.options import read_options
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse


class FileRead(Struct, frozen=True):
    """`rows` in file order, empty fields and nulls as None, each value as it stands in the file or as PostgreSQL is told."""

    dialect: Dialect
    titles: list[str]
    types: list[str]
    rows: list[list[str | None]]
    rejects: list[Reject]
    findings: tuple[Finding, ...]


def read_in_process(data: bytes, options: Mapping[str, str] | None = None) -> FileRead:
    """Raises `Rejected` where the upload would be refused or FAILED by the scan."""
    given = read_options(options or {})
    text, scan_options, guesses = decode(data, given.encoding, given.scan_options(**_limits()))
    outcome = scan_and_parse(text, scan_options)
    rows = [row for _, row in sorted(zip(outcome.numbers, outcome.rows, strict=True), key=itemgetter(0))]
    titles = [column.title for column in outcome.scan.columns]
    types: list[str] = [column.type for column in outcome.scan.columns]
    findings = merge_findings(guesses, outcome.scan.findings, *(parsed.findings for _, parsed in outcome.chunks))
    return FileRead(dialect=outcome.scan.dialect, titles=titles, types=types, rows=rows, rejects=outcome.rejects, findings=findings)


def decode(data: bytes, encoding: str, options: ScanOptions) -> tuple[bytes, ScanOptions, tuple[Finding, ...]]:
    copy = ReadingCopy(encoding=encoding or None)
    text = b"".join(itertools.chain(copy.feed(data), copy.finish()))
    decoded = structs.replace(options, encoding=copy.encoding or "utf-8", compression=copy.compression or "", marked=copy.is_marked)
    return text, decoded, copy.findings


def _limits() -> dict[str, int]:
    usual = ScanOptions()
    return {"chunk_bytes": usual.chunk_bytes, "record_bytes_max": usual.record_bytes_max, "columns_max": usual.columns_max}
