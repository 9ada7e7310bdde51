"""Declared types: the syntax, and what becomes of values written the way people write them."""

import pytest

from backbone.errors import BadRequest
from backbone.model import Column, Table
from backbone.types.declared import DeclaredType, read_types
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse

pytestmark = pytest.mark.usefixtures("reader")


def test_syntax() -> None:
    assert read_types('price:decimal, "a,b: c":int,created:date(%d/%m/%Y),n:decimal(1,234.56),zip : text,ok:bool(ja/nein)') == (
        DeclaredType("price", "decimal", ""),
        DeclaredType("a,b: c", "integer", ""),
        DeclaredType("created", "date", "%d/%m/%Y"),
        DeclaredType("n", "decimal", "1,234.56"),
        DeclaredType("zip", "text", ""),
        DeclaredType("ok", "boolean", "ja/nein"),
    )
    assert read_types("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "price",
        "price:money",
        "d:date(%d/%m)",
        "d:date(%H:%M)",
        "n:decimal(12)",
        "b:boolean(yes)",
        "t:text(x)",
        "t:timestamp(%z %Y-%m-%d %H:%M)",
        ":",
    ],
)
def test_faulty_syntax_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_types(text)
    assert refused.value.code == "bad-types"


def load(declared: str, *values: str) -> list[str | None]:
    data = "v;x\n" + "".join(f"{value};{place}\n" for place, value in enumerate(values))
    outcome = scan_and_parse(data.encode(), ScanOptions(delimiter=";", types=f"v:{declared}"))
    assert all(reject.reason == "type-mismatch" for reject in outcome.rejects)
    answer: list[str | None] = ["reject"] * len(values)
    for cell, place in outcome.rows:
        answer[int(place or 0)] = cell
    return answer


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("integer", "007", "007"),
        ("integer", " 12 ", "12"),
        ("integer", "+5", "+5"),
        ("integer", "", None),
        ("integer", "1.0", "reject"),
        ("integer", "9223372036854775808", "reject"),
        ("integer", "1_000", "reject"),
        ("integer(1.234)", "1.234.567", "1234567"),
        ("integer(1.234)", "12.34", "reject"),
        ("decimal", "1e5", "1e5"),
        ("decimal", ".5", ".5"),
        ("decimal", "1,5", "reject"),
        ("decimal", "NaN", "reject"),
        ("decimal(1.234,56)", "1.234,56", "1234.56"),
        ("decimal(1.234,56)", "-1234,5", "-1234.5"),
        ("decimal(1.234,56)", "1.23,5", "reject"),
        ("decimal(1.234,56)", "12", "12"),
        ("decimal(,)", "3,14", "3.14"),
        ("decimal(1 234,56)", "1\u202f234,5", "1234.5"),
        ("decimal(1,234.56)", "1,234.5", "1234.5"),
        ("boolean", "Yes", "true"),
        ("boolean", "0", "false"),
        ("boolean", "maybe", "reject"),
        ("boolean(ja/nein)", "nein", "false"),
        ("boolean(ja/nein)", "yes", "reject"),
        ("date(%d/%m/%Y)", "22/11/2026", "2026-11-22"),
        ("date(%d/%m/%Y)", "2/1/2026", "2026-01-02"),
        ("date(%d/%m/%Y)", "02/01/26", "reject"),
        ("date(%d/%m/%Y)", "31/02/2026", "reject"),
        ("date(%d/%m/%Y)", "01/01/0000", "reject"),
        ("date(%d.%m.%y)", "02.01.26", "2026-01-02"),
        ("date(%d %b %Y)", "2 Jan 2026", "2026-01-02"),
        ("date", "2026-11-22", "2026-11-22"),
        ("date", "22.11.2026", "reject"),
        ("timestamp", "2026-11-22 08:00:00", "2026-11-22 08:00:00.000000"),
        ("timestamp", "2026-11-22T08:00:00.5Z", "2026-11-22 08:00:00.500000"),
        ("timestamp(%d.%m.%Y %H:%M)", "22.11.2026 8:05", "2026-11-22 08:05:00.000000"),
        ("timestamp(%d.%m.%Y %H:%M:%S%.1f)", "22.11.2026 08:05:01.5", "2026-11-22 08:05:01.500000"),
        ("timestamp(%m/%d/%Y %I:%M %p)", "11/22/2026 08:05 PM", "2026-11-22 20:05:00.000000"),
        ("text", "007", "007"),
    ],
)  # fmt: skip
def test_conversions(declared: str, value: str, expected: str | None) -> None:
    assert load(declared, value) == [expected]


def test_declared_times_go_in_and_out_as_iso() -> None:
    def column(declared: str) -> Column:
        outcome = scan_and_parse(b"v;x\n;1\n", ScanOptions(delimiter=";", types=f"v:{declared}"))
        return outcome.scan.columns[0]

    assert column("date(%d/%m/%Y)").format is None
    assert column("timestamp(%d/%m/%Y %H:%M:%S%.3f)").format == "%Y-%m-%d %H:%M:%S%.3f"
    assert column("date(%d %b %Y)").format is None
    assert column("decimal(1.234,56)") == Column(name="v", title="v", type="decimal", declared="1.234,56")


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadRequest, match="nope"):
        scan_and_parse(b"a,b\n1,2\n", ScanOptions(types="nope:integer"))


def test_a_declared_table_takes_later_files_as_they_come() -> None:
    table = Table(id=1, columns=(Column(name="v", title="v", type="date", format="%d/%m/%Y", declared="%d/%m/%Y"),))
    for value, expected in (("22/11/2026", "2026-11-22"), ("2026-11-22", "2026-11-22")):
        assert scan_and_parse(f"v\n{value}\n".encode(), ScanOptions(), table=table).rows == [[expected]]
