"""What polars does with the bytes that it is given: the proof that a clean chunk may be read by it."""

import csv
import io
from random import Random

import pytest

from backbone.csvread.columnwise import NotReadable, read_columns
from backbone.model import Dialect

CASES = [
    b"a,b\nc,d\n",
    b"a,b\nc,d",
    b"a,b\r\nc,d\r\n",
    b'a,"b"\r\nc,"d"\r\n',
    b'a,"b"\r\nc,"d"',
    b'a,""\n"",d\n',
    b"a,\n,d\n,\n",
    b"a\nb,c\n",
    b"a\r\nb,c\r\n",
    b'a, "b"\n "c" ,d\n',
    b" a , b \n  ,  \n",
    b'"a""b","""c"""\n"""","a"\n',
    b'"a\nb",c\n"d\r\ne",f\n',
    b'"a\r",b\n"\r","\n"\r\n',
    b'a\n""\nc\n',
    b'a\n""',
    b"#a,b\n#c,d\n",
    b"NA,null\nNone,\\N\n",
    b'"\n\n\n"\n"\n"\n',
    b'"""""",""""\n',
    'é,"ü\n"\n'.encode(),
    b"x^,looks like zlib\nc,d\n",
    b"x\x01,looks like zlib\nc,d\n",
    "xڀ,looks like zlib\n".encode(),
    "\ufeffa,no byte order mark here\n".encode(),
    '\ufeff"a",b\n'.encode(),
    b"BZh91AY&SY,b\n",
]


def by_csv(data: bytes, width: int) -> list[tuple[str | None, ...]]:
    rows = csv.reader(io.StringIO(data.decode(), newline=""))
    return [tuple(field or None for field in (row + [""] * width)[:width]) for row in rows]


@pytest.mark.parametrize("data", CASES)
def test_polars_reads_what_csv_reads(data: bytes) -> None:
    assert read_columns(data, Dialect(), 2).rows() == by_csv(data, 2)


@pytest.mark.parametrize("data", [b"a,b\n\nc,d\n", b"a,b\r\n\r\nc,d\r\n", b"\na,b\n", b"a,b\n\n", b"\n"])
def test_a_blank_line_is_a_row_of_nulls(data: bytes) -> None:
    assert read_columns(data, Dialect(), 2).rows() == by_csv(data, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,c\n",
        b"a,b\n" * 50_000 + b"c,d,e\n" + b"f,g\n" * 50_000,
        b"a,b\nc,d,\n",
        b"a,b\nc,\xff\n",
        b"a,b\n" * 50_000 + b'c,"\xed\xa0\x80"\n',
    ],
)
def test_polars_refuses_too_long_records_and_bad_utf_8(data: bytes) -> None:
    with pytest.raises(NotReadable):
        read_columns(data, Dialect(), 2)


@pytest.mark.parametrize("seed", range(6))
def test_large_pieces(seed: int) -> None:
    """polars cuts large input among its threads: borders inside must not change what is read."""
    random = Random(seed)
    width = random.choice([1, 2, 5])
    line_end = random.choice(["\n", "\r\n"])

    def field() -> str:
        text = "".join(random.choice('ab,"\n\r é') for _ in range(random.randrange(20)))
        return '"' + text.replace('"', '""') + '"' if random.random() < 0.5 or set(text) & set(',"\r\n') else text

    lines = [",".join(field() for _ in range(random.choice([width, width, 1]))) for _ in range(20_000)]
    data = line_end.join(line or '""' for line in lines).encode()
    assert read_columns(data, Dialect(), width).rows() == by_csv(data, width)
