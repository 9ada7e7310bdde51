"""What is no record of the table, or no table at all, is told: headers among the records, comments, totals, keys and values, units."""

import pytest

from services.upload.scan.preview import preview
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse

TWO_LINES = "Region,2025,2025\n,Men,Women\n"
GOODS = "name,qty\npen,1\ncup,2\nbag,3\n"
TOWNS = "city,people\nBern,100\nRom,200\n"


def warnings(text: str, options: ScanOptions) -> set[str]:
    outcome = scan_and_parse(text.encode(), options)
    loaded = [finding for _, chunk in outcome.chunks for finding in chunk.findings]
    return {finding.code for finding in (*outcome.scan.findings, *loaded) if finding.level == "warning"}


def shown(text: str, options: ScanOptions) -> set[str]:
    return {finding.code for finding in preview(text.encode(), options, whole=True).findings if finding.level == "warning"}


@pytest.mark.parametrize(
    "text", [f"{TWO_LINES}N,1,2\nS,3,4\n{TWO_LINES}E,1,2\n", f"{TWO_LINES}N,1,2\n{'E,1,2' + chr(10)}Region,2025,2025\nE,1,2\n"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_line_of_a_header_of_several_stands_again(text: str, line_end: str) -> None:
    options = ScanOptions(header_rows=2)
    text = text.replace("\n", line_end)
    outcome = scan_and_parse(text.encode(), options, 7)
    assert [column.title for column in outcome.scan.columns] == ["Region", "2025 Men", "2025 Women"]
    (found,) = [finding for finding in outcome.scan.findings if finding.code == "header-repeated"]
    assert found.places[0].record == 3
    assert found.level == "warning"
    assert "header-repeated" in shown(text, options)


def test_lines_of_a_header_are_one_whatever_the_records_look_like() -> None:
    scan = scan_and_parse(b"Region,2025,2025\n,1,2\nN,1,2\n", ScanOptions(header_rows=2)).scan
    assert [column.title for column in scan.columns] == ["Region", "2025 1", "2025 2"]


@pytest.mark.parametrize(
    "text",
    [
        f"{GOODS}\n{TOWNS}",
        f"{GOODS}{TOWNS}",
        f"{GOODS}{TOWNS}".replace(",", ";"),
        f"{GOODS},\n{TOWNS}",
        f"{GOODS}\nTowns,\n{TOWNS}",
        "name,colour\npen,red\ncup,blue\n\ncity,country\nBern,CH\nRom,IT\n",
        "name,qty,x\npen,1,2\ncup,2,2\nbag,3,2\n,,\ncity,people,\nBern,100,\nRom,200,\n",
        "day,qty\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\ncity,people\nBern,100\n",
    ],
)
@pytest.mark.parametrize("piece", [1024 * 1024, 16])
def test_a_second_table_below_the_first(text: str, piece: int) -> None:
    assert "header-repeated" in warnings(text, ScanOptions(piece_bytes=piece))
    assert "header-repeated" in shown(text, ScanOptions())


def test_a_second_table_far_below_the_first() -> None:
    text = "name,qty\n" + "".join(f"n{number},{number}\n" for number in range(20_000)) + TOWNS
    scan = scan_and_parse(text.encode(), ScanOptions(chunk_bytes=50_000)).scan
    (found,) = [finding for finding in scan.findings if finding.code == "header-repeated"]
    assert [(place.record, place.text) for place in found.places] == [(20_001, "city,people")]


@pytest.mark.parametrize(
    "text",
    [
        "name,qty\npen,1\ncup,2\nbag,unknown\n",
        "id,name,qty\n1,pen,1\n2,cup,2\n3,bag,many\n",
        "name,qty\npen,1\n\ncup,2\n",
        "name,colour\npen,red\n\ncup,blue\n\nbag,pink\n\nhat,red\n\ncap,blue\n",
        "name,on\npen,true\ncup,false\nbag,true\nhat,false\ncap,ja\n",
        "name,colour\n\npen,red\ncup,blue\n",
    ],
)
def test_records_are_no_headers(text: str) -> None:
    assert "header-repeated" not in warnings(text, ScanOptions())


@pytest.mark.parametrize(
    "text",
    [
        "Name: Pen\nQty: 5\nPrice: 2.50\n",
        "Name: Pen, blue\nNote: one, two\nPlace: x, y\n",
        "Date: 2024-01-01\nFrom: a@b.c\nTo: x@y.z, u@v.w\nSubject: hello; world\n",
        "name=Pen\nqty=5\nprice=2.50\n",
        "[server]\nhost = a\nport = 1\n\n[client]\nhost=b\n",
        "# settings\na.b=1\na.c=2\n",
        "- name: Pen\n  qty: 5\n- name: Cup\n  qty: 6\n",
        "a:1\nb:2\nc:3\n",
        "x y z\na 5 6 7\nb 7 8 9\n",
        "name\tqty\np 1\nq 2\n",
    ],
)
def test_keys_and_values_and_columns_that_nothing_parts_are_no_table(text: str) -> None:
    assert "delimiter-near-tie" in warnings(text, ScanOptions())
    assert "delimiter-near-tie" in shown(text, ScanOptions())


@pytest.mark.parametrize(
    "text",
    [
        "id:name:qty\n1:pen:4\n2:cup:6\n",
        "url,n\nhttp://a.b,5\nhttp://c.d,6\n",
        "time,note\n12:00,a: b\n12:01,c: d\n",
        "text\nfoo 1\nbar 2\n",
    ],
)
def test_tables_are_no_keys_and_values(text: str) -> None:
    assert not warnings(text, ScanOptions())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("item,1,2,3\nPen,5,6,7\nCup,7,1,2\n", "header-absent"),
        ("region,2020,2020,2021\nN,5,6,7\nS,7,1,2\n", "header-absent"),
        ("item;2024-01-01;2024-02-01\nPen;2024-05-05;2024-05-06\nCup;2024-05-07;2024-05-08\n", "header-absent"),
        ("1,2024-01-01,abc\n2,2024-01-02,5\n3,2024-01-03,6\n4,2024-01-03,7\n", "header-guessed"),
        ("1\t2\n3\t4\na\tb\n5\t6\n", "header-guessed"),
        ("name,colour\n(text),(text)\na,red\nb,blue\n", "header-rows"),
        ("code|name\nvarchar(8)|text\na1|a\nb1|b\n", "header-rows"),
        ("# x\nA,B,C\na,2,3\n# y,2,3\nz,3,4\n", "comment-lines-skipped"),
        ("A,B\n1,2\n2,3\n3,4\n4,4\n#5,4\n6,4\n", "comment-lines-skipped"),
        ("name,city,amount\nA,X,5\nB,Y,6\nC,Z,7\n,Total,18\n", "footer-suspected"),
        ("name,amount,label\nA,5,x\nB,6,y\nC,7,z\n,18,Total\n", "footer-suspected"),
        ("name;amount\nA;5\nB;6\nC;7\nGesamtsumme:;18\n", "footer-suspected"),
        ("id,amount\n1,5\n2,6\n3,7\nAverage,6\n", "footer-suspected"),
        ("id,amount\n1,5\n2,6\n3,7\n* preliminary, subject to change\n", "footer-suspected"),
        ("id,amount\n1,5\n2,6\n3,7\n(c) 2024\n", "footer-suspected"),
        ("name,amount\nA,5\nB,6\nSubtotal,11\nC,7\nD,8\n", "footer-suspected"),
    ],
)
def test_what_is_no_record_is_told(text: str, code: str) -> None:
    assert code in warnings(text, ScanOptions())


@pytest.mark.parametrize(
    "text",
    [
        "id,10,20\n1,2,3\n2,4,5\n",
        "name,kind\ntext,date\nint,float\n",
        "id,city\n1,Total\n2,Bern\n3,Total\n",
        "sex,n\nTotal,5\nMale,2\nFemale,3\nTotal,7\nMale,3\nFemale,4\n",
        "first,last\nAnn,Lee\nEve,Roy\nMean,Joe\n",
        "tag,n\n#red,1\n#blue,2\n#pink,3\n",
        "2019,2020\nyes,no\nno,yes\n",
    ],
)
def test_what_is_well_formed_gets_no_warning(text: str) -> None:
    assert not warnings(text, ScanOptions())
