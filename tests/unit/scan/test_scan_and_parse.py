"""The property that everything stands on: scan and parse give what `csv` gives for the whole file, whatever the pieces."""

import csv
import io
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backbone.errors import Rejected
from backbone.model import Dialect
from services.upload.scan.scanner import ScanOptions
from tests.thorough import examples
from tests.unit.reference import check_against_reference, read_reference, scan_and_parse

pytestmark = pytest.mark.usefixtures("reader")
sizes = st.sampled_from([1, 2, 3, 7, 64, 1 << 20])
block_sizes = st.sampled_from([1, 2, 5, 16, 1000, 1 << 20])
piece_sizes = st.sampled_from([1, 3, 10, 50, 1 << 20])
cells = st.text(alphabet='a1,;"\n\r é-.\t\\\0', max_size=8) | st.sampled_from(
    ["", "12", "-3.50", "true", "2026-11-22", '"', "x^", "\ufeff"]
)


def options_of(chunk_bytes: int, piece_bytes: int, **more: object) -> ScanOptions:
    given: dict[str, object] = {"delimiter": ",", "escape": "", "quote": '"', "header": True, "skip": 0} | more
    return ScanOptions(chunk_bytes=chunk_bytes, piece_bytes=piece_bytes, sample_bytes=piece_bytes, **given)  # type: ignore[arg-type]


@example([[";", " "]], "\n", ";", False, False, 1, 1, 1)  # short, and with as many delimiters as a whole record
@settings(max_examples=examples(300), deadline=None)
@given(
    records=st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=12),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quote_all=st.booleans(),
    final_line_end=st.booleans(),
    chunk_bytes=sizes,
    block_bytes=block_sizes,
    piece_bytes=piece_sizes,
)
def test_written_records_come_back(
    records: list[list[str]],
    line_end: str,
    delimiter: str,
    quote_all: bool,
    final_line_end: bool,
    chunk_bytes: int,
    block_bytes: int,
    piece_bytes: int,
) -> None:
    def write(field: str) -> str:
        needs_quotes = quote_all or any(character in field for character in (delimiter, '"', "\r", "\n"))
        return '"' + field.replace('"', '""') + '"' if needs_quotes else field

    lines = [delimiter.join(map(write, record)) for record in [["one", "two", "three"], *records]]
    text = line_end.join(lines) + (line_end if final_line_end else "")
    if not read_reference(text, dialect_of(delimiter)).records:
        return
    check_against_reference(text.encode(), text, options_of(chunk_bytes, piece_bytes, delimiter=delimiter), block_bytes)


def dialect_of(delimiter: str = ",", escape: str | None = None, quote: str = '"') -> Dialect:
    return Dialect(delimiter=delimiter, escape=escape, quote=quote)


@settings(max_examples=examples(1200), deadline=None)
@given(
    text=st.text(alphabet='a,"\n\r 1é', max_size=60),
    chunk_bytes=sizes,
    block_bytes=block_sizes,
    piece_bytes=piece_sizes,
)
@example(text='"a\n"\n', chunk_bytes=7, block_bytes=1, piece_bytes=1)
def test_any_mess_is_read_as_csv_reads_it(text: str, chunk_bytes: int, block_bytes: int, piece_bytes: int) -> None:
    text = "p,q\n" + text
    if not read_reference(text, dialect_of()).records:
        with pytest.raises(Rejected, match="no record"):
            scan_and_parse(text.encode(), options_of(chunk_bytes, piece_bytes), block_bytes)
        return
    check_against_reference(text.encode(), text, options_of(chunk_bytes, piece_bytes), block_bytes)


@settings(max_examples=examples(600), deadline=None)
@given(
    text=st.text(alphabet='a,"\\\n\r \0', max_size=50),
    quote=st.sampled_from(['"', "'", ""]),
    escape=st.sampled_from(["\\", ""]),
    chunk_bytes=sizes,
    block_bytes=block_sizes,
    piece_bytes=piece_sizes,
)
def test_other_quotes_and_escapes(text: str, quote: str, escape: str, chunk_bytes: int, block_bytes: int, piece_bytes: int) -> None:
    text = "p,q\n" + text.replace('"', quote or '"')
    if not read_reference(text, dialect_of(escape=escape or None, quote=quote)).records:
        return
    options = options_of(chunk_bytes, piece_bytes, quote=quote, escape=escape)
    check_against_reference(text.encode(), text, options, block_bytes)


MESSES = {"stray": '5" pipe,a"b,c\n', "long": "1,2,3,4\n", "blank": "\n\r\n", "nul": "a\0,b,c\n", "return": "a,b,c\rd,e,f\n"}


@settings(max_examples=examples(25), deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    mess=st.sampled_from(["", *MESSES]),
    chunk_bytes=st.sampled_from([5_000, 60_000, 1 << 20]),
    piece_bytes=st.sampled_from([3_000, 40_000, 1 << 20]),
)
def test_larger_files_with_rare_mess(seed: int, mess: str, chunk_bytes: int, piece_bytes: int) -> None:
    """Long enough that clean stretches go to polars and only those around the mess are read the slow way."""
    random = Random(seed)
    rows = io.StringIO(newline="")
    writer = csv.writer(rows, lineterminator="\n")
    for number in range(2000):
        words = " ".join(random.choice(["la", "li", "lu\n", 'l"o', "é"]) for _ in range(random.randrange(12)))
        writer.writerow([number, words, random.choice(["", "x,y", "z"])])
        if mess and random.randrange(300) == 0:
            rows.write(MESSES[mess])
    text = "number,words,third\n" + rows.getvalue()
    outcome = check_against_reference(text.encode(), text, options_of(chunk_bytes, piece_bytes), 10_000)
    if not mess:
        assert all(chunk.clean for chunk in outcome.scan.chunks)
