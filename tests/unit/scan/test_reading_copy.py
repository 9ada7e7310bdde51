"""Any encoding and packing becomes the same UTF-8, in whatever blocks it arrives; what cannot be read is said, never replaced."""

import bz2
import gzip
import io
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.csvread.marks import show_marks
from backbone.errors import BadRequest, Rejected, TooLarge
from services.upload.scan.encoding import judge_around, sniff_encoding
from services.upload.scan.formats.unpacker import EXPANSION_FREE_BYTES
from services.upload.scan.reading_copy import ReadingCopy

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = "name;city\n" + "Jürgen;München\nÉric;Orléans\n" * 50


def zipped(data: bytes, *names: str, method: int = zipfile.ZIP_DEFLATED, streamed: bool = False) -> bytes:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, block: Any) -> int:
            self.data += bytes(block)
            return len(block)

    target: io.BytesIO | Unseekable = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in names or ("data.csv",):
            archive.writestr(name, b"" if name.endswith("/") else data)
    return target.data if isinstance(target, Unseekable) else target.getvalue()


def read_all(data: bytes, block_bytes: int = 1000, encoding: str | None = None) -> tuple[bytes, ReadingCopy]:
    copy = ReadingCopy(encoding=encoding)
    out: list[bytes] = []
    for begin in range(0, len(data), block_bytes):
        out += copy.feed(data[begin : begin + block_bytes])
        assert copy.is_needed is not None or not out
    out += copy.finish()
    return b"".join(out), copy


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "zip": zipped,
    "zip stored": lambda data: zipped(data, method=zipfile.ZIP_STORED),
    "zip streamed": lambda data: zipped(data, streamed=True),
    "zip of a Mac": lambda data: zipped(data, "folder/", "folder/data.csv", "__MACOSX/folder/._data.csv"),
    "two gzips": lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]),
    "two zstds": lambda data: zstd.compress(data[:100]) + zstd.compress(data[100:]),
    "padded gzip": lambda data: gzip.compress(data) + b"\0" * 512,
}


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("block_bytes", [1, 7, 1 << 20])
def test_unpacked_as_it_streams(packing: str, block_bytes: int) -> None:
    out, copy = read_all(PACKERS[packing](TEXT.encode()), block_bytes)
    assert out == TEXT.encode()
    assert (copy.compression, copy.encoding, copy.is_needed) == (packing.split()[-1].replace("gzips", "gzip").replace("zstds", "zstd")
        if "zip " not in packing else "zip", "utf-8", True)  # fmt: skip


@pytest.mark.parametrize("packing", ["gzip", "zstd", "bzip2", "zip", "zip streamed"])
def test_an_archive_cut_off_is_refused(packing: str) -> None:
    data = PACKERS[packing](TEXT.encode())
    with pytest.raises(Rejected) as refused:
        read_all(data[: len(data) // 2])
    assert refused.value.code == "archive-cut-off"


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "zip", "zip streamed", "zip stored"])
def test_a_damaged_archive_is_refused(packing: str) -> None:
    data = bytearray(PACKERS[packing](TEXT.encode()))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(Rejected) as refused:
        read_all(bytes(data))
    assert refused.value.code in ("archive-damaged", "archive-cut-off", "zip-with-many-files")


@pytest.mark.parametrize("packing", ["gzip", "zstd", "bzip2", "zip"])
def test_a_bomb_is_stopped_early(packing: str) -> None:
    bomb = PACKERS[packing](b"a" * (80 << 20))  # one letter: bzip2 packs it at once
    copy = ReadingCopy()
    size = 0
    with pytest.raises(TooLarge) as refused:
        for piece in copy.feed(bomb):
            size += len(piece)
    assert refused.value.code == "expands-too-much"
    assert size <= max(200 * len(bomb), EXPANSION_FREE_BYTES)


def test_zips_that_are_no_csv() -> None:
    for data, code in [
        (zipped(b"a,b\n1,2\n", "one.csv", "two.csv"), "zip-with-many-files"),
        (zipped(b"<xml/>", "[Content_Types].xml", "xl/workbook.xml"), "binary-file"),
        (zipped(b"x", "only/"), "archive-damaged"),
    ]:
        with pytest.raises(Rejected) as refused:
            read_all(data)
        assert refused.value.code == code


def test_text_that_only_begins_like_an_archive() -> None:
    out, copy = read_all(b"BZh,b\n1,2\n")
    assert (out, copy.compression, copy.is_needed) == (b"BZh,b\n1,2\n", None, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252", "latin-1"])
def test_western_text_in_every_encoding(encoding: str) -> None:
    for block_bytes in (1, 3, 1 << 20):
        out, copy = read_all(TEXT.encode(encoding), block_bytes)
        assert out.removeprefix(b"\xef\xbb\xbf").decode() == TEXT
        assert copy.is_needed == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("имя;город\nИван;Москва\nОльга;Пермь\n", "cp1251", "cp1251"),
        ("имя;город\nИван;Москва\nОльга;Пермь\n", "koi8-r", "koi8_r"),
        ("imię;miasto\nŁukasz;Łódź\nGrażyna;Gdańsk\n", "cp1250", "cp1250"),
        ("名前,都市\n太郎,東京\n花子,大阪\n", "shift_jis", "cp932"),
        ("prix\n5 € – “net”\n", "cp1252", "cp1252"),
        ("a\n" * 30_000, "ascii", "utf-8"),
    ],
)
def test_encodings_are_guessed(text: str, encoding: str, expected: str) -> None:
    assert sniff_encoding(text.encode(encoding)) == expected


def test_utf_8_cut_inside_a_character_is_still_utf_8() -> None:
    assert sniff_encoding("ab€".encode()[:-1]) == "utf-8"
    assert judge_around(b"plain " * 2000 + b"M\xfcller wohnt in K\xf6ln", 12001).encoding == "cp1252"


def test_the_given_encoding_is_believed_and_its_faults_are_said() -> None:
    assert read_all(TEXT.encode("cp850"), encoding="cp850")[0].decode() == TEXT
    out, copy = read_all(b"a,b\n1,\x81\n", encoding="cp1252", block_bytes=3)
    assert show_marks(out.decode()) == "a,b\n1,\\x81\n"
    assert [(finding.code, finding.count, finding.places[0].line) for finding in copy.findings] == [("encoding-errors", 1, 2)]
    half = "ab".encode("utf-16-le") + b"\0\xd8" + "c".encode("utf-16-le")
    assert show_marks(read_all(half, encoding="utf-16-le")[0].decode()) == "ab\\x00\\xd8c"
    with pytest.raises(BadRequest):
        ReadingCopy(encoding="klingon")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="aé€😀\n,", max_size=50), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32", "utf-8"]), st.integers(1, 9))
def test_blocks_do_not_matter(text: str, encoding: str, block_bytes: int) -> None:
    assert read_all(text.encode(encoding), block_bytes, encoding)[0].removeprefix(b"\xef\xbb\xbf").decode() == text
