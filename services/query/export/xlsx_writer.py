"""Writes a workbook: CSV records from standard input, as `arrow_writer` gets them, the file to standard output once it is whole.

A cell is what its column is: texts are texts, whatever they begin with, so no spreadsheet takes one for a formula. A number that Excel's
digits cannot hold, a moment with an offset or with microseconds and a day before 1900-03-01 are written as text: nothing is rounded.
A sheet has an end: what does not fit is refused, as one byte `!` and a sentence in the place of the file.
"""

import csv
import datetime
import io
import sys
import tempfile
from decimal import Decimal
from typing import BinaryIO, Final

import msgspec
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from services.query.export.arrow_schema import REFUSED, FrameColumn, FrameOrder
from services.query.export.arrow_writer import read_blocks

ROWS_MAX: Final = 1_048_576  # of a sheet, the header included
CHARACTERS_MAX: Final = 32_767  # of a cell
FIRST_DAY: Final = datetime.date(1900, 3, 1)  # before it Excel's days are off by one, and before 1900 it has none
FIELD_CHARACTERS_MAX: Final = 2**31 - 1
FORMATS: Final = {"date": "yyyy-mm-dd", "timestamp": 'yyyy-mm-dd"T"hh:mm:ss.000'}


class NoRoom(Exception):  # noqa: N818
    """The sentence for whoever asked."""


def write_workbook(source: BinaryIO, target: BinaryIO) -> None:
    order = msgspec.json.decode(source.readline(), type=FrameOrder)
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    with tempfile.TemporaryDirectory(prefix="rowmill-xlsx-") as folder, tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder, "use_zip64": True})
        sheet = book.add_worksheet("Rows")
        formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in FORMATS.items()}
        try:
            fill(sheet, order, source, formats)
        except NoRoom as error:
            target.write(REFUSED + str(error).encode())
            return
        book.close()
        file.seek(0)
        while block := file.read(1024 * 1024):
            target.write(block)


def fill(sheet: Worksheet, order: FrameOrder, source: BinaryIO, formats: dict[str, object]) -> None:
    """Raises NoRoom."""
    for place, column in enumerate(order.columns):
        write_text(sheet, 0, place, column.title or column.name, column)
    number = 0
    for block in read_blocks(source):
        for fields in csv.reader(io.StringIO(block.decode(), newline="")):
            number += 1
            if number >= ROWS_MAX:
                raise NoRoom(
                    f"A sheet has room for {ROWS_MAX - 1:,} rows below its header, and this export has more. "
                    "Narrow it with q=, filter= or fields=, or take it as csv or parquet."
                )
            for place, (text, column) in enumerate(zip(fields, order.columns, strict=True)):
                if text:
                    write_cell(sheet, number, place, text, column, formats)


def write_cell(sheet: Worksheet, row: int, place: int, text: str, column: FrameColumn, formats: dict[str, object]) -> None:
    if column.kind in ("integer", "decimal") and (number := exact_float(text)) is not None:
        sheet.write_number(row, place, number)
    elif column.kind == "boolean" and text in ("true", "false"):
        sheet.write_boolean(row, place, text == "true")
    elif column.kind in FORMATS and (moment := exact_moment(text)) is not None:
        sheet.write_datetime(row, place, moment, formats[column.kind])
    else:
        write_text(sheet, row, place, text, column)


def write_text(sheet: Worksheet, row: int, place: int, text: str, column: FrameColumn) -> None:
    """Raises NoRoom."""
    if sheet.write_string(row, place, text) < 0:
        raise NoRoom(
            f"A cell has room for {CHARACTERS_MAX:,} characters, and column {column.name} has {len(text):,} in row {row}. "
            "Leave the column out with fields=, or take the export as csv or parquet."
        )


def exact_float(text: str) -> float | None:
    """None: as a workbook would have it, it would be another number."""
    number = float(text)
    written = f"{number:.16G}"  # as XlsxWriter writes it
    return number if "INF" not in written and Decimal(written) == Decimal(text) else None


def exact_moment(text: str) -> datetime.datetime | None:
    """None: a workbook has no such moment. It knows no zones: what is written in UTC stays in UTC."""
    try:
        moment = datetime.datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    is_exact = moment.tzinfo is None and moment.date() >= FIRST_DAY and moment.microsecond % 1000 == 0
    return moment if is_exact else None


if __name__ == "__main__":
    write_workbook(sys.stdin.buffer, sys.stdout.buffer)
