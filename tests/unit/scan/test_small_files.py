"""Small files that were once read wrong: the right rows and titles, and what is told of the decision."""

import pytest

from backbone.errors import Rejected
from backbone.findings import Stopped
from services.upload.scan.preview import preview
from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import Outcome, scan_and_parse, scan_bytes

BANK = '"Konto:";"DE00 / Giro"\r\n"Zeitraum:";"01.10. - 31.10."\r\n\r\n"Datum";"Text";"Betrag";"Währung"\r\n'
GOODS = "Pen,1,2.50\nCup,2,3.75\nBag,3,4.10\n"


def codes(outcome: Outcome) -> set[str]:
    parsed = {finding.code for _, chunk in outcome.chunks for finding in chunk.findings}
    return {finding.code for finding in outcome.scan.findings} | parsed


@pytest.mark.parametrize(
    ("text", "titles", "rows"),
    [
        ("id,name,tags\n" + "1,item 1,red;green;blue\n" * 8, "id name tags", 8),
        ("id,name,tags\n" + "1,item 1,red|green|blue\n" * 8, "id name tags", 8),
        ("id,town,position\n" + "".join(f"{n},Town {n},59.0;10.0\n" for n in range(20)), "id town position", 20),
        ("time,level,message\n" + "12:00:00,INFO,job done; next one starts\n" * 30, "time level message", 30),
        ("Time(hh:mm:ss),Value\n12:00:01,5\n12:00:02,6\n12:00:03,7\n", "Time(hh:mm:ss) Value", 3),
        (",,\nName,Qty,Price\n" + GOODS, "Name Qty Price", 3),
        ("country,2020\nNorway,5\nItaly,7\nSpain,9\n", "country 2020", 3),
        ("id;town;position\n" + "".join(f"{n};Town {n};59.0,10.0\n" for n in range(20)), "id town position", 20),
        ("name,pos\n" + "Town,59.0|10.0\n" * 3, "name pos", 3),
        ("id,name,scores\n" + "1,item,1;2;3;4\n" * 9, "id name scores", 9),
        ("time\tlevel\tmessage\n" + "12:00:00\tINFO\tjob done, next, one; starts\n" * 10, "time level message", 10),
        ("time;level;message\n" + "12:00:01;INFO;a|b|c\n" * 5, "time level message", 5),
        ("ratio,n\n1:2,5\n3:4,6\n5:6,9\n", "ratio n", 3),
        ("country,2019,2020,2021\nNorway,5,6,7\nItaly,7,8,9\n", "country 2019 2020 2021", 2),
        ("region;2020;2021\nNorth;1,5;2,5\nSouth;2,5;3,5\n", "region 2020 2021", 2),
        ("#id,name\n1,Pen\n2,Cup\n", "#id name", 2),
        ("product,1,2,3\nPen,5,9,7\nCup,8,9,1\n", "product 1 2 3", 2),
        ("id name qty\n1 pen 5\n2 cup 6\n3 bag 7\n", "id name qty", 3),
    ],
)
def test_right_without_a_word(text: str, titles: str, rows: int) -> None:
    outcome = scan_and_parse(text.encode(), ScanOptions())
    assert [column.title for column in outcome.scan.columns] == titles.split()
    assert len(outcome.rows) == rows
    assert not [finding for finding in outcome.scan.findings if finding.level != "info"]


