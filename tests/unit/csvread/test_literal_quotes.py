"""Records whose quotes are not legal: `csv` where it finds as many fields as there are columns, else the reading that loses no text."""

import pytest

from backbone.csvread.literal_quotes import repair_quotes
from backbone.model import Dialect
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ('1,"5 inch,pen,"red"', ["1", '"5 inch', "pen", "red"]),
        ('1,"Smith, "Bob" Jr",x,y', ["1", 'Smith, "Bob" Jr', "x", "y"]),
        ('1,""thin", a,b', ["1", '"thin', " a", "b"]),
        ('1,"one, "two", three",x,y', ["1", 'one, "two", three', "x", "y"]),
        ('1,x,y,"one, "two", "three", four"', ["1", "x", "y", 'one, "two", "three", four']),
        ('1,"a, "b" c",,4', ["1", 'a, "b" c', "", "4"]),
    ],
)
def test_text_is_kept_where_only_then_the_record_fits(record: str, fields: list[str]) -> None:
    assert repair_quotes(["too", "few"], record + "\r\n", Dialect(), {4}) == fields


def test_what_csv_reads_with_as_many_fields_stands() -> None:
    assert repair_quotes(["Weird Al", "5"], '"Weird" Al,5\n', Dialect(), {2}) == ["Weird Al", "5"]


def test_a_record_that_fits_neither_way_stays_as_csv_reads_it() -> None:
    assert repair_quotes(["a"], '"a,b"c,d,e\n', Dialect(), {7}) == ["a"]


def test_lines_that_a_quote_took_in_are_left_alone() -> None:
    assert repair_quotes(["1", "x"], '1,"a\nb"c,d\n', Dialect(), {3}) == ["1", "x"]


def test_a_header_and_a_record_with_stray_quotes_are_read_and_told() -> None:
    outcome = scan_and_parse(b'id,"size,"name"\n1,"5 inch,"red"\n2,7,cup\n3,9,bag\n', ScanOptions())
    assert [column.title for column in outcome.scan.columns] == ["id", '"size', "name"]
    assert sorted(outcome.rows) == [["1", '"5 inch', "red"], ["2", "7", "cup"], ["3", "9", "bag"]]
    told = {finding.code for finding in outcome.scan.findings} | {finding.code for _, chunk in outcome.chunks for finding in chunk.findings}
    assert "stray-quotes" in told
