"""Records that say nothing are left out and told, however they say it: by delimiters, blanks, or quotes around nothing."""

import pytest

from backbone.findings import Finding
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse


def read(text: str, **options: object) -> tuple[list[list[str | None]], list[Finding]]:
    outcome = scan_and_parse(text.encode(), ScanOptions(**options))  # type: ignore[arg-type]
    return outcome.rows, [finding for _, parsed in outcome.chunks for finding in parsed.findings]


@pytest.mark.parametrize("blank", [";;", '"";"";""', '"";;', " ;\t; ", "   ", "\t", '"";"";"";'])
def test_left_out_and_told(blank: str) -> None:
    for line_end in ("\n", "\r\n"):
        rows, (finding,) = read(line_end.join(["a;b;c", "1;2;x", blank, "3;4;y", ""]))
        assert rows == [["1", "2", "x"], ["3", "4", "y"]]
        assert (finding.code, finding.level, finding.places[0].line) == ("blank-records-left-out", "info", 3)


@pytest.mark.parametrize("narrow", [";", '"";""'])
def test_a_warning_where_a_record_is_narrower_than_the_header(narrow: str) -> None:
    rows, (finding,) = read(f"a;b;c\n1;2;x\n{narrow}\n3;4;y\n")
    assert len(rows) == 2
    assert (finding.level, finding.places[0].line) == ("warning", 3)


@pytest.mark.parametrize("record", ['"";"""";""', '";";"";""', '"\n";"";""', '" ";"";""', '"";"";0'])
def test_a_quote_a_delimiter_or_a_line_break_in_quotes_is_a_value(record: str) -> None:
    rows, findings = read(f"a;b;c\n1;2;x\n{record}\n3;4;y\n", delimiter=";", quote='"')
    assert len(rows) == 3
    assert findings == []


def test_quotes_around_nothing_are_the_empty_value_of_a_column_alone() -> None:
    rows, findings = read('a\n1\n""\n3\n')
    assert [*map(str, (row[0] for row in rows))] == ["1", "None", "3"]
    assert findings == []


def test_quotes_that_are_none_are_values() -> None:
    rows, _ = read('a;b\n1;2\n"";""\n3;4\n', quote="")
    assert ['""', '""'] in rows