@pytest.mark.parametrize(
    ("text", "titles", "rows", "code"),
    [
        ("Report 2024,,\n,,\nName,Qty,Price\n" + GOODS, ["Name", "Qty", "Price"], 3, "preamble-skipped"),
        (BANK + '"01.10.2026";"Miete";"-700,00";"EUR"\r\n' * 60, ["Datum", "Text", "Betrag", "Währung"], 60, "preamble-skipped"),
        ("sep=;\nReport;\nid;name\n1;pen\n2;cup\n", ["id", "name"], 2, "preamble-skipped"),
        ("A\nB,1\nC,2\nD,3\n", ["", ""], 3, "preamble-skipped"),
        ("# a comment\nA,B,C\n1,2,3\n", ["A", "B", "C"], 1, "comment-lines-skipped"),
        ("name;qty;price\n" + GOODS, ["name", "qty", "price"], 3, "header-guessed"),
        ('name, note, qty\nPen, "blue, thin", 1\nCup, "red, big", 2\n', ["name", "note", "qty"], 2, "blank-after-delimiter"),
        ('"x","y"\n"1",5,6\n"2",7,8\n', ["", "x", "y"], 2, "header-short"),
        ('"a";"b"\n"1";"2";\n"3";"4";\n', ["a", "b"], 2, "empty-columns-left-out"),
        ("Nr,n,city,,\n" + "".join(f"{n},{n + 5},7,x,,\n" for n in range(4)), ["", "Nr", "n", "city"], 4, "header-short"),
        ("a;b;\n1;2;;\n3;4;;\n", ["a", "b"], 2, "empty-columns-left-out"),
        ("Region,2025,2025\n,Men,Women\nNorth,1,2\n", ["Region", "2025", "2025"], 2, "header-rows"),
        ("name,qty,price\nPen;1;2.50\nCup;2;3.75\nBag;3;4.10\n", ["name", "qty", "price"], 3, "header-guessed"),
        ("name\tqty\tprice\n" + GOODS, ["name", "qty", "price"], 3, "header-guessed"),
        (
            BANK.replace(";", ",") + '"01.10.2026","Miete","-700.00","EUR"\r\n' * 40,
            ["Datum", "Text", "Betrag", "Währung"],
            40,
            "preamble-skipped",
        ),
        ("% a comment\n% another\nA,B,C\n1,2,3\n2,3,4\n", ["A", "B", "C"], 2, "preamble-skipped"),
        ("a,b,c\nx,1,2\ny,2,3\n\x1a", ["a", "b", "c"], 3, "footer-suspected"),
        ("a,b,c\nx,1,2\ny,2,3\nz,3,4\n\nQuelle: Amt\n", ["a", "b", "c"], 4, "footer-suspected"),
        ("name,price,qty\nPen,2,50,1\nCup,3,75,2\nBag,4,10,3\n", ["", "name", "price", "qty"], 3, "header-short"),
        ("A,B,C\nx,y,z\nkg,m,s\n1,2,3\n4,5,6\n7,8,9\n", ["A", "B", "C"], 5, "header-rows"),
        ("a,b\nx,1\ny,2\nz,3\nTotal: 3\n", ["a", "b"], 4, "footer-suspected"),
        ("a,b\nx,1\ny,2\nz,3\n(3 rows)\n", ["a", "b"], 4, "footer-suspected"),
        ('"x" "y"\n"1" 5 6\n"2" 7 8\n', ["", "x", "y"], 2, "header-short"),
        ('n,t\n1,"one, "two", three"\n2,a\n3,"c"\n', ["n", "t"], 3, "stray-quotes"),
        ("a,b\nx,1\na,b\nz,3\n", ["a", "b"], 2, "header-repeated"),
        ("a,b" + "," * 300 + "\n" + ("x,1" + "," * 300 + "\n") * 3 + "," * 301 + "\n", ["a", "b"], 3, "empty-columns-left-out"),
        ('id,size\n1,"5 inch,\n2,7\n3,9\n4,"hat"\n5,6\n', ["id", "size"], 5, "no-quotes"),
        ('id\ttitle\n1\tplain\n2\t"Weird" Al\n3\t"12 inch\n4\tsize 5\n5\tend"\n6\tok\n', ["id", "title"], 6, "no-quotes"),
        ("n,q,p,note\nPen,1,2.50,\nCup,,2,3.75,\nBag,3,4.10,\n", ["n", "q", "p", "note"], 3, "extra-fields-dropped"),
        ("n,q,p\nPen,1,2.50\nCup\n", ["n", "q", "p"], 2, "short-records-filled"),
        ('a,b\n"x"y,1\nz,2\n', ["a", "b"], 2, "stray-quotes"),
        ("sep=;\nid,name\n1,pen\n2,cup\n", ["id", "name"], 2, "delimiter-near-tie"),
        ("n,q,p\nPen,1,2.5\nCup,2,3.5\nBag,2,3.5\n,,9.5\n", ["n", "q", "p"], 4, "footer-suspected"),
        ('n,q\nPen,1\nCup,2\nBag,2\n"Source: a, b",\n', ["n", "q"], 4, "footer-suspected"),
        ("name,temp\n,degC\na,20.5\nb,20.6\nc,20.7\n", ["name", "temp"], 4, "header-rows"),
        ("No;name;;\nkg;\n1;pen;;\n2;cup;;\n3;bag;;\n", ["No", "name"], 4, "header-rows"),
        ("Konto:,DE00\nSaldo,1\n\nA note\n\nName,Qty\nPen,1\nCup,2\n", ["Konto:", "DE00"], 5, "header-guessed"),
        ("a,b\n---,---\n1,x\n2,y\n", ["a", "b"], 3, "header-rows"),
        ('"id,name"\n"1,Pen"\n"2,Cup"\n', ["id,name"], 2, "delimiter-near-tie"),
        ("id   name   qty\n1    Pen    5\n2    Cup   12\n", ["id   name   qty"], 2, "delimiter-near-tie"),
        ("sep=;\na;b\nx;1\nsep=;\na;b\nz;3\n", ["a", "b"], 3, "header-repeated"),
        ("No;name\nkg;pcs\n1;pen\n2;cup\n3;bag\n", ["No", "name"], 4, "header-rows"),
        ('"fee","sum","no"\n' + '"$1,922.50";"25,69";"481"\n"$4,389.50";"89,08";"77"\n' * 6, ["fee", "sum", "no"], 12, "header-guessed"),
        ('id,a,b\n1,\\N,"say \\"hi\\""\n2,3.5,"x"\n', ["id", "a", "b"], 2, "null-marker"),
        ("2000-03-24,42.5|50.0\n2003-07-19,40.1|31.6\n2002-10-24,31.2|8.1\n", ["", ""], 3, "delimiter-near-tie"),
        ("Smith,N/A\nAnna,412\nBob,925\nEve,289\n", ["Smith", "N/A"], 3, "header-guessed"),
        ("small|N/A\nSmith|N/A\nred|412\nopen|925\npen|289\nAnna|380\nBob|7\n", ["", ""], 7, "header-absent"),
        ("id,city\n1,Bern\n2,NULL\n3,Rom\n", ["id", "city"], 3, "null-marker"),
        ("id,city\n1,Bern\n2,#N/A\n3,#REF!\n", ["id", "city"], 3, "null-marker"),
    ],
)
def test_right_and_told(text: str, titles: list[str], rows: int, code: str) -> None:
    outcome = scan_and_parse(text.encode(), ScanOptions())
    assert [column.title for column in outcome.scan.columns] == titles
    assert len(outcome.rows) == rows
    assert code in codes(outcome)
    assert code in {finding.code for finding in preview(text.encode(), ScanOptions(), whole=True).findings} | {"footer-suspected"}


