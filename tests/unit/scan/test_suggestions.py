"""Formats that are not lossless or not sure are suggested, ready to be sent; `types=auto` takes those that are sure."""

import pytest

from backbone.findings import Finding
from backbone.model import Column
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse, scan_bytes


def look(values: list[str], other: str = "x", **options: object) -> tuple[Column, list[Finding]]:
    data = "\n".join(["v;o", *(f"{value};{other}" for value in values)]).encode()
    scan = scan_bytes(data, ScanOptions(delimiter=";", **options))  # type: ignore[arg-type]
    return scan.columns[0], [finding for finding in scan.findings if finding.column == "v"]


@pytest.mark.parametrize(
    ("values", "option", "value"),
    [
        (["1.234,50", "7,00"], "types", "v:decimal(1.234,56)"),
        (["1234,50", "-7,00"], "types", "v:decimal(1234,56)"),
        (["5", "1,234.50"], "types", "v:decimal(1,234.56)"),
        (["12.5%", "7%"], "types", "v:decimal(1234.56%)"),
        (["15,10 €", "3,00 €"], "types", "v:decimal(1234,56 €)"),
        (["250.00", "(250.00)"], "types", "v:decimal"),
        (["1", "1e-05", "2.5"], "types", "v:decimal"),
        (["03.11.2026", "14.02.2026"], "types", "v:date(%d.%m.%Y)"),
        (["1/2/2026", "1/22/2026"], "types", "v:date(%-m/%-d/%Y)"),
        (["2026-01-02 10:11", "2026-01-03 23:59"], "types", "v:timestamp(%Y-%m-%d %H:%M)"),
        (["TRUE", "FALSE", "TRUE"], "types", "v:boolean(TRUE/FALSE)"),
        (["yes", "no"], "types", "v:boolean(yes/no)"),
        (["1", "N/A", "3"], "null", "v:N/A"),
        (["N/A", "-", "3.5", "4"], "null", "v:N/A,-"),
        (["2026-01-02", "0000-00-00", "2026-01-03"], "null", "v:0000-00-00"),
        (["0000-00-00", "2026-01-02", "N/A"], "null", "v:0000-00-00,N/A"),
        (["2026-01-02 10:11:12", "0000-00-00 00:00:00"], "null", "v:0000-00-00 00:00:00"),
        (["2026-01-02 10:11:12.5", "0000-00-00 00:00:00.000000"], "null", "v:0000-00-00 00:00:00.000000"),
        (["1", " ", "3"], "null", 'v:" "'),
        (["1.5", "#DIV/0!", "#N/A", "3"], "null", "v:#DIV/0!,#N/A"),
        (["1", "(null)", "[NULL]"], "null", "v:(null),[NULL]"),
        (["2026-01-02T10:11:12+02:00", "2026-01-02T10:11:12.5+02:00"], "types", "v:timestamp(%Y-%m-%dT%H:%M:%S%.f%z)"),
        (["2026-01-02T10:11:12.25Z", "2026-01-02T10:11:12Z"], "types", "v:timestamp(%Y-%m-%dT%H:%M:%S%.f%z)"),
        (["2026-01-02T10:11:12.123456+02:00", "2026-01-02T10:11:12.123-05:00"], "types", "v:timestamp(%Y-%m-%dT%H:%M:%S%.f%z)"),
        (["2026-01-02 10:11:12+02", "2026-01-02 10:11:12.5+02"], "types", "v:timestamp(%Y-%m-%d %H:%M:%S%.f%z)"),
        (["2026-01-02 10:11:12 +0200", "2026-01-02 10:11:12.5 +0200"], "types", "v:timestamp(%Y-%m-%d %H:%M:%S%.f %z)"),
        (["2026-01-02T10:11+02:00", "2026-01-02T10:12Z"], "types", "v:timestamp(%Y-%m-%dT%H:%M%z)"),
        (["2026-01-02T10:11:12", "2026-01-02T10:11:12.5"], "types", "v:timestamp(%Y-%m-%dT%H:%M:%S%.f)"),
        (["2026-01-02 10:11:12.25", "2026-01-02 10:11:12.5"], "types", "v:timestamp(%Y-%m-%d %H:%M:%S%.f)"),
        (["2026-01-02 10:11:12", "2026-01-02T10:11:12"], "types", "v:timestamp"),
        (["2026-01-02T10:11", "2026-01-03T23:59"], "types", "v:timestamp(%Y-%m-%dT%H:%M)"),
        (["02.01.2026 10:11:12", "31.01.2026 10:11:12.5"], "types", "v:timestamp(%d.%m.%Y %H:%M:%S%.f)"),
        (["1/31/2026 1:05 PM", "1/2/2026 11:59 AM"], "types", "v:timestamp(%-m/%-d/%Y %I:%M %p)"),
        (["02-JAN-26", "03-FEB-26"], "types", "v:date(%d-%b-%y)"),
        (["Jan 2, 2026", "Feb 28, 2026"], "types", "v:date(%b %-d, %Y)"),
        (["2 January 2026", "28 March 2026"], "types", "v:date(%-d %B %Y)"),
        (["True", "FALSE", "true"], "types", "v:boolean"),
        (["on", "off"], "types", "v:boolean(on/off)"),
        ([" 1", " 2", "10"], "types", "v:integer"),
        (["+1", "+2", "-3"], "types", "v:integer"),
        ([".5", ".25", "1.5"], "types", "v:decimal"),
        (["2026-01-02 10:11:12 UTC", "2026-01-02 10:11:12.5 UTC"], "types", "v:timestamp(%Y-%m-%d %H:%M:%S%.f UTC)"),
        (["WAHR", "FALSCH"], "types", "v:boolean(WAHR/FALSCH)"),
    ],
)
def test_suggested(values: list[str], option: str, value: str) -> None:
    for piece_bytes in (5, 1 << 20):
        column, findings = look(values, piece_bytes=piece_bytes)
        assert column.type == "text"
        assert [(one.code, one.level, one.suggest.option, one.suggest.value) for one in findings if one.suggest] == [
            ("type-suggested", "info", option, value)
        ]
        assert look(values, piece_bytes=piece_bytes, **{option: value})[0].type != "text", "the option does what it is said to do"
        assert look(values, piece_bytes=piece_bytes, types="auto")[0].type != "text"


