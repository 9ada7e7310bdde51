"""Workbooks (xlsx, xls, ods) by calamine: one sheet, or a range of it, cell by cell as it is stored.

Numbers are written with the digits that the stored number has, whole ones without a point; dates and times in ISO 8601, all of a column in
one way. What Excel shows (formats, rounding) is not looked at. A line of the CSV is a row of the sheet, so a finding's line is the row's
number as long as no cell above it has a line break.
"""

import datetime
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from backbone.errors import NotCsv, Rejected, TooLarge
from backbone.findings import Finding, Suggestion
from services.upload.scan.formats.table import NAMES, TableFormat, TableHead
from services.upload.tables.cell_range import CellRange, read_range
from services.upload.tables.error_cells import tell_errors
from services.upload.tables.frames import TableOrder
from services.upload.tables.table import WHOLE_MAX, number_text, record

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta
ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")  # the stream that a workbook with a password consists of
ENTRIES_MAX: Final = 10_000
EXPANSION_MAX: Final = 200
EXPANSION_FREE_BYTES: Final = 64 * 1024 * 1024
OTHERS_READ_BYTES_MAX: Final = 8 * 1024 * 1024  # of a larger workbook the sheets that were not asked for are not looked at
SHEETS_NAMED_MAX: Final = 10


def open_workbook(order: TableOrder) -> "SheetTable":
    """Raises Rejected."""
    check_container(Path(order.path), order.format)
    try:
        book = load_workbook(order.path)
        sheet, findings = choose_sheet(book, order, Path(order.path).stat().st_size)
    except PasswordError:
        raise _encrypted() from None
    except CalamineError as error:
        raise _cannot_be_read(order, error) from None
    errors = tell_errors(Path(order.path), sheet.name) if order.format == "xlsx" and not order.range else ()
    return SheetTable(sheet, order, (*findings, *errors))


def _cannot_be_read(order: TableOrder, error: CalamineError) -> Rejected:
    """By the reader of its own format: a file without an ending is tried as each, and then none of them says why."""
    said = error
    with tempfile.TemporaryDirectory(prefix="rowmill-table-") as folder:
        named = Path(folder, f"book.{order.format}")
        named.symlink_to(order.path)
        try:
            load_workbook(named)
        except PasswordError:
            return _encrypted()
        except CalamineError as precise:
            said = precise
    detail = f"This is {NAMES[order.format]} by its first bytes, but it cannot be read ({said}). Open and save it again, or save it as CSV."
    return Rejected("workbook-damaged", detail)


def _encrypted() -> Rejected:
    return Rejected("workbook-encrypted", "The workbook needs a password to be opened. Save it without one, or save the sheet as CSV.")


def check_container(path: Path, format: TableFormat) -> None:
    """What a workbook is packed in, before a library unpacks it. Raises Rejected."""
    if format == "xls":
        if ENCRYPTED in path.read_bytes():
            raise _encrypted()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        detail = f"The workbook is damaged, or its end is missing ({error}). Was it cut off? Send it again, or open and save it again."
        raise Rejected("workbook-damaged", detail) from None
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES_MAX or unpacked > max(EXPANSION_FREE_BYTES, EXPANSION_MAX * path.stat().st_size):
        detail = f"The workbook unpacks to {unpacked} bytes in {len(entries)} parts, more than {EXPANSION_MAX} times its size. Save the sheet as CSV."
        raise TooLarge("expands-too-much", detail)
    names = {entry.filename.replace("\\", "/").split("/")[0] for entry in entries}
    if format == "xlsx" and not names & {"xl", "workbook.xml"}:
        what = (
            "a Word document"
            if "word" in names
            else "a PowerPoint presentation"
            if "ppt" in names
            else "an Office document, but no workbook"
        )
        raise NotCsv("not-csv", f"This is {what}. Save the table in it as a workbook or as CSV, and upload that.")


def choose_sheet(book: CalamineWorkbook, order: TableOrder, size_bytes: int) -> tuple[CalamineSheet, tuple[Finding, ...]]:
    """The one that was asked for, or the first visible one with a value. Raises Rejected."""
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if order.sheet:
        return book.get_sheet_by_name(named_sheet(order.sheet, names)), ()
    visible = [sheet.name for sheet in book.sheets_metadata if sheet.name in names and sheet.visible == SheetVisibleEnum.Visible]
    empty = list[str]()
    for place, name in enumerate(visible):
        sheet = book.get_sheet_by_name(name)
        if sheet.end is None or not sheet.height:
            empty.append(name)
            continue
        rest = [other for other in names if other not in visible[: place + 1]]
        if size_bytes <= OTHERS_READ_BYTES_MAX:
            rest = [other for other in rest if book.get_sheet_by_name(other).height]
        return sheet, tell_sheet(name, empty, rest)
    raise Rejected("empty-file", f"None of the workbook's sheets has a value ({', '.join(names[:SHEETS_NAMED_MAX]) or 'there is none'}).")


def named_sheet(wanted: str, names: list[str]) -> str:
    """By its name, else by its number from 1. Raises Rejected."""
    if wanted in names:
        return wanted
    folded = {name.casefold(): name for name in reversed(names)}
    if wanted.casefold() in folded:
        return folded[wanted.casefold()]
    if wanted.isdecimal() and 0 < int(wanted) <= len(names):
        return names[int(wanted) - 1]
    shown = ", ".join(names[:SHEETS_NAMED_MAX]) + (f" and {len(names) - SHEETS_NAMED_MAX} more" if len(names) > SHEETS_NAMED_MAX else "")
    raise Rejected("unknown-sheet", f"The workbook has no sheet {wanted!r}. It has {shown}; sheet= takes a name, or a number from 1.")