@pytest.mark.parametrize("said", [",\\N,", ",\\N", "\\N,", 'say "",\\N,""', ",\n,\\N,"])
def test_a_null_marker_inside_of_quotes_is_text(said: str) -> None:
    """And makes none of one that is written in quotes elsewhere."""
    outcome = scan_and_parse(f'a,b\n1,"\\N"\n2,"{said}"\n3,x\n'.encode(), ScanOptions(quote='"'))
    assert outcome.rows == [["1", "\\N"], ["2", said.replace('""', '"')], ["3", "x"]]
    assert "null-marker" not in codes(outcome)
    escaped = scan_and_parse(f'a,b\n1,"\\N"\n2,"{said}"\n3,"b\\"c"\n'.encode(), ScanOptions(quote='"', escape="\\", null="\\N"))
    assert escaped.rows[1:] == [["2", said.replace('""', '"').replace("\\N", "N")], ["3", 'b"c']]  # as `csv` has it behind an escape
    beside = scan_and_parse(f'a,b,c\n1,"{said}",\\N\n'.encode(), ScanOptions(quote='"'))
    assert beside.rows == [["1", said.replace('""', '"'), None]]


def test_a_null_marker_behind_a_blank() -> None:
    outcome = scan_and_parse(b"a, b, c\n1, \\N, 3\n2, x, 4\n3, y, 5\n", ScanOptions())
    assert outcome.rows == [["1", None, "3"], ["2", "x", "4"], ["3", "y", "5"]]


