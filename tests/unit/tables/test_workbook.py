"""Workbooks become the rows that they store: texts stay texts, numbers have their own digits, dates are ISO; what cannot be read is said."""

import datetime
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from backbone.csvread.exact import read_exact
from backbone.errors import BadRequest, NotCsv, Rejected, TooLarge
from backbone.model import Dialect
from services.upload.scan.formats.table import sniff_table
from services.upload.tables.frames import TableOrder
from services.upload.tables.workbook import open_workbook
from tests.tables import column, ods, read, saved, xls, xlsx

DAY = datetime.date(2024, 2, 29)
MOMENT = datetime.datetime(2024, 2, 29, 13, 5, 7)
HEADER: list[Any] = ["sku", "price", "made", "sold", "active", "note"]
ROWS: list[list[Any]] = [
    ["007", 1234.5, DAY, MOMENT, True, "a,b"],
    ["0120", 12, datetime.date(1999, 12, 31), datetime.datetime(2024, 3, 1), False, None],
    ["12", 0.1, DAY, datetime.datetime(2024, 3, 1, 0, 0, 1), True, 'two\nlines and "quotes"'],
]
AS_TEXT = [
    {"sku": "007", "price": "1234.5", "made": "2024-02-29", "sold": "2024-02-29T13:05:07", "active": "true", "note": "a,b"},
    {"sku": "0120", "price": "12", "made": "1999-12-31", "sold": "2024-03-01T00:00:00", "active": "false", "note": None},
    {"sku": "12", "price": "0.1", "made": "2024-02-29", "sold": "2024-03-01T00:00:01", "active": "true", "note": 'two\nlines and "quotes"'},
]
TYPES = {"sku": "text", "price": "decimal", "made": "date", "sold": "timestamp", "active": "boolean", "note": "text"}


@pytest.mark.parametrize(("write", "format"), [(xlsx, "xlsx"), (xls, "xls"), (ods, "ods")])
def test_cells_are_read_as_they_are_stored(write: Any, format: str) -> None:
    found = read(write([HEADER, *ROWS]))
    assert found.rows == AS_TEXT
    assert found.types == TYPES
    assert found.scan.dialect.format == format
    assert found.scan.records == 3


def test_blocks_of_any_size_make_no_difference() -> None:
    content = xlsx([HEADER, *ROWS])
    assert read(content, block_bytes=7).rows == read(content).rows


def test_texts_that_look_like_numbers_stay_text() -> None:
    found = read(xlsx([["code", "year", "mixed"], ["1", "2024", 5], ["2", "2025", "6"]]))
    assert found.types == {"code": "text", "year": "text", "mixed": "text"}
    assert column(found.rows, "mixed") == ["5", "6"]


def test_titles_that_are_numbers_do_not_make_text_of_their_columns() -> None:
    found = read(xlsx([["country", 2019, 2020], ["France", 1, 2], ["Spain", 3, 4]]))
    assert found.types == {"country": "text", "2019": "integer", "2020": "integer"}


def test_lines_above_the_header_are_skipped_and_told() -> None:
    found = read(xlsx([["Prices of May"], [], ["sku", "price", "stock"], ["a", 1, 2], ["b", 2, 3], ["c", 2.5, 4]]))
    assert found.types == {"sku": "text", "price": "decimal", "stock": "integer"}
    assert "preamble-skipped" in found.findings


def test_the_first_sheet_with_a_value_is_read_and_the_others_are_told() -> None:
    book = xlsx({"Cover": [], "Prices": [["sku", "price"], ["a", 1]], "Old": [["sku", "price"], ["z", 9]], "Empty": []})
    found = read(book)
    assert column(found.rows, "sku") == ["a"]
    told = found.findings["sheet-chosen"]
    assert told.level == "warning" and "Prices" in told.message and "Old" in told.message and "Cover" in told.message
    assert told.suggest is not None and (told.suggest.option, told.suggest.value) == ("sheet", "Old")


