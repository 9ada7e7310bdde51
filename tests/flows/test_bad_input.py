"""Input that cannot be taken: each a problem+json with a clear sentence, and nothing half done left behind."""

import socket
import zlib
from urllib.parse import urlsplit

import httpx
import pytest

from tests.flows.pods import Rowmill

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + zlib.compress(b"\0" * 100)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty-file"), (b"\n\n\n", "empty-file"), (b"name,sku,description\n", "header-only"), (PNG, "binary-file")],
    ids=["empty", "blank", "header-only", "png"],
)
def test_files_that_are_no_csv(rowmill: Rowmill, content: bytes, code: str) -> None:
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params={"file_name": "picture.csv", "dataset": f"bad-{code}"}, content=content)
        problem = _problem(answer, 415 if code == "binary-file" else 422, code)
        upload = http.get(problem["upload"]).json()
        assert (upload["state"], upload["error"]["type"]) == ("FAILED", code)
        assert http.get(f"{problem['upload']}/file").status_code == 409
    with rowmill.readers as http:
        _problem(http.get(f"/api/datasets/bad-{code}"), 404, "no-such-dataset")


def test_a_body_cut_off_before_its_length(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        address = urlsplit(str(http.base_url))
        with socket.create_connection((address.hostname, address.port), timeout=20) as client:
            head = "POST /api/uploads?dataset=cut-off HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
            client.sendall(head.encode() + b"name,sku\na,1\n")
            client.shutdown(socket.SHUT_WR)
            answer = client.makefile("rb").read().decode()
        assert " 422 " in answer.splitlines()[0]
        assert "application/problem+json" in answer
        assert "body-cut-off" in answer
        (upload,) = http.get("/api/uploads", params={"dataset": "cut-off"}).json()["uploads"]
        assert (upload["state"], upload["error"]["type"]) == ("FAILED", "body-cut-off")


def test_a_broken_form(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        kind = {"content-type": "multipart/form-data; boundary=x"}
        no_end = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n1,2\n'
        no_file = b'--x\r\nContent-Disposition: form-data; name="dataset"\r\n\r\nd\r\n--x--\r\n'
        _problem(http.post("/api/uploads", content=no_end, headers=kind), 400, "bad-multipart")
        _problem(http.post("/api/uploads", content=no_file, headers=kind), 400, "no-file")


def test_readers_that_ask_for_what_is_not_there(rowmill: Rowmill) -> None:
    rowmill.load(b"name,price\nteapot,2\ncup,3\n", dataset="asking")
    with rowmill.readers as http:
        rows = "/api/datasets/asking/rows"
        _problem(http.get("/api/datasets/nobody-has-this/rows"), 404, "no-such-dataset")
        _problem(http.get(rows, params={"version": 99}), 404, "no-such-version")
        cursor = http.get(rows, params={"limit": 1}).json()["next_cursor"]
        assert http.get(rows, params={"limit": 1, "cursor": cursor}).status_code == 200
        broken = cursor[:-1] + ("A" if cursor[-1] != "A" else "Q")
        _problem(http.get(rows, params={"limit": 1, "cursor": broken}), 400, "bad-cursor")
        _problem(http.get(rows, params={"limit": 1, "cursor": cursor, "q": "cup"}), 400, "bad-cursor")
        _problem(http.get(rows, params={"q": '"open'}), 400, "query-syntax")
        assert http.get(rows, params={"filter": "prize:lt:3"}).status_code == 400
        assert http.get(rows, params={"filter": "price:lt:cheap"}).status_code == 400
        assert http.get(rows, params={"limit": 0}).status_code == 400
        _problem(http.get("/api/nothing/here"), 404, "no-such-path")
    with rowmill.uploads as http:
        _problem(http.get("/api/uploads/not-an-upload"), 404, "no-such-upload")
        _problem(http.post("/api/uploads", params={"dataset": "Not A Name"}, content=b"a\n1\n"), 400, "bad-dataset-name")
        _problem(http.post("/api/uploads", params={"colour": "red"}, content=b"a\n1\n"), 400, "unknown-option")


def _problem(answer: httpx.Response, status: int, code: str) -> dict[str, str]:
    told = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert told["type"].endswith(f":{code}"), told
    assert len(told["detail"]) > 20, "a sentence that a person can act on"
    return dict(told)
