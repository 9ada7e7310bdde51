"""One chunk into a table that is not quite like it: other columns, other types, other layout, and chunks that are not what they seem."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from backbone.errors import Rejected
from backbone.model import Column, Dialect, Table
from services.parser.parse_chunk import CountsDiffer, parse_chunk
from services.upload.scan.scanner import ScanOptions
from tests.thorough import examples
from tests.unit.reference import read_payload, scan_and_parse, scan_bytes

pytestmark = pytest.mark.usefixtures("reader")


def column(name: str, kind: str = "text", form: str | None = None) -> Column:
    return Column(name=name, title=name, type=kind, format=form)  # type: ignore[arg-type]


def parse_into(data: bytes, *columns: Column, layout: str = "columns", quote: str | None = None):  # type: ignore[no-untyped-def]
    return scan_and_parse(data, ScanOptions(quote=quote), table=Table(id=1, columns=columns, layout=layout))  # type: ignore[arg-type]


def test_columns_are_matched_by_name_and_missing_ones_are_null() -> None:
    outcome = parse_into(b"b,a\n1,x\n2,\n", column("a"), column("c", "integer"), column("b", "integer"))
    assert outcome.rows == [["x", None, "1"], [None, None, "2"]]


def test_a_column_unknown_to_the_table_is_refused() -> None:
    with pytest.raises(Rejected, match="surprise"):
        parse_into(b"a,surprise\n1,2\n", column("a"))


def test_values_that_do_not_fit_the_table_are_rejects() -> None:
    data = b"n,day\n1,2026-11-22\nx,2026-11-22\n2,\n3,22.11.\n4," + b"9" * 100 + b"\n"
    outcome = parse_into(data, column("n", "integer"), column("day", "date"))
    assert outcome.rows == [["1", "2026-11-22"], ["2", None]]
    assert [(reject.record, reject.line, reject.reason, reject.raw[:9]) for reject in outcome.rejects] == [
        (2, 3, "type-mismatch", "x,2026-11"),
        (4, 5, "type-mismatch", "3,22.11."),
        (5, 6, "type-mismatch", "4,9999999"),
    ]
    assert outcome.rejects[0].detail.startswith("Column n: 'x' is no integer. ")
    assert "retype=true" in outcome.rejects[0].detail
    assert len(outcome.rejects[2].detail) < 200
    assert [number & 0xFFFFFFFF for number in outcome.numbers] == [0, 2]


@pytest.mark.parametrize("kind", ["text", "decimal", "integer"])
def test_wider_types_need_no_check(kind: str) -> None:
    outcome = parse_into(b"n\n1\n-2\n", column("n", kind))
    assert outcome.rows == [["1"], ["-2"]]


def test_a_timestamp_of_another_shape_does_not_fit() -> None:
    table_column = column("t", "timestamp", "%Y-%m-%dT%H:%M:%SZ")
    outcome = parse_into(b"t\n2026-11-22 08:00:00\n", table_column)
    assert not outcome.rows
    assert outcome.rejects[0].reason == "type-mismatch"
    assert parse_into(b"t\n2026-11-22T08:00:00Z\n", table_column).rows == [["2026-11-22T08:00:00Z"]]


texts = st.text(alphabet='a,"\\\n\r{}NUL é', max_size=6) | st.sampled_from(["NULL", "\\N", "{}", ""])


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.lists(texts, min_size=3, max_size=3).filter(any), min_size=1, max_size=5))
@example([["", "", "\\N"], ["", "", ",\\N,"]])
def test_cells_layout_is_one_array_literal(rows: list[list[str]]) -> None:
    data = b"a,b,c\n" + "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows).encode()
    outcome = parse_into(data, column("c"), column("new"), column("a"), column("b"), layout="cells", quote='"')
    expected = [[row[2] or None, None, row[0] or None, row[1] or None] for row in rows]
    assert [read_array(str(cells[0])) for cells in outcome.rows] == expected


def read_array(literal: str) -> list[str | None]:
    """As PostgreSQL's array_in reads it."""
    assert literal[0] == "{" and literal[-1] == "}"
    elements: list[str | None] = []
    place = 1
    while place < len(literal):
        if literal.startswith("NULL", place):
            elements.append(None)
            place += len("NULL")
        else:
            assert literal[place] == '"'
            place += 1
            text = ""
            while literal[place] != '"':
                place += literal[place] == "\\"
                text += literal[place]
                place += 1
            elements.append(text)
            place += 1
        assert literal[place] == ("}" if place == len(literal) - 1 else ",")
        place += 1
    return elements