def test_only_empty_sheets_beside_it_are_no_warning() -> None:
    assert read(xlsx({"Cover": [], "Prices": [["sku", "price"], ["a", 1]]})).findings["sheet-chosen"].level == "info"
    assert "sheet-chosen" not in read(xlsx([["sku", "price"], ["a", 1]])).findings


@pytest.mark.parametrize("sheet", ["Old", "old", "2"])
def test_a_sheet_is_chosen_by_name_or_number(sheet: str) -> None:
    book = xlsx({"Prices": [["sku", "price"], ["a", 1]], "Old": [["sku", "price"], ["z", 9]]})
    found = read(book, sheet=sheet)
    assert column(found.rows, "sku") == ["z"]
    assert "sheet-chosen" not in found.findings


def test_an_unknown_sheet_is_refused_with_the_names() -> None:
    with pytest.raises(Rejected, match=r"no sheet 'Prizes'.*Prices") as refused:
        read(xlsx({"Prices": [["a"], [1]]}), sheet="Prizes")
    assert refused.value.code == "unknown-sheet"


@pytest.mark.parametrize(
    ("range", "titles", "firsts"),
    [("B3:C4", ["sku", "price"], ["a"]), ("B3", ["sku", "price", "x"], ["a", "b"]), ("C:D", ["price", "x"], ["1", "2"])],
)
def test_a_range_is_read(range: str, titles: list[str], firsts: list[str]) -> None:
    rows: list[list[Any]] = [["junk"], [], [None, "sku", "price", "x"], ["q", "a", 1, 5], [None, "b", 2, 6]]
    found = read(xlsx(rows), range=range)
    assert [one.title for one in found.columns] == titles
    assert column(found.rows, titles[0]) == firsts


@pytest.mark.parametrize("range", ["B3:", "3B", "B5:A1", "B2:C1", "", "A1:B2:C3"][:4])
def test_what_is_no_range_is_refused_at_once(range: str) -> None:
    with pytest.raises(BadRequest, match="range="):
        read(b"a\n1\n", range=range)


def test_a_table_that_begins_further_in_is_read_from_there() -> None:
    found = read(xlsx([[], [None, None, "sku", "price"], [None, None, "a", 1], [None, None, "b", 2]]))
    assert found.rows == [{"sku": "a", "price": "1"}, {"sku": "b", "price": "2"}]


def test_merged_cells_are_told() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx([["sku", "price"], ["a", 1], [None, 2]])))
    book.active.merge_cells("A2:A3")
    found = read(saved(book))
    assert column(found.rows, "sku") == ["a", None]
    assert found.findings["merged-cells"].count == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [(1e21, "1000000000000000000000"), (1e-7, "0.0000001"), (-0.5, "-0.5"), (12345678.9, "12345678.9"), (2**53, str(2**53))],
)
def test_a_number_has_its_own_digits(number: float, text: str) -> None:
    assert column(read(xlsx([["n", "x"], [number, "a"]])).rows, "n") == [text]


def test_times_of_a_column_are_written_in_one_way() -> None:
    moments = [datetime.datetime(2024, 1, 1, 10, 0, 0, 500000), datetime.datetime(2024, 1, 2)]
    found = read(xlsx([["at", "x"], *[[moment, "a"] for moment in moments]]))
    assert column(found.rows, "at") == ["2024-01-01T10:00:00.500", "2024-01-02T00:00:00.000"]
    assert found.types["at"] == "timestamp"


def test_durations_and_times_of_day() -> None:
    found = read(xlsx([["took", "at", "x"], [datetime.timedelta(hours=30, minutes=5), datetime.time(10, 30), "a"]]))
    assert found.rows == [{"took": "30:05:00", "at": "10:30:00", "x": "a"}]


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(Rejected, match="None of the workbook's sheets") as refused:
        read(xlsx({"One": [], "Two": []}))
    assert refused.value.code == "empty-file"


def test_a_workbook_with_a_password_is_refused() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    with pytest.raises(Rejected, match="password") as refused:
        read(compound)
    assert refused.value.code == "workbook-encrypted"


