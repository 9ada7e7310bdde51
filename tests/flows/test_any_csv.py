"""Files as people have them: packed, in other encodings and dialects, with declared types, with rejects to be mended."""

import bz2
import csv
import gzip
import io
from typing import Any

import pytest

from tests.flows.pods import Rowmill

PLAIN = "name;price;since\nMüller;1.234,50;31.01.2026\nÅngström;7,00;01.12.2025\n"


def exported(rowmill: Rowmill, dataset: str) -> list[list[str]]:
    with rowmill.readers as http:
        answer = http.get(f"/api/datasets/{dataset}/export")
        assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("latin", PLAIN.encode("cp1252")),
        ("utf16", PLAIN.encode("utf-16")),
        ("gzip", gzip.compress(PLAIN.encode())),
        ("bzip2", bz2.compress(PLAIN.encode("cp1252"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_packed_and_in_other_encodings(rowmill: Rowmill, name: str, content: bytes) -> None:
    rowmill.load(content, dataset=f"packed-{name}", delimiter=";")
    assert exported(rowmill, f"packed-{name}") == list(csv.reader(PLAIN.splitlines(), delimiter=";"))
    with rowmill.uploads as http:
        (upload,) = http.get("/api/uploads", params={"dataset": f"packed-{name}"}).json()["uploads"]
        assert http.get(f"/api/uploads/{upload['id']}/file").content == content, "the original stays as it was given"


def test_a_file_that_stops_being_utf8_half_way(rowmill: Rowmill) -> None:
    rows = [["name", "note"], *([f"n{number}", "x" * 100] for number in range(20_000)), ["Müller", "grün"]]
    text = "\n".join(",".join(row) for row in rows) + "\n"
    done = rowmill.load(text.encode("cp1252"), dataset="late-umlaut")
    assert done["dialect"]["encoding"] == "cp1252"
    assert exported(rowmill, "late-umlaut") == rows


def test_types_that_the_user_declares(rowmill: Rowmill) -> None:
    rowmill.load(PLAIN.encode(), dataset="declared", types="price:decimal(1.234,56),since:date(%d.%m.%Y)")
    cheap = rowmill.rows("declared", filter="price:lt:10")["rows"]
    assert [row["values"]["name"] for row in cheap] == ["Ångström"]
    newest = rowmill.rows("declared", sort="-since", limit=1)["rows"]
    assert newest[0]["values"]["name"] == "Müller"


def test_rejects_are_mended_and_uploaded_again(rowmill: Rowmill) -> None:
    first = rowmill.load(b"id,price\n1,10\n2,1,50\n3,30\n", dataset="mending")
    assert (first["rows"], first["rejects"]) == (2, 1)
    with rowmill.uploads as http:
        text = http.get(f"/api/uploads/{first['id']}/rejects.csv").text
    assert text == "id,price,_record,_line,_reason\n2,1,2,3,too-many-fields,50\n"
    mended = text.replace("2,1,2,3,too-many-fields,50", '2,"1.50",2,3,too-many-fields')
    second = rowmill.load(mended.encode(), dataset="mending-2")
    assert (second["rows"], second["rejects"]) == (1, 0)
    assert rowmill.rows("mending-2")["rows"][0]["values"] == {"id": 2, "price": 1.5}


@pytest.mark.parametrize(("limit", "state"), [("1", "COMPLETE"), ("0", "FAILED"), ("25%", "COMPLETE"), ("10%", "FAILED")])
def test_too_many_rejects_fail_the_upload(rowmill: Rowmill, limit: str, state: str) -> None:
    name = f"limited-{limit.removesuffix('%')}"
    done = rowmill.wait(rowmill.upload(b"a,b\n1,2\n1,2,3\n5,6\n7,8\n", dataset=name, max_rejects=limit))
    assert done["state"] == state
    if state == "FAILED":
        assert done["error"]["type"] == "too-many-rejects"
        assert not _versions(rowmill, name)


def test_ragged_records(rowmill: Rowmill) -> None:
    done = rowmill.load(b"a,b,c\n1,2\n1,2,3\n1,2,3,,\n", dataset="ragged-fill")
    assert (done["rows"], done["rejects"]) == (3, 0)
    done = rowmill.load(b"a,b,c\n1,2\n1,2,3\n1,2,3,,\n", dataset="ragged-reject", ragged="reject")
    assert (done["rows"], done["rejects"]) == (2, 1)


def test_an_upload_that_failed_leaves_no_trace_in_the_next_version(rowmill: Rowmill) -> None:
    rowmill.load(b"a\n1\n", dataset="traces")
    failed = rowmill.wait(rowmill.upload(b"a\n2\n3,4\n", dataset="traces", max_rejects="0"))
    assert failed["state"] == "FAILED"
    rowmill.load(b"a\n5\n", dataset="traces")
    assert [row["values"]["a"] for row in rowmill.rows("traces")["rows"]] == [1, 5]


def _versions(rowmill: Rowmill, dataset: str) -> list[dict[str, Any]]:
    with rowmill.readers as http:
        return list(http.get(f"/api/datasets/{dataset}").json()["versions"])


def test_a_stray_byte_rejects_its_record_and_no_other(rowmill: Rowmill) -> None:
    good = "".join(f"{number},Zoë Müller\n" for number in range(20_000)).encode()
    content = b"id,name\n" + good + b"20000,Caf\xe9\n" + good
    done = rowmill.wait(rowmill.upload(content, dataset="stray-byte"))
    assert (done["state"], done["rows"], done["rejects"]) == ("COMPLETE", 40_000, 1), done
    assert "encoding-errors" in [finding["code"] for finding in done["findings"]]
    with rowmill.uploads as http:
        (reject,) = http.get(f"/api/uploads/{done['id']}/rejects").json()["rejects"]
    assert (reject["record"], reject["line"], reject["reason"]) == (20_001, 20_002, "not-in-encoding")
    assert reject["raw"] == "20000,Caf\\xe9"