@pytest.mark.parametrize(
    "values",
    [
        ["pen", "cup"],
        ["007", "010"],
        ["1,5", "x"],
        ["A1", "B2"],
        ["2026-01-02", "soon"],
        ["12 rue", "3 rue"],
        ["yes", "maybe"],
        ["no", "no"],
        ["TRUE", "TRUE"],
    ],
)
def test_nothing_is_suggested_for_plain_text(values: list[str]) -> None:
    assert look(values)[1] == []
    assert look(values, types="auto")[0].type == "text"


def test_an_order_of_day_and_month_that_is_not_certain_is_told_and_never_taken_by_itself() -> None:
    column, (finding,) = look(["1/2/2026", "3/4/2026"], types="auto")
    assert column.type == "text"
    assert "%-d/%-m/%Y" in finding.message and "%-m/%-d/%Y" in finding.message


def test_points_before_three_digits_are_no_decimal_points_among_decimal_commas() -> None:
    data = b"Land;Einwohner;Quote\nA;83.200;0,5\nB;9.100;1,25\nC;450;2,0\n"
    scan = scan_bytes(data, ScanOptions())
    assert [column.type for column in scan.columns] == ["text", "text", "text"]
    (told,) = [finding for finding in scan.findings if finding.code == "number-format-ambiguous"]
    assert told.suggest is not None and told.suggest.value == "Einwohner:decimal(1.234,56)"
    dirty = scan_bytes(data.replace(b"2,0", b'2,0\nD;7.500;3,25\nE;1.100;"""4,5"\nF;1.200;0,75'), ScanOptions())
    assert dirty.columns[1].type == "text"
    outcome = scan_and_parse(data, ScanOptions(types="auto"))
    assert [column.type for column in outcome.scan.columns] == ["text", "decimal", "decimal"]
    assert outcome.rows[0] == ["A", "83200", "0.5"]