@pytest.mark.parametrize("format", ["ods", "xls"])
def test_other_workbooks_with_a_password_are_refused_as_such(format: str) -> None:
    """OpenDocument says in its manifest what is encrypted; an old workbook in its second record."""
    content = bytearray(ods([HEADER, *ROWS]) if format == "ods" else xls([HEADER, *ROWS]))
    if format == "xls":
        begin = content.index(b"\x09\x08\x10\x00")  # the first record, of 16 bytes; the second one becomes FILEPASS
        content[begin + 20 : begin + 22] = b"\x2f\x00"
    else:
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as plain, zipfile.ZipFile(target, "w") as archive:
            for name in plain.namelist():
                if name != "META-INF/manifest.xml":
                    archive.writestr(name, plain.read(name))
            entry = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
            archive.writestr(
                "META-INF/manifest.xml",
                f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>',
            )
        content = bytearray(target.getvalue())
    with pytest.raises(Rejected, match="password") as refused:
        read(bytes(content))
    assert refused.value.code == "workbook-encrypted"


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_workbook_that_was_cut_off_is_refused(keep: float) -> None:
    content = xlsx([HEADER, *ROWS])
    with pytest.raises(Rejected, match=r"damaged|cut off") as refused:
        read(content[: int(len(content) * keep)])
    assert refused.value.code == "workbook-damaged"


def test_an_old_office_document_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert refused.value.code == "workbook-damaged"


