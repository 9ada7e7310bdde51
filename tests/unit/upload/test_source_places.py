"""What places make of answers: JSON records as columns, pages after pages, listings of S3, values of databases; and where they may not lead."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backbone.errors import BadRequest, Rejected
from backbone.outgoing.addresses import Refused
from backbone.outgoing.databases.stream import read_database_url
from backbone.outgoing.databases.values import csv_bytes
from services.upload.sources.api_place import next_link
from services.upload.sources.folder_place import FolderPlace
from services.upload.sources.json_records import line_of, records_of
from services.upload.sources.s3_place import read_listing
from services.upload.sources.settings import FolderSettings, read_secret, read_settings, redacted


def test_values_of_a_database_are_exact() -> None:
    row = [None, "", "a,b", 'say "hi"', " x", "two\nlines", True, Decimal("1.10"), Decimal("1E+3"), 0.1, date(2026, 1, 2), b"\x00\xff"]
    times = [datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), {"a": [1]}, 12345678901234567890]
    assert csv_bytes([row]) == b',"","a,b","say ""hi"""," x","two\nlines",true,1.10,1000,0.1,2026-01-02,\\x00ff\n'
    assert csv_bytes([times]) == b'2026-01-02 03:04:05.000006+00:00,"{""a"": [1]}",12345678901234567890\n'


def test_records_become_columns_and_keep_their_digits() -> None:
    content = (
        b'{"data": {"items": [{"id": 1, "price": {"amount": 1.10, "unit": "EUR"}, "tags": ["a", 2.50]}, '
        b'{"id": 12345678901234567890, "ok": true, "note": null}]}}'
    )
    records = records_of(content, "data.items", "host")
    assert b"".join(line_of(record, ()) for record in records) == (
        b'{"id":1,"price":{"amount":1.10,"unit":"EUR"},"tags":["a",2.50]}\n{"id":12345678901234567890,"ok":true,"note":null}\n'
    )
    assert [line_of(record, ("price.amount", "tags", "price")) for record in records] == [
        b'{"price.amount":1.10,"tags":["a",2.50],"price":"{\\"amount\\":1.10,\\"unit\\":\\"EUR\\"}"}\n',
        b'{"price.amount":null,"tags":null,"price":null}\n',
    ]


@pytest.mark.parametrize(
    ("content", "path"), [(b"<html>", ""), (b"{}", ""), (b'{"a": 1}', "a"), (b"[1, 2]", ""), (b'{"a": []}', "a.b"), (b"", "")]
)
def test_what_has_no_records_is_told(content: bytes, path: str) -> None:
    with pytest.raises(Rejected):
        records_of(content, path, "host")


def test_the_next_page_of_a_header() -> None:
    assert next_link('<https://a.example/?page=2>; rel="next", <https://a.example/?page=9>; rel="last"') == "https://a.example/?page=2"
    assert next_link("") is None and next_link("nonsense") is None


def test_a_listing_of_s3() -> None:
    one = "<Contents><Key>in/a%20b+c.csv</Key><ETag>&quot;e&quot;</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
    cut = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{one}<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>'
    (listed,), after = read_listing(cut.encode())
    assert (listed.key, listed.etag, after) == ("in/a b c.csv", '"e"', "t")
    with pytest.raises(Rejected):
        read_listing(b"<html><body>")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://me:secret@host/shop",
        "postgresql:///shop",
        "postgresql://me@host/shop?host=/var/run/postgresql",
        "postgresql://me@host/shop?sslrootcert=/etc/passwd",
        "sqlite:///relative.db",
        "sqlite:////etc/other.db",
        "sqlite:////data/../etc/other.db",
        "sqlite:////data/x.db?mode=rw",
        "sqlite://",
        "duckdb:////data/x.db",
    ],
)
def test_databases_that_are_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        read_database_url(url, [Path("/data")])
    assert read_database_url("sqlite:////data/x.db", [Path("/data")]).database == "/data/x.db"


def test_a_folder_does_not_lead_out_of_what_is_allowed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "x.csv").write_text("a\n1\n")
    (inside / "link").symlink_to(outside)
    for path, glob in [(outside, "*"), (inside / "link", "*"), (inside / "..", "*"), (inside, "../outside/*"), (inside, "/etc/*")]:
        with pytest.raises(Refused):
            FolderPlace(FolderSettings(path=str(path), glob=glob), [inside], 1000)
    assert FolderPlace(FolderSettings(path=str(inside)), [inside], 1000)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("api", {"url": "https://a.example", "paging": {"by": "page"}}),
        ("api", {"url": "https://a.example", "paging": {"by": "cursor", "parameter": "c"}}),
        ("s3", {"bucket": "UPPER"}),
        ("s3", {"bucket": "shop", "glob": ""}),
        ("url", {"url": "https://a.example", "headers": {"Content-Length": "1"}}),
        ("url", {"url": "https://a.example", "headers": {"X": "a\nb"}}),
    ],
)
def test_settings_that_are_none(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read_settings(kind, settings)


def test_a_secret_is_cut_out_of_messages() -> None:
    secret = read_secret({"user": "me", "password": "hunter22", "headers": {"X": "t0ken"}})
    assert redacted("no hunter22 and t0ken for me", secret) == "no *** and *** for me"
    for bad in ({"token": "a", "password": "b"}, {"tokens": "a"}, {"token": "a\nb"}, {"headers": {"Host": "x"}}):
        with pytest.raises(BadRequest):
            read_secret(bad)
