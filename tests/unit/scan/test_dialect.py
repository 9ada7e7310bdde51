"""Dialects are found, and what the user says wins."""

import pytest

from services.upload.scan.dialect import sniff as sniff_sample
from services.upload.scan.options import ScanOptions
from tests.unit.reference import scan_and_parse


def sniff(text: str, **given: object):  # type: ignore[no-untyped-def]
    return sniff_sample(text.encode(), ScanOptions(**given), last=True).dialect  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,city\nA,B\nC,D\n", ","),
        ("name;price\nA;1,5\nB;2,5\nC;3,0\n", ";"),
        ("name\tnote\nA\tx, y; z\nB\tu\n", "\t"),
        ("name|n\nA|1\nB|2\n", "|"),
        ("name^n\nA^1\nB^2\n", "^"),
        ("name\nA, B\nC\n", ","),
        ("when\n2026-11-22 08:00:00\n2026-11-22 09:00:00\n", ","),
        ("note\none; two\nthree\nfour; five; six\n", ","),
        ("a;b;c\n1;2;3\n", ";"),
        ('a,b\n"x;y;z",1\n"u;v;w",2\n', ","),
        ("id,at\n1,2026-11-22T08:00:00Z\n2,2026-11-22T09:00:00Z\n", ","),
        ("date;amount;text\n01.02.2026;1.234,56;Kauf, bar\n02.02.2026;-3,00;Miete, kalt, warm\n", ";"),
        ("single\n", ","),
        ("name\nJohn\nJane\n", ","),
        ("sep=|\na|b\n1|2\n", "|"),
        ("a,b\n" + "x|y|z,1\n" * 3, ","),
        (
            "Company\nReport\ntags\tValue\nred;Anna;bag\t50.01\ncup|red|desk\t77.01\nlamp|express|Smith\t41.64\npen|North|small\t14.34\n",
            "\t",
        ),
        ("name|Preis|colours\nA|64,22|Anna;small;cup\nx|B|62,39|lamp;North;bag\nC|84,43|lamp;desk;small\n", "|"),
        ("Orders of November;;\narticle;qty;price\nPen;1;1.234,50\nCup;2\nLamp;3;14,10;red\nTotal: 3\n", ";"),
        ("2026-01-01 10:00:00 INFO started\n2026-01-01 10:00:01 WARN slow\n2026-01-01 10:00:02 INFO done\n", ","),
        ("a:b\n1:x\n2:y\n3:z\n", ":"),
        ('rate|keys\n99.1%|"desk|pen|red"\n17.6%|x|pen;Berlin;North\n3.5%|bag;lamp;Anna\n', "|"),
    ],
)
def test_delimiter(text: str, delimiter: str) -> None:
    assert sniff(text).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "quote", "escape"),
    [
        ('a,b\n"x,1","y"\n', '"', None),
        ("a,b\n'x,1','y'\n'u,2','v'\n", "'", None),
        ("a,b\nO'Neill,don't\nit's,'tis\n", '"', None),
        ('a,b\n"say \\"hi, you\\" now",1\n"x",2\n', '"', "\\"),
        ('a,b\n"C:\\dir\\",1\n"x",2\n', '"', None),
        ('a,b\n"5\\""",1\n"x",2\n', '"', None),
        ('a,b\n5" pipe,1\n6" pipe,2\n', '"', None),
        ("a,b\nC:\\temp,1\n", '"', None),
    ],
)
def test_quote_and_escape(text: str, quote: str, escape: str | None) -> None:
    assert (sniff(text).quote, sniff(text).escape) == (quote, escape)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("name,n\nA,1\nB,2\n", True),
        ("A,1\nB,2\nC,3\n", False),
        ("1,2\n3,4\n", False),
        ("a,b\nc,d\n", True),
        ("country,2019,2020\nUS,1,2\nDE,3,4\n", True),
        ("2026-01-01,x\n2026-01-02,y\n", False),
        ("id,x\n", True),
        ("1,2\n", False),
        ("x,1\n", True),
        ("name,n\nA,\nB,\n", True),
        ("1,,x\n2,,y\n", False),
    ],
)
def test_header_or_none(text: str, header: bool) -> None:
    assert sniff(text).header is header


