"""What is decided about a file's dialect, header and quotes: right, or told."""

import pytest

from tests.flows.deciding import Outcome, Table, give
from tests.flows.pods import Rowmill


def lines(header: str, *records: str) -> bytes:
    return "\n".join((header, *records, "")).encode()


def many(header: str, record: str, count: int) -> bytes:
    return lines(header, *(record.replace("@", str(number)) for number in range(count)))


BANK = b'"Konto:";"DE00 / Giro"\r\n"Zeitraum:";"01.10. - 31.10."\r\n\r\n"Datum";"Text";"Betrag";"W\xe4hrung"\r\n' + 60 * (
    b'"01.10.2026";"Miete";"-700,00";"EUR"\r\n'
)
PENS: Table = [["Pen", "1", "2.50"], ["Cup", "2", "3.75"], ["Bag", "3", "4.10"]]
SHOP = "Name,Qty,Price\nPen,1,2.50\nCup,2,3.75\nBag,3,4.10\n"

# name, body, titles (None: any), rows or their number, whether a warning is due (None: may be)
CASES: list[tuple[str, bytes, list[str] | None, Table | int, bool | None]] = [
    ("lists in a cell", many("id,name,tags", "@,item @,red;green;blue", 8), ["id", "name", "tags"], 8, False),
    ("lists by pipes", many("id,name,tags", "@,item @,red|green|blue", 8), ["id", "name", "tags"], 8, False),
    ("lists by tabs of colons", many("id,name,tags", "@,item @,a:b:c:d", 12), ["id", "name", "tags"], 12, False),
    ("positions", many("id,town,position", "@,Town @,59.0;10.0", 20), ["id", "town", "position"], 20, False),
    ("log messages", many("time,level,message", "12:00:00,INFO,job @ done; next one starts", 30), ["time", "level", "message"], 30, False),
    ("times", b"Time (hh:mm:ss),Value\n12:00:01,5\n12:00:02,6\n12:00:03,7\n", ["Time (hh:mm:ss)", "Value"], 3, False),
    ("report line of commas", f"Report 2024,,\n,,\n{SHOP}".encode(), ["Name", "Qty", "Price"], PENS, None),
    ("comma-only line first", f",,\n{SHOP}".encode(), ["Name", "Qty", "Price"], PENS, False),
    (
        "header with an empty last cell",
        b"Name,\nPen,red\nCup,blue\nBag,green\n",
        None,
        [["Pen", "red"], ["Cup", "blue"], ["Bag", "green"]],
        None,
    ),
    ("two years are a header", b"country,2020\nNorway,5\nItaly,7\nSpain,9\n", ["country", "2020"], 3, False),
    ("bank export", BANK, ["Datum", "Text", "Betrag", "Währung"], 60, None),
    ("a comment first", b"# a comment\nA,B,C\n1,2,3\n", ["A", "B", "C"], [["1", "2", "3"]], None),
    ("sep and a report line", b"sep=;\nReport;\nid;name\n1;pen\n2;cup\n", ["id", "name"], [["1", "pen"], ["2", "cup"]], None),
    (
        "a blank after the delimiter",
        b'name, note, qty\nPen, "blue, thin", 1\nCup, "red, big", 2\nBag, "plain", 3\n',
        ["name", "note", "qty"],
        [["Pen", "blue, thin", "1"], ["Cup", "red, big", "2"], ["Bag", "plain", "3"]],
        False,
    ),
    ("row names of R", b'"x","y"\n"1",5,6\n"2",7,8\n', None, [["1", "5", "6"], ["2", "7", "8"]], None),
    ("no quotes at all", b'id\ttitle\n1\tplain\n2\t"Weird" Al\n3\t"12 inch\n4\tsize 5\n5\tend"\n6\tok\n', ["id", "title"], 6, None),
    ("short records", b"name,qty,price\nPen,1,2.50\nCup\n", ["name", "qty", "price"], [["Pen", "1", "2.50"], ["Cup", "", ""]], True),
    ("well-formed", SHOP.encode(), ["Name", "Qty", "Price"], PENS, False),
    ("well-formed, semicolons", SHOP.replace(",", ";").encode(), ["Name", "Qty", "Price"], PENS, False),
]