def test_a_word_document_is_named() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    with pytest.raises(NotCsv, match="Word document"):
        read(target.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    target = io.BytesIO(xlsx([["a"], [1]]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", bytes(80 * 1024 * 1024))
    with pytest.raises(TooLarge) as refused:
        read(target.getvalue())
    assert refused.value.code == "expands-too-much"


def test_entities_are_not_expanded() -> None:
    """The laughs of a billion stay as they stand, or the workbook is refused: what matters is that it ends soon."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
    content, target = xlsx([["sku"], ["a"]]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/sharedStrings.xml":
                data = f'<?xml version="1.0"?><!DOCTYPE x [{laughs}]>'.encode() + data.split(b"?>", 1)[-1].replace(b">a<", b">&l9;<")
            archive.writestr(name, data)
    try:
        assert len(read(target.getvalue()).text) < 1000
    except Rejected as refused:
        assert refused.code in ("workbook-damaged", "header-only")


def test_more_columns_than_the_limit_are_refused() -> None:
    with pytest.raises(Rejected, match="ROWMILL_COLUMNS_MAX") as refused:
        read(xlsx([["a", "b", "c"], [1, 2, 3]]), environment={"ROWMILL_COLUMNS_MAX": "2"})
    assert refused.value.code == "too-many-columns"
    assert read(xlsx([["a", "b", "c"], [1, 2, 3]]), environment={"ROWMILL_COLUMNS_MAX": "2"}, range="A:B").scan.records == 1


def test_a_file_beyond_the_limits_is_refused_with_the_setting() -> None:
    content = xlsx([HEADER, *ROWS])
    with pytest.raises(TooLarge, match="ROWMILL_WORKBOOK_BYTES_MAX"):
        read(content, environment={"ROWMILL_WORKBOOK_BYTES_MAX": "1000"})
    with pytest.raises(TooLarge, match="ROWMILL_SPOOL_BYTES_MAX"):
        read(content, environment={"ROWMILL_SPOOL_BYTES_MAX": "1000"})


def test_more_memory_than_the_limit_is_refused_not_a_fault_of_ours() -> None:
    content = xlsx([["a", "b"], *[[number, f"text {number}"] for number in range(30_000)]])
    with pytest.raises(TooLarge, match="ROWMILL_READER_MEMORY_BYTES_MAX"):
        read(content, environment={"ROWMILL_READER_MEMORY_BYTES_MAX": str(10 * 1024**2)})


@pytest.mark.parametrize("options", [{"delimiter": ";"}, {"quote": "'"}, {"dialect": "mysql"}, {"encoding": "latin-1"}])
def test_an_option_that_says_nothing_of_a_workbook_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(Rejected, match=f"{next(iter(options))}=") as refused:
        read(xlsx([["a"], [1]]), options)
    assert refused.value.code == "option-not-for-format"


def test_the_format_can_be_said_and_has_to_be_true() -> None:
    assert read(xlsx([["a", "b"], [1, 2]]), format="xlsx").scan.records == 1
    with pytest.raises(Rejected, match="format=xlsx") as refused:
        read(b"a,b\n1,2\n", format="xlsx")
    assert refused.value.code == "other-format"
    with pytest.raises(NotCsv):
        read(xlsx([["a"], [1]]), format="csv")


def test_a_workbook_in_a_zip_or_gzip_is_read() -> None:
    import gzip

    content, target = xlsx([["a", "b"], [1, 2]]), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.xlsx", content)
    for packed, name in ((target.getvalue(), "zip"), (gzip.compress(content), "gzip")):
        found = read(packed)
        assert (found.rows, found.scan.dialect.compression) == ([{"a": "1", "b": "2"}], name)


def test_cells_with_errors_are_empty_and_told() -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    for name in ("R&D", "Other"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["sku", "price"])
        sheet.write_row(1, 0, ["a", 1.5])
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write(2, 0, "b")
    book.close()
    found = read(target.getvalue(), sheet="R&D")
    assert column(found.rows, "price") == ["1.5", None]
    told = found.findings["error-cells"]
    assert (told.level, told.count, told.places[0].text) == ("warning", 1, "B3")


def random_rows(chance: random.Random) -> list[list[Any]]:
    """A sheet of strings, numbers, days and nothing, below a header."""
    makers: list[Any] = [
        lambda: "".join(chance.choices('abé,"; 01', k=chance.randrange(1, 9))).strip() or "x",
        lambda: chance.choice(["007", "1e5", "=x", "TRUE", "2024-01-01"]),
        lambda: chance.randrange(-(10**12), 10**12),
        lambda: round(chance.uniform(-1e6, 1e6), chance.randrange(6)),
        lambda: datetime.datetime(1990, 1, 1) + datetime.timedelta(days=chance.randrange(20_000)),
        lambda: chance.random() < 0.5,
    ]
    width = chance.randrange(2, 7)
    columns = [chance.choice(makers) for _ in range(width)]
    rows = [[None if chance.random() < 0.15 else make() for make in columns] for _ in range(chance.randrange(2, 30))]
    rows = [row if any(value is not None for value in row) else ["x", *row[1:]] for row in rows]
    return [[f"title {place}" for place in range(width)], *rows]


def as_text(value: Any) -> str | None:
    """What a library's value is as a field."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return None if value is None or value == "" else str(value)


@pytest.mark.parametrize("seed", range(100))
def test_generated_workbooks_are_read_as_their_libraries_read_them(seed: int, tmp_path: Path) -> None:
    """Without a process for each: what differs is the workbook alone."""
    chance = random.Random(seed)
    rows = random_rows(chance)
    format, write = [("xlsx", xlsx), ("ods", ods), ("xls", xls)][seed % 3]
    path = tmp_path / "book"
    path.write_bytes(write(rows))
    assert sniff_table(path.read_bytes()) == format
    order = TableOrder(path=str(path), format=format, columns_max=100, record_bytes_max=1 << 20, memory_bytes_max=1 << 30)
    fields = read_exact(b"".join(open_workbook(order).records()), Dialect())
    if format == "xlsx":
        expected = [
            [as_text(cell.value) for cell in row] for row in openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows()
        ]
    else:
        expected = [[as_text(value) for value in row] for row in rows]
    width = len(fields[0])
    assert [[field or None for field in record] for record in fields] == [record[:width] for record in expected]
    assert all(value is None for record in expected for value in record[width:])
