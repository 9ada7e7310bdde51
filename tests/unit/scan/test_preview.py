"""A preview says of the first bytes what a scan would say of the file."""

import gzip

import pytest

from backbone.errors import Rejected
from services.upload.scan.options import ScanOptions
from services.upload.scan.preview import preview

pytestmark = pytest.mark.usefixtures("reader")
TEXT = "Name;Preis;Tag\n" + "".join(f"Müller {number};{number}.50;2026-01-{number % 28 + 1:02}\n" for number in range(5000))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_first_bytes_of_a_larger_file(pack, encoding: str) -> None:  # type: ignore[no-untyped-def]
    for size in (1000, 20_001, 65_536):
        seen = preview(pack(TEXT.encode(encoding))[:size], ScanOptions())
        assert seen.dialect.delimiter == ";"
        assert seen.dialect.encoding == {"utf-16": "utf-16-le"}.get(encoding, encoding)
        assert seen.dialect.compression == ("gzip" if pack is gzip.compress else "")
        assert [(column.name, column.type) for column in seen.columns] == [("name", "text"), ("preis", "decimal"), ("tag", "date")]
        assert seen.rows[0] == ("Müller 0", "0.50", "2026-01-01")
        assert len(seen.rows) == min(50, seen.records)
        assert not seen.whole


def test_a_whole_small_file_with_mess() -> None:
    seen = preview(b'a,b\n1,2\n\n3,4,5\n6,x"y\n7,"open', ScanOptions(), whole=True)
    assert seen.rows == (("1", "2"), ("6", 'x"y'))
    assert [(reject.record, reject.reason) for reject in seen.rejects] == [(2, "too-many-fields")]
    assert (seen.records, seen.whole) == (3, True)


def test_header_only_shows_the_columns() -> None:
    assert [column.name for column in preview(b"a,b\n", ScanOptions(), whole=True).columns] == ["a", "b"]


def test_what_a_scan_refuses_a_preview_refuses() -> None:
    for sample, whole in ((b"\x89PNG\r\n\x1a\n", True), (b"", True), (b'a,"b' + b"x" * 100, False)):
        with pytest.raises(Rejected):
            preview(sample, ScanOptions(), whole=whole)
