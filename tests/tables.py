"""Files of table formats, made as their libraries make them, and what the scan makes of them: for tests of all levels."""

import datetime
import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from msgspec import Struct, structs

from backbone.csvread.exact import read_exact
from backbone.csvread.marks import NULL_FIELD
from backbone.findings import Finding
from backbone.model import Column, Dialect
from backbone.settings import read_settings
from services.upload.options import read_options
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import Scan, Scanner, ScanOptions
from services.upload.tables.gather import TableReaders

Rows = list[list[Any]]
Sheets = dict[str, Rows]


class Read(Struct, frozen=True):
    text: bytes  # the CSV file that was made
    scan: Scan
    copy_findings: tuple[Finding, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.scan.columns

    @property
    def types(self) -> dict[str, str]:
        return {column.title: column.type for column in self.columns}

    @property
    def rows(self) -> list[dict[str, str | None]]:
        """By title, null for an empty field, as the loaded rows are."""
        dialect: Dialect = self.scan.dialect
        begin = min(chunk.offset for chunk in self.scan.chunks) if self.scan.chunks else len(self.text)
        records = [fields for fields in read_exact(self.text[begin:], dialect) if fields]
        if not dialect.has_known_columns:
            records = [fields for fields in records if any(fields)]
        titles = [column.title for column in self.columns]
        null = NULL_FIELD if dialect.keeps_empty else ""
        return [dict(zip(titles, [None if field == null else field for field in fields], strict=False)) for fields in records]

    @property
    def findings(self) -> dict[str, Finding]:
        return {finding.code: finding for finding in (*self.copy_findings, *self.scan.findings)}


def read(
    content: bytes,
    options: Mapping[str, str] | None = None,
    *,
    block_bytes: int = 64 * 1024,
    environment: Mapping[str, str] | None = None,
    **more: str,
) -> Read:
    """As an upload would, up to the scan. Raises what it was refused for."""
    settings = read_settings(environment or {})
    said = read_options({"dataset": "goods", **(options or {}), **more})
    copy = ReadingCopy(encoding=said.encoding or None, format=said.format, open_table=TableReaders.of(settings).opener(said))
    pieces = [piece for first in range(0, len(content), block_bytes) for piece in copy.feed(content[first : first + block_bytes])]
    try:
        pieces += copy.finish()
    finally:
        copy.close()
    scan_options: ScanOptions = said.scan_options(settings.chunk_bytes, settings.record_bytes_max, settings.columns_max)
    scanner = Scanner(_with(scan_options, copy))
    text = b"".join(pieces)
    scanner.feed(text)
    return Read(text, scanner.finish(), copy.findings)


def _with(options: ScanOptions, copy: ReadingCopy) -> ScanOptions:
    return structs.replace(options, encoding=copy.encoding or "utf-8", compression=copy.compression or "", table=copy.table)


def xlsx(sheets: Sheets | Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in _named(sheets).items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row, start=1):
                if value is not None:
                    cell = sheet.cell(number, place, value)
                    if isinstance(value, str):
                        cell.data_type = "s"
    return saved(book)


def saved(book: Any) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xls(sheets: Sheets | Rows) -> bytes:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    moment = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for name, rows in _named(sheets).items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                style = moment if hasattr(value, "hour") else day if hasattr(value, "year") else None
                if value is not None:
                    sheet.write(number, place, value, *([style] if style else []))
    return saved(book)


def _named(sheets: Sheets | Rows) -> Sheets:
    return sheets if isinstance(sheets, dict) else {"Sheet1": sheets}


def column(rows: Iterable[dict[str, str | None]], title: str) -> list[str | None]:
    return [row[title] for row in rows]


def parquet(table: pa.Table, **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target, **options)
    return target.getvalue()


def arrow_file(table: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_file(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()


def ods(sheets: Sheets | Rows) -> bytes:
    """As LibreOffice writes it, with the least that makes a spreadsheet."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_ods_row, rows))}</table:table>' for name, rows in _named(sheets).items()
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return target.getvalue()


def _ods_row(row: list[Any]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind = f'boolean" office:boolean-value="{str(value).lower()}'
    elif isinstance(value, int | float):
        kind = f'float" office:value="{value!r}'
    elif isinstance(value, datetime.date):
        kind = f'date" office:date-value="{value.isoformat()}'
    else:
        kind = "string"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="{kind}">{lines}</table:table-cell>'