def test_a_record_beyond_the_limit_is_a_reject_of_its_own() -> None:
    long = b'2,"' + b"x\n" * 3000 + b'"\n'
    data = b"a,b\n1,x\n" + long + b"3,z\n"
    for piece_bytes in (100, 1 << 20):
        options = ScanOptions(record_bytes_max=1000, piece_bytes=piece_bytes, sample_bytes=100)
        outcome = scan_and_parse(data, options)
        assert outcome.rows == [["1", "x"], ["3", "z"]]
        assert [(chunk.oversized, chunk.records, chunk.first_line) for chunk, _ in outcome.chunks] == [
            (False, 1, 2),
            (True, 1, 3),
            (False, 1, 3004),
        ]
        assert [(reject.record, reject.line, reject.reason) for reject in outcome.rejects] == [(2, 3, "record-too-long")]
        assert [item.type for item in outcome.scan.columns] == ["integer", "text"]


def test_a_quote_left_open_says_where_it_opened() -> None:
    data = b'a,b\n1,x\n"p\nq","r\n3,y\n'
    outcome = scan_and_parse(data, ScanOptions())
    assert outcome.rows == [["1", "x"]]
    (reject,) = outcome.rejects
    assert (reject.record, reject.line, reject.reason) == (2, 3, "quote-left-open")
    assert "line 4" in reject.detail


def test_an_open_quote_over_many_blocks_keeps_memory_bounded() -> None:
    """The tail is let go when it grows beyond the limit; the record is oversized, and says that its quote is open."""
    options = ScanOptions(record_bytes_max=10_000, piece_bytes=1000, sample_bytes=1000)
    for swallowed in (b"line\n" * 20_000, b"no line end " * 10_000):
        outcome = scan_and_parse(b'a,b\n1,x\n2,"' + swallowed, options, block_bytes=1000)
        assert outcome.rows == [["1", "x"]]
        assert outcome.rejects[0].reason == "record-too-long"
        assert "opens in line 3" in outcome.rejects[0].detail


def test_raw_text_is_cut() -> None:
    outcome = scan_and_parse(b"a,b\n1,2," + "é".encode() * 50_000 + b"\n", ScanOptions())
    assert len(outcome.rejects[0].raw.encode()) == 64 * 1024


def test_a_count_that_does_not_agree_is_never_silent() -> None:
    data = b"a,b\n1,2\n3,4\n"
    scan = scan_bytes(data, ScanOptions())
    chunk = structs.replace(scan.chunks[0], records=3)
    with pytest.raises(CountsDiffer, match="2 records where the scan counted 3"):
        parse_chunk(
            data[chunk.offset :],
            chunk=chunk,
            dialect=Dialect(),
            columns=scan.columns,
            table=Table(id=1, columns=scan.columns),
            version=1,
            table_chunk=0,
        )


def test_a_chunk_wrongly_called_clean_is_read_all_the_same() -> None:
    """`clean` is a promise of the scan; should it ever be wrong, the count or polars' refusal shows it."""
    data = b'a,b\n1,x\n\n2,5" pipe\n3,"y"z\n4,5,6\n'
    scan = scan_bytes(data, ScanOptions())
    (chunk,) = scan.chunks
    assert not chunk.clean
    parsed = parse_chunk(
        data[chunk.offset :],
        chunk=structs.replace(chunk, clean=True),
        dialect=scan.dialect,
        columns=scan.columns,
        table=Table(id=1, columns=scan.columns),
        version=1,
        table_chunk=0,
    )
    assert read_payload(parsed.payload) == [["1", "0", "1", "x"], ["1", "1", "2", '5" pipe'], ["1", "2", "3", "yz"]]
    assert [reject.record for reject in parsed.rejects] == [4]
