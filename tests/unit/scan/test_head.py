"""The head of a file: names, delimiters, and the files that are refused with a sentence that helps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.columns.names import clean_name, name_columns
from backbone.errors import BadRequest, Rejected
from services.upload.scan.scanner import NotUtf8, ScanOptions
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
        (b'a,"b\n1,2\n', "header-quote-left-open"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary-file"),
        (b"%PDF-1.7\nabc", "binary-file"),
        (bytes(range(32)) * 20, "binary-file"),
        (b"a,b\n1,\xff\n", "not-utf-8"),
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
        with pytest.raises(NotUtf8) as refused:
            scan_bytes(good + b"M\xfcller,x\n", ScanOptions(), block_bytes)
        assert refused.value.offset == len(good) + 1
    with pytest.raises(NotUtf8):
        scan_bytes(good + b"\xc3", ScanOptions())


def test_names() -> None:
    titles = ["Name", "name", "NAME ", "Größe (cm)", "", "2020", "Prix €", "Имя", "select", "name_2", "x" * 80, "x" * 80, "_row", "a\0b"]
    names = [column.name for column in name_columns(titles)]
    assert names == [
        "name", "name_2", "name_3", "grosse_cm", "column_5", "c_2020", "prix", "column_8", "select", "name_2_2",
        "x" * 60, "x" * 58 + "_2", "row", "a_b",
    ]  # fmt: skip
    assert [column.title for column in name_columns(titles)][:13] == titles[:13]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=70), min_size=1, max_size=10).map(lambda titles: titles * 2))
def test_names_are_safe_and_unique(titles: list[str]) -> None:
    names = [column.name for column in name_columns(titles)]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.isascii() and name.isidentifier() and name == name.lower() and name[0].isalpha() and len(name) <= 60
        assert clean_name(name) == name


def test_ten_thousand_columns_of_one_name() -> None:
    assert len({column.name for column in name_columns(["same"] * 10_000)}) == 10_000


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


@pytest.mark.parametrize("given", [{"delimiter": "ab"}, {"delimiter": "\n"}, {"quote": "é"}, {"delimiter": ";", "quote": ";"}])
def test_impossible_dialects_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        scan_bytes(b"a,b\n1,2\n", ScanOptions(**given))  # type: ignore[arg-type]


def test_byte_order_mark_is_not_part_of_the_first_name() -> None:
    outcome = scan_and_parse(b'\xef\xbb\xbf"a",b\n1,2\n', ScanOptions())
    assert [column.title for column in outcome.scan.columns] == ["a", "b"]
    assert outcome.scan.chunks[0].offset == len(b'\xef\xbb\xbf"a",b\n')