@pytest.mark.parametrize(
    ("text", "skip"),
    [
        ("name,n\nA,1\n", 0),
        ("Report of 2026\n\nname,n\nA,1\nB,2\n", 2),
        ("Report,,\nby me,,\nname,n,m\nA,1,2\nB,2,3\n", 2),
        ("# made by x, y\n# on a day\nname,n,m\nA,1,2\nB,2,3\n", 2),
        ("#id,name\n1,A\n2,B\n", 0),
        ("p\n1,2\n3\n", 0),
        ("name\nA,1\nB,2\nC,3\n", 1),
        ("sep=;\na;b\n1;2\n", 1),
        ("a,b,c\nx,,\ny,,\nz,,\n", 0),
    ],
)
def test_preamble(text: str, skip: int) -> None:
    assert sniff(text).skip == skip


@pytest.mark.parametrize(
    ("text", "is_blank_after"),
    [
        ('name,note\nA,"He said, ""no"""\nB,"She said, ""yes"", twice"\n', False),
        ('name,note\nA,"over, \n""two"", lines"\n', False),
        ('name, note\nA, "x, y"\nB, "z"\n', True),
        ("a, b\n1, 2\n3, 4\n", True),
        ('name,note\nA,"x"\nB,"it was ""a"",  ""b"", no more\nthan that"\n', False),
        ("a,b\nA, B\n3,4\n5,6\n", False),
        ('n,t,u\n1,"one, "two", three"\n2,a,b\n3,"c",d\n', False),
        ('n,t,u\n1,"one, "two", three",x\n2, "a, b", c\n3, "c", d\n', True),
    ],
)
def test_a_blank_after_the_delimiter_is_not_found_in_prose(text: str, is_blank_after: bool) -> None:
    assert sniff(text).blank_after is is_blank_after


def test_overrides_win_over_all() -> None:
    dialect = sniff("A;1\nB;2\n", delimiter=",", quote="'", escape="", header=True, skip=0, null="-", ragged="reject", encoding="cp1252")
    assert (dialect.delimiter, dialect.quote, dialect.escape, dialect.header, dialect.skip) == (",", "'", None, True, 0)
    assert (dialect.null, dialect.ragged, dialect.encoding) == ("-", "reject", "cp1252")


def test_a_file_with_preamble_and_semicolons() -> None:
    data = "Umsätze 2026\nStand: heute\n\nName;Betrag\nMüller;1,50\nMeier;2,00\n".encode()
    outcome = scan_and_parse(data, ScanOptions())
    assert [column.title for column in outcome.scan.columns] == ["Name", "Betrag"]
    assert outcome.rows == [["Müller", "1,50"], ["Meier", "2,00"]]
    assert outcome.scan.chunks[0].first_line == 5


def test_a_mended_file_of_rejects_is_taken_as_it_is() -> None:
    data = b"name,n,_record,_line,_reason\nA,1,7,8,type-mismatch\nB,2,9,10,too-many-fields\nC,3\n"
    outcome = scan_and_parse(data, ScanOptions())
    assert [column.name for column in outcome.scan.columns] == ["name", "n"]
    assert outcome.rows == [["A", "1"], ["B", "2"], ["C", "3"]]
    assert outcome.scan.dialect.left_out == 3
    assert not outcome.rejects
    only = scan_and_parse(b"_record,_line,_reason\n1,2,x\n", ScanOptions())
    assert [column.title for column in only.scan.columns] == ["_record", "_line", "_reason"]


@pytest.mark.parametrize("mess", ["", 'x"y,1\n'])
def test_null_marker(mess: str) -> None:
    data = ('a,b\nNULL,"NULL"\n1,NULLS\n2,\n' + mess).encode()
    outcome = scan_and_parse(data, ScanOptions(null="NULL", delimiter=","))
    assert outcome.rows[:3] == [[None, None], ["1", "NULLS"], ["2", None]]


@pytest.mark.parametrize("mess", ["", 'x"y\n'])
def test_ragged_reject(mess: str) -> None:
    data = ("a,b\n1,2\n3\n4,\n5,6,\n7,8,9\n" + mess).encode()
    outcome = scan_and_parse(data, ScanOptions(ragged="reject", delimiter=","))
    assert sorted(outcome.rows) == [["1", "2"], ["4", None], ["5", "6"]]
    expected = [(2, "too-few-fields"), (5, "too-many-fields"), (6, "too-few-fields")]
    assert [(reject.record, reject.reason) for reject in outcome.rejects] == expected[: 3 if mess else 2]
