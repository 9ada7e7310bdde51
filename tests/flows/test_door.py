"""What a foreign web page can make a browser send to a server on localhost changes nothing there."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.flows.pods import Rowmill

FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
ROWS = b"a,b\n1,2\n"


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_foreign_page_cannot_upload(rowmill: Rowmill, mode: str) -> None:
    with rowmill.uploads as http:
        url = f"/api/uploads?file_name=door.csv&dataset=door-{mode}&mode={mode}"
        assert http.post(url, content=ROWS, headers={**FOREIGN, "Content-Type": "text/plain"}).status_code == 403
        form = http.post(url, files={"file": ("door.csv", ROWS)}, headers=FOREIGN)
        assert (form.status_code, form.json()["type"]) == (403, "urn:rowmill:problem:foreign-origin")
        uploads = http.get("/api/uploads").json()["uploads"]
    assert not [upload for upload in uploads if upload["dataset"] == f"door-{mode}"]


def test_a_foreign_page_cannot_act(rowmill: Rowmill) -> None:
    with rowmill.uploads as http, rowmill.readers as readers:
        for act in ("undo", "cancel", "publish", "discard", "retry"):
            assert http.post(f"/api/uploads/any/{act}", headers=FOREIGN).status_code == 403
        assert readers.delete("/api/datasets/any", headers=FOREIGN).status_code == 403
        assert readers.patch("/api/datasets/any", json={"title": "x"}, headers=FOREIGN).status_code == 403


def test_a_foreign_name_is_answered_with_nothing(rowmill: Rowmill) -> None:
    with rowmill.readers as http:
        answer = http.get("/api/datasets", headers={"Host": "rebind.evil.example:8000"})
        assert (answer.status_code, answer.json()["type"]) == (421, "urn:rowmill:problem:unknown-host")
        assert http.delete("/api/datasets/any", headers={"Host": "rebind.evil.example"}).status_code == 421


@pytest.mark.parametrize("hosts", ["", "Host: localhost\r\nHost: evil.example\r\n"])
def test_no_host_or_two_are_refused(rowmill: Rowmill, hosts: str) -> None:
    with rowmill.readers as http:
        address = urlsplit(str(http.base_url))
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=10) as connection:
        connection.sendall(f"GET /api/datasets HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        status = connection.recv(64).split(b" ")[1]
    assert status == b"400"


def test_answers_carry_the_headers_that_keep_browsers_from_guessing(rowmill: Rowmill) -> None:
    with rowmill.readers as http:
        for path in ("/api/datasets", "/api/docs/", "/health/live", "/api/no-such"):
            answer = http.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
