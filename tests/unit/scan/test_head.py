"""The head of a file: names, delimiters, and the files that are refused with a sentence that helps."""

from typing import Any

import pytest

from backbone.errors import BadRequest, Rejected
from services.upload.scan.encoding import OtherEncoding
from services.upload.scan.scanner import ScanOptions
from tests.unit.reference import scan_and_parse, scan_bytes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (b"\n\r\n\n", "empty-file"),
        (b"a,b\n", "header-only"),
        (b"a,b", "header-only"),
        (b"\n\na,b\n\n\n", "header-only"),
        (b'a,"b\nx,y\n', "header-quote-left-open"),  # records of numbers would speak for a quote that is none
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary-file"),
        (b"%PDF-1.7\nabc", "binary-file"),
        (bytes(range(32)) * 20, "binary-file"),
        (b"a,b\n1,\xff\n", "not-in-encoding"),
        (",".join(f"c{number}" for number in range(51)).encode() + b"\n1\n", "too-many-columns"),
        (b'a,"' + b"x\n" * 4000, "header-too-long"),
    ],
)
def test_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        scan_bytes(data, ScanOptions(columns_max=50, record_bytes_max=5000, sample_bytes=1000, piece_bytes=1000), 100)
    assert refused.value.code == code
    assert refused.value.detail.endswith((".", "?"))


def test_not_utf_8_says_where() -> None:
    good = ("name,city\n" + "Ü,München\n" * 100).encode()
    for block_bytes in (1, 7, 1 << 20):
        with pytest.raises(OtherEncoding) as refused:
            scan_bytes(good + b"M\xfcller,x\n", ScanOptions(), block_bytes)
        assert refused.value.offset == len(good) + 1
    with pytest.raises(OtherEncoding):
        scan_bytes(good + b"\xc3", ScanOptions())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter: str) -> None:
    data = "name,x;price;city\nA;1,5;B, C\nD;2,5;E\n".replace(";", delimiter if delimiter != "," else ";").encode()
    assert scan_bytes(data, ScanOptions()).dialect.delimiter == (delimiter if delimiter != "," else ";")
    assert scan_bytes(b"a,b\n1,x;y\n", ScanOptions()).dialect.delimiter == ","


def test_what_the_user_says_wins() -> None:
    data = b"made by us\n\nname;x\nA,b;2\n"
    outcome = scan_and_parse(data, ScanOptions(delimiter=",", header=False, skip=1))
    assert [column.name for column in outcome.scan.columns] == ["column_1"]
    assert outcome.rows == [["name;x"]]
    assert [(reject.record, reject.line) for reject in outcome.rejects] == [(2, 4)]


@pytest.mark.parametrize(
    "given",
    [
        {"delimiter": "ab"},
        {"delimiter": "\n"},
        {"quote": "é"},
        {"delimiter": ";", "quote": ";"},
        {"header_rows": 2, "header": False},
    ],
)
def test_impossible_dialects_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        scan_bytes(b"a,b\n1,2\n", ScanOptions(**given))


def test_byte_order_mark_is_not_part_of_the_first_name() -> None:
    outcome = scan_and_parse(b'\xef\xbb\xbf"a",b\n1,2\n', ScanOptions())
    assert [column.title for column in outcome.scan.columns] == ["a", "b"]
    assert outcome.scan.chunks[0].offset == len(b'\xef\xbb\xbf"a",b\n')


def test_names_for_a_file_without_a_header() -> None:
    outcome = scan_and_parse(b"1,pen,2.50\n2,cup,3.75\n", ScanOptions(names=("sku", "name", "price")))
    assert [column.title for column in outcome.scan.columns] == ["sku", "name", "price"]
    assert outcome.rows == [["1", "pen", "2.50"], ["2", "cup", "3.75"]]
    given = scan_and_parse(b"a,b\n1,2\n", ScanOptions(names=("x", "y"), header=True))
    assert ([column.title for column in given.scan.columns], given.rows) == (["x", "y"], [["1", "2"]])
    with pytest.raises(Rejected) as refused:
        scan_bytes(b"1,pen\n2,cup\n", ScanOptions(names=("sku",)))
    assert refused.value.code == "names-do-not-fit"


@pytest.mark.parametrize(
    ("content", "names", "is_told"),
    [
        (b"name,qty\nPen,1\nCup,2\n", ("a", "b"), True),
        (b"name,town\nPen,Rome\nCup,Oslo\n", ("Name", "town"), True),
        (b"Pen,1\nCup,2\nBag,3\n", ("name", "qty"), False),
        (b"Pen,Rome\nCup,Oslo\n", ("name", "town"), False),
    ],
)
def test_names_over_a_header_are_told(content: bytes, names: tuple[str, ...], is_told: bool) -> None:
    scan = scan_bytes(content, ScanOptions(names=names))
    assert [finding.code for finding in scan.findings if finding.level == "warning"] == ["header-guessed"] * is_told


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\n"])
def test_a_file_without_a_byte_may_be_meant(content: bytes) -> None:
    with pytest.raises(Rejected, match="empty=true"):
        scan_bytes(content, ScanOptions())
    scan = scan_bytes(content, ScanOptions(empty=True))
    assert (scan.columns, scan.records, scan.chunks) == ((), 0, ())
