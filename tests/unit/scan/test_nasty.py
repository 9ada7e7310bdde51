"""Every nasty file: found out as a human would, and read as `csv` reads it, in small pieces and in one."""

import pytest
from msgspec import structs

from services.upload.scan.reading_copy import ReadingCopy
from services.upload.scan.scanner import ScanOptions
from tests.nasty.corpus import NASTY
from tests.unit.reference import check_against_reference

pytestmark = pytest.mark.usefixtures("reader")
SMALL_BYTES = 2000  # larger ones in pieces of a byte take seconds


def test_there_are_enough() -> None:
    assert len(NASTY) >= 60


@pytest.mark.parametrize("sizes", [(1 << 20, 1 << 20, 1 << 20), (7, 40, 11), (1, 1, 1)], ids=str)
@pytest.mark.parametrize("name", NASTY)
def test_nasty_file(name: str, sizes: tuple[int, int, int]) -> None:
    nasty = NASTY[name]
    chunk_bytes, piece_bytes, block_bytes = sizes if len(nasty.data) < SMALL_BYTES else tuple(size * 100 for size in sizes)
    given = dict(nasty.given)
    copy = ReadingCopy(encoding=given.pop("encoding", None))  # type: ignore[arg-type]
    blocks = [nasty.data[place : place + block_bytes] for place in range(0, len(nasty.data), block_bytes)]
    text = b"".join([piece for block in blocks for piece in copy.feed(block)] + [*copy.finish()])
    options = ScanOptions(
        chunk_bytes=chunk_bytes,
        piece_bytes=piece_bytes,
        encoding=copy.encoding or "",
        compression=copy.compression or "",
        **given,  # type: ignore[arg-type]
    )
    outcome = check_against_reference(text, nasty.text, options, block_bytes)
    assert structs.replace(outcome.scan.dialect, left_out=0, empty_columns=0) == nasty.dialect