def test_options_decide_otherwise() -> None:
    joined = scan_and_parse(b"Region,2025,2025\n,Men,Women\nNorth,1,2\n", ScanOptions(header_rows=2))
    assert [column.title for column in joined.scan.columns] == ["Region", "2025 Men", "2025 Women"]
    assert joined.rows == [["North", "1", "2"]]
    for block_bytes in (1, 7, 1000):
        cut = scan_and_parse(b"a,b\nx,1\ny,2\nTotal: 3\n\n", ScanOptions(skip_end=1, piece_bytes=3, sample_bytes=8), block_bytes)
        assert cut.rows == [["x", "1"], ["y", "2"]]
    assert scan_and_parse(b"a,b\n1,2\n#x,y\n3,4\n", ScanOptions(comment="#")).rows == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(("family", "text"), [("mysql", '"1",\\N,"a\\nb"\n'), ("postgres-copy", "1\t\\N\ta\\nb\n")])
def test_families_of_dialects(family: str, text: str) -> None:
    outcome = scan_and_parse(text.encode(), ScanOptions(family=family, header=False))  # type: ignore[arg-type]
    assert outcome.rows == [["1", None, "a\nb"]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_quote_that_swallows_records_stops_the_file(line_end: str) -> None:
    lines = [f"{number},{number % 7},name {number}\n" for number in range(9000)]
    text = (
        "id,size,name\n"
        + "".join(lines[:8000])
        + '8000,"5 inch,pen\n'
        + "".join(lines[8001:8100])
        + '8100,8,"hat"\n'
        + "".join(lines[8101:])
    ).replace("\n", line_end)
    with pytest.raises(Stopped) as stopped:
        scan_bytes(text.encode(), ScanOptions(), 10_000)
    assert [(place.record, place.line) for place in stopped.value.finding.places] == [(8001, 8002)]
    assert scan_bytes(text.encode(), ScanOptions(quote=""), 10_000).records == 9000
    as_it_is = scan_bytes(text.encode(), ScanOptions(quote='"'), 10_000)
    assert [(finding.code, finding.level) for finding in as_it_is.findings if finding.level != "info"] == [
        ("quote-swallowed-lines", "warning")
    ]


@pytest.mark.parametrize("text", ["#sep=;\n|", "#\n,", "# a\n\n", ",\n,\n"])
def test_files_without_a_record_are_refused(text: str) -> None:
    with pytest.raises(Rejected):
        scan_bytes(text.encode(), ScanOptions())


@pytest.mark.parametrize(
    ("text", "titles", "rows"),
    [
        ("# energy,count\n0.0,1.5\n0.1,2.5\n0.2,3.5\n", ["# energy", "count"], 3),  # as numpy writes it
        ("Created as new,by an analyst,on Monday\ncm-1,A\n4000.0,0.1\n3999.0,0.2\n3998.0,0.1\n", ["cm-1", "A"], 3),
        ('"x";"x"\n"1";"0.5";"0.7"\n"2";"0.6";"0.9"\n', ["", "x", "x"], 2),  # row names beside titles that are all the same
        ('"a";"b"\n"1";"2";"\n"\n', ["a", "b", ""], 1),  # a line break in quotes is a field
        ('prénom;price\n1;"Zoë";86.38;\n2;"Noël";18.87;\n3;"Ann";9.10;\n', ["", "prénom", "price"], 3),
    ],
)
def test_titles_stand_over_their_columns(text: str, titles: list[str], rows: int) -> None:
    outcome = scan_and_parse(text.encode(), ScanOptions())
    assert [column.title for column in outcome.scan.columns] == titles
    assert len(outcome.rows) == rows


def test_a_title_above_several_columns_stands_over_each() -> None:
    text = "Region,2025,,2026,\n,Men,Women,Men,Women\nNorth,1,2,3,4\nSouth,1,2,3,4\n"
    scan = scan_bytes(text.encode(), ScanOptions(header_rows=2))
    assert [column.title for column in scan.columns] == ["Region", "2025 Men", "2025 Women", "2026 Men", "2026 Women"]


def test_a_record_with_some_of_the_empty_fields_of_others_is_told() -> None:
    outcome = scan_and_parse(b"a,b,c,,,\n1,2,3,,,\n4,6,,,\n7,8,9,,,\n", ScanOptions())
    (short,) = [finding for _, chunk in outcome.chunks for finding in chunk.findings if finding.code == "short-records-filled"]
    assert [(place.record, place.text) for place in short.places] == [(2, "4,6,,,")]


def test_totals_above_records_of_delimiters_are_told_with_all_lines_to_leave_out() -> None:
    scan = scan_bytes(b"a,b,c\nx,1,2\ny,2,3\nz,3,4\nw,3,4\nTotal,,13\n,,\n,,\n", ScanOptions())
    (footer,) = [finding for finding in scan.findings if finding.code == "footer-suspected"]
    assert footer.suggest is not None
    assert footer.suggest.value == "3"


def levels(text: str) -> set[tuple[str, str]]:
    """Of the findings, in preview and load alike."""
    outcome = scan_and_parse(text.encode(), ScanOptions())
    loaded = {(finding.code, finding.level) for _, chunk in outcome.chunks for finding in chunk.findings}
    shown = preview(text.encode(), ScanOptions(), whole=True).findings
    assert loaded <= {(finding.code, finding.level) for finding in shown}
    return loaded | {(finding.code, finding.level) for finding in outcome.scan.findings}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_blank_record_that_is_too_narrow_may_have_lost_its_value(delimiter: str) -> None:
    wide = "name,at,fax\n,15:54:00,\n{}\n,11:50:15,\n,,\n"
    for blank, level in ((",", "warning"), (",,", "info"), (",,,", "info")):
        text = wide.format(blank).replace(",", delimiter)
        assert ("blank-records-left-out", level) in levels(text)
        (finding,) = (
            found for found in preview(text.encode(), ScanOptions(), whole=True).findings if found.code == "blank-records-left-out"
        )
        assert finding.count == 2
        assert finding.places[0].line == 3
        assert len(finding.places) == (1 if level == "warning" else 2)


@pytest.mark.parametrize(
    ("text", "is_near"),
    [
        ("11/05/2010,10575,open|Smith|Berlin\n7,08/03/2018,36778,small|North|open\n15/08/2019,20896,cup|small|lamp\n", True),
        ("1;5.5;red|blue\n2;x;6.5;pen|cup\n3;7.5;bag|hat\n", True),
        ("1;5.5;red|blue\n2;6.5;pen|cup\n3;7.5;bag|hat\n", False),
        ("".join(f"{n},5.5,red|blue\n" for n in range(30)) + "x,1,6.5,pen|cup\n", False),
    ],
)
def test_one_ragged_record_among_few_makes_a_near_tie(text: str, is_near: bool) -> None:
    assert (("delimiter-near-tie", "warning") in levels(text)) == is_near


@pytest.mark.parametrize(
    ("title", "records", "level"),
    [("Day", 4, "warning"), ("town", 8, "warning"), ("id", 4, "info"), ("Row No", 4, "info"), ("order_id", 4, "info"), ("Day", 40, "info")],
)
def test_a_first_title_may_be_missing_where_an_empty_last_one_makes_up_for_it(title: str, records: int, level: str) -> None:
    text = f"{title},extra,\n" + "".join(f"{number},2021-07-{number % 28 + 1:02},\n" for number in range(1, records + 1))
    assert ("empty-columns-left-out", level) in levels(text)


def test_words_above_words_may_be_their_header() -> None:
    assert ("preamble-skipped", "warning") in levels("Name,,\nPen,red,x\nCup,blue,y\nBag,green,z\n")
    assert ("preamble-skipped", "info") in levels("Staff,,\n,,\nName,City,Team\nAnna,Berlin,red\nBob,Oslo,blue\n")
    assert ("preamble-skipped", "info") in levels("Stock,,\nName,Colour,Qty\nPen,red,1\nCup,blue,2\n")


def test_lines_of_titles_are_counted() -> None:
    shown = preview(b"A,B,C\na,b,c\nkg,m,s\n1,2,3\n4,5,6\n7,8,9\n", ScanOptions(), whole=True)
    (finding,) = [finding for finding in shown.findings if finding.code == "header-rows"]
    assert finding.suggest is not None
    assert (finding.count, finding.suggest.value, [place.line for place in finding.places]) == (2, "3", [2, 3])


def test_a_title_that_took_in_a_record_is_told() -> None:
    swallowed = 'open;North;"40,60;x\nBerlin;"a;b";84,73;y\nsmall;pen;15,34;z\nlamp;"d;N";39,75;u\n'
    assert ("quote-swallowed-lines", "warning") in levels(swallowed)
    assert not levels('name;"Price\n(EUR)"\nPen;1\nCup;2\n')


@pytest.mark.parametrize(("more", "records", "level"), [(1, 3, "warning"), (2, 3, "warning"), (3, 3, "info"), (2, 30, "info")])
def test_few_records_with_more_fields_than_titles_may_be_shifted(more: int, records: int, level: str) -> None:
    text = "Nr;fax\n" + "".join(f"{number};{number}{';' * more}\n" for number in range(1, records + 1))
    assert ("empty-columns-left-out", level) in levels(text)


def test_places_have_texts_that_can_be_kept_and_read() -> None:
    """Bytes that are not of the encoding are shown as people write them, and NUL as its picture."""
    copy = ReadingCopy(encoding="utf-8")
    text = b"".join(
        [*copy.feed(b"Report \xff\n\nname,qty,price\nPen,1,2.5\nCup,2,3.75\nBag,3,x\xe9\nBox,4,4.25\nJar,5,1.5\n"), *copy.finish()]
    )
    findings = scan_and_parse(text, ScanOptions(marked=copy.is_marked)).scan.findings
    assert [place.text for finding in findings if finding.code == "preamble-skipped" for place in finding.places] == ["Report \\xff"]
    nul = scan_and_parse(b"name,qty\nPen,1\nCup,2\nBag,3\nBox,4\nJar,x\0y\n", ScanOptions())
    assert "\0" not in repr(nul.scan.findings)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("name,10%,50%\na,1,2\nb,3,4\n", ["name", "10%", "50%"]),
        (",2019,2020\nNorth,1,2\nSouth,3,4\n", ["", "2019", "2020"]),
        ("\ufeff\ufeffid,name\n1,a\n2,b\n", ["id", "name"]),
    ],
)
def test_headers_of_figures_and_behind_marks(text: str, titles: list[str]) -> None:
    outcome = scan_and_parse(text.encode(), ScanOptions())
    assert [column.title for column in outcome.scan.columns] == titles
    assert len(outcome.rows) == 2
    assert codes(outcome) == set()


