"""Files of table formats, made as their libraries make them, and what the scan makes of them: for tests of all levels."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from msgspec import Struct, structs

from backbone.csvread.exact import read_exact
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
        return [dict(zip(titles, [field or None for field in fields], strict=False)) for fields in records]

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
