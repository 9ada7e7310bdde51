"""What a client takes is read as RFC 9110 has it."""

import pytest

from backbone.errors import NotAcceptable
from backbone.http.accept_header import liked_type
from backbone.http.compressed import liked_coding

CSV, JSON, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"


@pytest.mark.parametrize(
    ("header", "liked"),
    [
        ("", CSV),
        ("*/*", CSV),
        ("application/x-ndjson", JSON),
        ("Application/X-NDJSON; charset=utf-8", JSON),
        ("text/csv;q=0.5, application/x-ndjson", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", CSV),
        ("application/*", JSON),
        ("text/csv;q=0, */*", JSON),
        ("application/*;q=0.1, application/vnd.apache.parquet", PARQUET),
        ("text/csv;q=bad", CSV),
        (",", CSV),
    ],
)
def test_the_best_liked_type(header: str, liked: str) -> None:
    assert liked_type(header, (CSV, JSON, PARQUET)) == liked


@pytest.mark.parametrize("header", ["image/png", "text/csv;q=0", "*/*;q=0", "text/plain, image/*"])
def test_none_of_them(header: str) -> None:
    with pytest.raises(NotAcceptable, match="none of what there is here: text/csv"):
        liked_type(header, (CSV,))


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip", "gzip"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000", None),
        ("identity", None),
        ("br", None),
        ("", None),
    ],
)
def test_the_best_liked_coding(header: str, coding: str | None) -> None:
    assert liked_coding([(b"accept-encoding", header.encode())]) == coding