@pytest.mark.parametrize(
    "text",
    [
        'a|b\nfalse|x\ntrue|y\nfalse|z\n"true|u\nfalse|v\ntrue"|w\nfalse|x\n',
        'a|b\nfalse|x\n"true|u\nfalse|v\na|b\ntrue"|w\nfalse|x\n',
        'n;b;c\n1;x;y\n"Al;2;z\nBo";3;u\nCy;4;v\n',
        'n;b;c\n1;x;y\n2;z;"u\n;3;x;y\n4;v;w"\n5;x;y\n',
        'item,code\n"North,42778\ndesk,19678\nAnna,93737\ndesk",91419\nSmith,07826\n',
        'extra;share;at\ndesk;20.0%;19:26:22\n";49.5%;11:01:43\n;22.5%;18:16:34\n";71.0%;15:12:39\nred;74.9%;05:13:16\n',
        'n|b\n1|x\n2|"u\n | \n3|v\n4|w"\n5|x\n',
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_that_a_first_field_swallowed_and_blank_ones_among_them(text: str, line_end: str) -> None:
    try:
        outcome = scan_and_parse(text.replace("\n", line_end).encode(), ScanOptions())
    except Stopped as stopped:
        assert stopped.finding.code == "quote-swallowed-lines"
    else:
        assert {"quote-swallowed-lines", "no-quotes"} & codes(outcome)