@pytest.mark.parametrize(("body", "titles", "rows", "is_warned"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_read_right(embedded_rowmill: Rowmill, body: bytes, titles: list[str] | None, rows: Table | int, is_warned: bool | None) -> None:
    outcome = give(embedded_rowmill, body)
    assert outcome.state == "COMPLETE", outcome
    if titles is not None:
        assert outcome.titles == titles, outcome
    if isinstance(rows, int):
        assert len(outcome.rows) == rows, outcome
    else:
        assert outcome.rows == rows, outcome
    if is_warned is not None:
        assert ("warning" in outcome.levels) == is_warned, outcome


TOLD: list[tuple[str, bytes]] = [
    ("a first line of another width", b"A\nB,1\nC,2\nD,3\n"),
    ("a header with another delimiter", b"name;qty;price\nPen,1,2.50\nCup,2,3.75\nBag,3,4.10\n"),
    ("two header lines", b"Region,2025,2025\n,Men,Women\nNorth,1,2\nSouth,3,4\n"),
    ("a total at the end", b"name,qty\nPen,1\nCup,2\nTotal: 3,\n"),
    ("a date of issue at the end", b"name,qty\nPen,1\nCup,2\nBag,4\nStand: 01.11.2026\n"),
    ("quotes that swallow records", b'id,size,name\n1,"5 inch,pen\n2,7,cup\n3,9,bag\n4,8,"hat"\n5,6,mug\n'),
    ("an extra field in one record", b"name,qty,price,note\nPen,1,2.50,\nCup,,2,3.75,\nBag,3,4.10,\n"),
]


@pytest.mark.parametrize("body", [body for _, body in TOLD], ids=[name for name, _ in TOLD])
def test_told(embedded_rowmill: Rowmill, body: bytes) -> None:
    outcome = give(embedded_rowmill, body)
    assert outcome.is_told or outcome.upload["rejects"], outcome


def test_a_header_again_in_the_middle_is_a_reject(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"name,qty\nPen,1\nCup,2\nname,qty\nBag,3\n")
    assert outcome.rows == [["Pen", "1"], ["Cup", "2"], ["Bag", "3"]], outcome
    assert outcome.upload["rejects"] == 1


@pytest.mark.parametrize("again", ["NAME,QTY", "Name, Qty", '\ufeff"name","qty"'])
def test_a_header_again_that_is_spelled_otherwise_is_a_reject_and_told(embedded_rowmill: Rowmill, again: str) -> None:
    outcome = give(embedded_rowmill, f"name,qty\nPen,1\nCup,2\n{again}\nBag,3\n".encode())
    assert outcome.rows == [["Pen", "1"], ["Cup", "2"], ["Bag", "3"]], outcome
    (finding,) = outcome.upload["findings"]
    assert (finding["code"], finding["level"], finding["places"][0]["record"]) == ("header-repeated", "warning", 3)


def test_a_header_in_another_order_is_told(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"name,qty\nPen,1\nCup,2\nqty,name\n3,Bag\n")
    assert [finding["level"] for finding in outcome.upload["findings"] if finding["code"] == "header-repeated"] == ["warning"], outcome


def test_a_record_of_empty_quotes_is_left_out_and_told(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b'"name";"qty"\n"Pen";"1"\n"";""\n"Bag";"3"\n')
    assert outcome.rows == [["Pen", "1"], ["Bag", "3"]], outcome
    assert [finding["code"] for finding in outcome.upload["findings"]] == ["blank-records-left-out"]


def test_empty_columns_and_records_at_the_end_are_left_out(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b"a,b" + b"," * 300 + b"\n1,2" + b"," * 300 + b"\n3,4" + b"," * 300 + b"\n" + b"," * 301 + b"\n")
    assert outcome.titles == ["a", "b"], outcome
    assert outcome.rows == [["1", "2"], ["3", "4"]]
    assert outcome.upload["findings"], "told"


def test_swallowed_lines_of_a_long_file(embedded_rowmill: Rowmill) -> None:
    records = [f"{number},{number % 7},item {number}" for number in range(5000)]
    records[2000] = '2000,"5 inch,item 2000'
    records[2600] = '2600,6,"item 2600"'
    assert_told(give(embedded_rowmill, lines("id,size,name", *records)))


def assert_told(outcome: Outcome) -> None:
    assert outcome.is_told, outcome


@pytest.mark.parametrize("dialect", ["mysql", "postgres-copy"])
def test_null_and_escapes_of_databases(embedded_rowmill: Rowmill, dialect: str) -> None:
    body = b'id,a,b\n1,\\N,say \\"hi\\"\n2,3.5,x\n' if dialect == "mysql" else b"id\ta\tb\n1\t\\N\tone\\ttwo\n2\t3.5\tx\n"
    outcome = give(embedded_rowmill, body, dialect=dialect)
    assert outcome.rows[0][:2] == ["1", ""], outcome
    assert outcome.rows[0][2] == ('say "hi"' if dialect == "mysql" else "one\ttwo"), outcome


def test_null_of_databases_without_a_word(embedded_rowmill: Rowmill) -> None:
    outcome = give(embedded_rowmill, b'id,a,b\n1,\\N,"say \\"hi\\""\n2,3.5,"x"\n')
    assert outcome.rows == [["1", "", 'say "hi"'], ["2", "3.5", "x"]], outcome


def test_options_of_header_and_footer(embedded_rowmill: Rowmill) -> None:
    two = give(embedded_rowmill, b"Region,2025,2025\n,Men,Women\nNorth,1,2\n", header_rows="2")
    assert (len(two.titles), two.rows) == (3, [["North", "1", "2"]]), two
    end = give(embedded_rowmill, b"name,qty\nPen,1\nCup,2\nTotal: 3,\n", skip_end="1")
    assert end.rows == [["Pen", "1"], ["Cup", "2"]], end


@pytest.mark.parametrize("value", ["\\t", "tab", "TAB", "\t"])
def test_a_tab_by_any_name(embedded_rowmill: Rowmill, value: str) -> None:
    assert give(embedded_rowmill, b"a\tb\n1\t2\n", delimiter=value).rows == [["1", "2"]]


@pytest.mark.parametrize(("value", "rows"), [("no", 2), ("false", 2), ("absent", 2), ("yes", 1), ("present", 1)])
def test_a_header_or_none_by_any_word(embedded_rowmill: Rowmill, value: str, rows: int) -> None:
    assert len(give(embedded_rowmill, b"a,b\n1,2\n", header=value).rows) == rows