def test_texts_for_null_everywhere_and_in_single_columns() -> None:
    data = b"price,name\n-,NULL\n5,-\nN/A,x\n"
    everywhere = scan_and_parse(data, ScanOptions(null="NULL,N/A,-"))
    assert everywhere.rows == [[None, None], ["5", None], [None, "x"]]
    single = scan_and_parse(data, ScanOptions(null="price:-,N/A;name:NULL"))
    assert single.rows == [[None, None], ["5", "-"], [None, "x"]]
    assert [column.type for column in single.scan.columns] == ["integer", "text"]


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        (["83.200", "9.100", "450"], True),
        (["0.125", "1.250"], False),
        (["1.25", "3.125"], False),
        (["12345678901234567890123", "2"], False),
        (["83", "9"], False),
    ],
)
def test_points_before_three_digits_throughout_are_told(values: list[str], is_told: bool) -> None:
    outcome = scan_and_parse("\n".join(["n", *values, ""]).encode(), ScanOptions())
    assert [row[0] for row in sorted(outcome.rows)] == sorted(values)
    assert [finding.code for finding in outcome.scan.findings] == (["number-format-ambiguous"] if is_told else [])


@pytest.mark.parametrize(
    ("values", "value", "strays"),
    [
        (["1", "2", "x", "3", "4"], "v:integer", [(3, "x")]),
        (["x", "1", "2", "3", "4"], "v:integer", [(1, "x")]),
        (["1", "2.5", "?", "about 3", "4", "5"], "v:decimal", [(4, "about 3")]),
        (["2026-01-02"] * 9 + ["soon", "2026-02-30"], "v:date", [(10, "soon"), (11, "2026-02-30")]),
        (["2026-01-02T10:11:12Z"] * 9 + ["2026-01-02"], "v:timestamp(%Y-%m-%dT%H:%M:%SZ)", [(10, "2026-01-02")]),
        (["true", "false", "true", "false", "maybe"], "v:boolean", [(5, "maybe")]),
    ],
)
def test_a_few_values_that_keep_a_column_from_its_type_are_told_with_their_places(
    values: list[str], value: str, strays: list[tuple[int, str]]
) -> None:
    for piece_bytes in (5, 1 << 20):
        column, (finding,) = look(values, piece_bytes=piece_bytes)
        assert column.type == "text"
        assert finding.suggest is not None and finding.suggest.value == value
        assert [(place.record, place.text) for place in finding.places] == strays
        outcome = scan_and_parse("\n".join(["v;o", *(f"{one};x" for one in values)]).encode(), ScanOptions(delimiter=";", types=value))
        assert [reject.record for reject in outcome.rejects if reject.raw.split(";")[0] != "?"] == [record for record, _ in strays]


@pytest.mark.parametrize("values", [["1", "2", "x", "y"], ["1", "2", "3", "4", "007"], ["a", "1", "b", "c"]])
def test_text_among_numbers_is_text(values: list[str]) -> None:
    assert look(values)[1] == []


def test_the_place_of_a_text_that_stands_for_null() -> None:
    _, (finding,) = look(["1", "2", "N/A", "4", "-"], piece_bytes=5)
    assert [(place.record, place.text) for place in finding.places] == [(3, "N/A"), (5, "-")]


def test_words_are_known_however_late_the_second_comes() -> None:
    for words, value in (
        (["No", "Yes"], "v:boolean(Yes/No)"),
        (["FALSE", "TRUE"], "v:boolean(TRUE/FALSE)"),
        (["true", "True"], "v:boolean"),
    ):
        values = [*words[:1] * 40, *words[1:] * 40]
        _, (finding,) = look(values, piece_bytes=7, sample_bytes=20)
        assert finding.suggest is not None and finding.suggest.value == value