def tell_sheet(name: str, empty: list[str], rest: list[str]) -> tuple[Finding, ...]:
    if not rest and not empty:
        return ()
    left = f" {len(rest)} other sheets were left out: {', '.join(rest[:SHEETS_NAMED_MAX])}." if rest else ""
    passed = f" {', '.join(empty[:SHEETS_NAMED_MAX])} before it: no value." if empty else ""
    message = f"Of the workbook, sheet {name} was read.{passed}{left} sheet= chooses another one."
    suggest = Suggestion(option="sheet", value=rest[0]) if rest else None
    return (Finding(code="sheet-chosen", level="warning" if rest else "info", message=message, count=max(1, len(rest)), suggest=suggest),)


class _Column(Struct):
    has_time: bool = False  # some date of it has a time of day
    fraction: int = 0  # digits of a second's fraction, 0, 3 or 6
    last_text: int = 0  # its line


class SheetTable:
    def __init__(self, sheet: CalamineSheet, order: TableOrder, findings: tuple[Finding, ...]) -> None:
        """Looks at every cell once: how a column's dates are written, and where it is text. Raises Rejected."""
        self._sheet = sheet
        self._range = read_range(order.range) if order.range else used_range(sheet)
        self._columns = [_Column() for _ in range(self._range.width(width_of(sheet)))]
        if len(self._columns) > order.columns_max:
            detail = f"The sheet has {len(self._columns)} columns, the limit is {order.columns_max} (ROWMILL_COLUMNS_MAX). range= takes some of them."
            raise Rejected("too-many-columns", detail)
        self._look(order)
        merged = [] if order.range else tell_merged(sheet)
        self._head = TableHead(
            format=order.format, last_texts=tuple(column.last_text for column in self._columns), findings=(*findings, *merged)
        )

    @property
    def head(self) -> TableHead:
        return self._head

    def findings(self) -> tuple[Finding, ...]:
        return ()

    def records(self) -> Iterator[bytes]:
        for cells in self._rows():
            fields = [field_of(cell, column) for cell, column in zip(cells, self._columns, strict=True)]
            yield b"\n" if all(field is None for field in fields) else record(fields)

    def _rows(self) -> Iterator[list[Cell]]:
        yield from self._range.cut(self._sheet.iter_rows(), len(self._columns))

    def _look(self, order: TableOrder) -> None:
        line, filled = 0, False
        for cells in self._rows():
            line += 1
            breaks = 0
            for cell, column in zip(cells, self._columns, strict=True):
                kind = type(cell)
                if kind is str:
                    if cell:
                        column.last_text = line
                        breaks += str(cell).count("\n")
                elif kind is datetime.datetime:
                    note_time(column, cell)  # type: ignore[arg-type]
                filled = filled or cell != ""
            line += breaks
        if not filled:
            where = f" in {order.range}" if order.range else ""
            raise Rejected("empty-file", f"Sheet {self._sheet.name} has no value{where}. sheet= and range= choose others.")


def width_of(sheet: CalamineSheet) -> int:
    """Up to the last column that has a value."""
    return sheet.end[1] + 1 if sheet.end is not None else 0


def used_range(sheet: CalamineSheet) -> CellRange:
    """All rows from the first of the sheet on, so that rows keep their numbers; columns from the first that has a value."""
    first = width_of(sheet)
    for row in sheet.iter_rows():
        first = next((index for index, cell in enumerate(row[:first]) if cell != ""), first)
        if not first:
            break
    return CellRange(first_row=0, first_column=first)


def note_time(column: _Column, value: datetime.datetime) -> None:
    column.has_time |= value.time() != datetime.time()
    if value.microsecond:
        column.fraction = 6 if value.microsecond % 1000 else max(column.fraction, 3)


def field_of(cell: Cell, column: _Column) -> str | None:
    """None: an empty cell."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(int(cell)) if abs(cell) <= WHOLE_MAX and cell == int(cell) else number_text(float(cell))
    if isinstance(cell, datetime.datetime):
        return moment_text(cell, column)
    if isinstance(cell, datetime.date):
        return moment_text(datetime.datetime.combine(cell, datetime.time()), column) if column.has_time else cell.isoformat()
    if isinstance(cell, datetime.time):
        return cell.isoformat()
    return duration_text(cell)


def moment_text(value: datetime.datetime, column: _Column) -> str:
    if not column.has_time:
        return value.date().isoformat()
    text = value.isoformat(timespec="microseconds")
    return text[: -7 + (column.fraction + 1 if column.fraction else 0) or None]


def duration_text(value: datetime.timedelta) -> str:
    """Hours, minutes and seconds, as many hours as there are: `30:00:00`."""
    seconds = int(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def tell_merged(sheet: CalamineSheet) -> list[Finding]:
    try:
        merged = sheet.merged_cell_ranges or []
    except CalamineError:
        merged = []
    if not merged:
        return []
    message = (
        f"{len(merged)} areas of the sheet are merged cells: each has its value in the first cell, and the others are empty. Unmerge them in the "
        "workbook if each row should have it."
    )
    return [Finding(code="merged-cells", level="info", message=message, count=len(merged))]
