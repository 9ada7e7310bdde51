"""A header among the records: however it is spelled it is no row, and what only resembles it is told."""

import pytest

from backbone.findings import Finding
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import Outcome, scan_and_parse

SHOP = "name,qty,price\nPen,1,2.5\n"


def told(outcome: Outcome) -> list[Finding]:
    findings = [finding for _, parsed in outcome.chunks for finding in parsed.findings]
    return [finding for finding in findings if finding.code == "header-repeated"]


@pytest.mark.parametrize(
    ("again", "level"),
    [
        ("name,qty,price", "info"),
        ('"name","qty","price"', "info"),
        ("NAME,QTY,PRICE", "warning"),
        ("Name,Qty,Price", "warning"),
        ("name, qty, price", "warning"),
        (" name ,qty\t,price  ", "warning"),
        ("\ufeffname,qty,price", "warning"),
        ('\ufeff"name","qty","price"', "warning"),
        ('"Name" ,"Qty","PRICE"', "warning"),
        ("name,qty,price,,,", "info"),
    ],
)
def test_however_it_is_spelled_it_is_a_reject_with_its_place(again: str, level: str) -> None:
    text = f"{SHOP}{again}\nCup,2,3.75\n"
    for piece_bytes, chunk_bytes in ((1 << 20, 1 << 20), (5, 20)):
        outcome = scan_and_parse(text.encode(), ScanOptions(piece_bytes=piece_bytes, chunk_bytes=chunk_bytes))
        assert outcome.rows == [["Pen", "1", "2.5"], ["Cup", "2", "3.75"]]
        assert [column.type for column in outcome.scan.columns] == ["text", "integer", "decimal"]
        assert [(reject.record, reject.line, reject.reason) for reject in outcome.rejects] == [(2, 3, "header-repeated")]
        (finding,) = told(outcome)
        assert (finding.level, finding.count, finding.places[0].record, finding.places[0].line) == (level, 1, 2, 3)


@pytest.mark.parametrize(
    ("header", "again"),
    [
        ("имя,город", "ИМЯ,ГОРОД"),
        ("Straße,Maß", "STRASSE,MASS"),
        (",x,y", ",X,Y"),
        ("x,y,", "X,Y,"),
        ("First Name,E-Mail", "first  name,e-mail"),
        ("First Name,E-Mail", "first_name,E-MAIL"),
        ('"a ""b""",c', '"A ""b""",C'),
        ('"two\nlines",c', '"Two\nLines",C'),
    ],
)
def test_any_titles(header: str, again: str) -> None:
    outcome = scan_and_parse(f"{header}\nu,1,\n{again}\nw,2,\nz,3,\n".encode(), ScanOptions(header=True, delimiter=","))
    assert [reject.reason for reject in outcome.rejects] == ["header-repeated"]
    assert [row[0] for row in outcome.rows] == ["u", "w", "z"]
    assert [finding.level for finding in told(outcome)] == ["warning"]


@pytest.mark.parametrize("similar", ["qty,name,price", "PRICE,qty,Name", "name,qty,cost", "name,amount,price"])
def test_titles_in_another_order_or_most_of_them_are_told_with_their_place(similar: str) -> None:
    outcome = scan_and_parse(f"{SHOP}{similar}\n2,Cup,3.75\n".encode(), ScanOptions())
    assert len(outcome.rows) == 3
    (finding,) = told(outcome)
    assert finding.level == "warning"
    assert (finding.places[0].record, finding.places[0].line, finding.places[0].text) == (2, 3, similar)


def test_a_column_without_a_title_may_be_the_first_in_another_order() -> None:
    outcome = scan_and_parse(b"who,paid,\nAl,true,x\nBo,false,y\n,paid,who\nx,true,Al\n", ScanOptions())
    assert [(finding.level, finding.places[0].record) for finding in told(outcome)] == [("warning", 3)]


def test_a_column_alone_may_have_its_title_as_a_value() -> None:
    outcome = scan_and_parse(b"id\n1\n2\nid\n3\n", ScanOptions())
    assert [row[0] for row in outcome.rows] == ["1", "2", "id", "3"]
    assert [(finding.level, finding.places[0].line) for finding in told(outcome)] == [("warning", 4)]


def test_titles_that_were_given_to_a_file_without_a_header_are_told() -> None:
    outcome = scan_and_parse(b"Pen,1\nCup,2\nName,Qty\nBag,3\n", ScanOptions(names=("name", "qty")))
    assert len(outcome.rows) == 4
    assert [(finding.level, finding.places[0].record) for finding in told(outcome)] == [("warning", 3)]


@pytest.mark.parametrize("record", ["name,1,2.5", "Pen,qty,1", "price,1,2", "names,qtys,prices", "nam,qt,pric"])
def test_values_that_are_titles_are_values(record: str) -> None:
    outcome = scan_and_parse(f"{SHOP}{record}\nCup,2,3.75\n".encode(), ScanOptions())
    assert len(outcome.rows) == 3
    assert told(outcome) == []


def test_it_is_found_among_many_records_that_begin_and_end_alike() -> None:
    records = "".join(f"names {number},{number},prices\n" for number in range(3000))
    outcome = scan_and_parse(
        f"name,qty,price\n{records}Name,Qty,Price\n{records}qty,name,price\n".encode(), ScanOptions(chunk_bytes=50_000)
    )
    assert [reject.record for reject in outcome.rejects] == [3001]
    assert [place.record for finding in told(outcome) for place in finding.places] == [3001, 6002]


@pytest.mark.parametrize("empty", [{0}, {119}, {0, 119}, {118, 119}, {0, 1, 60}], ids=str)
def test_wide_headers_may_lack_titles_at_their_ends(empty: set[int]) -> None:
    header = ",".join("" if place in empty else f"c{place}" for place in range(120))
    record = ",".join(str(place) for place in range(120))
    outcome = scan_and_parse("\n".join([header, record, record, header, record, header.upper(), record]).encode(), ScanOptions())
    assert len(outcome.rejects) == 2, outcome.rejects


@pytest.mark.parametrize("header", ['"",a', '"" ,"",b', "_, ,a", "'',a"])
def test_titles_of_signs_alone_raise_nothing(header: str) -> None:
    scan_and_parse(f"{header}\n1,2,3\n4,5,6\n{header}\n".encode(), ScanOptions())
