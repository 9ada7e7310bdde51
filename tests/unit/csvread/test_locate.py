"""Where a record stands in its file, against a plain count of its lines."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from backbone.csvread.locate import place_of
from backbone.model import Chunk, Dialect

FIELDS = st.text(alphabet='ab,\n"é', max_size=4)


def chunk(data: bytes) -> Chunk:
    return Chunk(number=0, offset=100, length=len(data), records=0, first_record=1, first_line=2, clean=False)


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
def test_every_record_is_found(records: list[list[str]], blanks: set[int]) -> None:
    expected: list[tuple[int, int, int]] = []
    data = b""
    records = [record for record in records if any(record)]  # those of nothing but delimiters are left out
    for number, record in enumerate(records):
        data += b"\n" if number in blanks else b""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(record)
        written = out.getvalue().encode()
        expected.append((2 + data.count(b"\n"), 100 + len(data), len(written)))
        data += written
    found = [place_of(data, chunk(data), Dialect(), position) for position in range(len(records))]
    assert [place and (place.line, place.offset, place.length) for place in found] == expected
    assert place_of(data, chunk(data), Dialect(), len(records)) is None
