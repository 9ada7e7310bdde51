"""Requests that bring a file in a way that cannot be meant: told at once what is wrong; and headers that state something are obeyed."""

import httpx
import pytest

from tests.flows.pods import Rowmill

TABLE = b"id,name\n1,Pen\n2,Cup\n"
URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("headers", "content", "status", "words"),
    [
        ({"content-type": "multipart/form-data"}, b"--x\r\n\r\na,b\n1,2\n--x--\r\n", 400, "boundary"),
        ({"content-type": "multipart/mixed; boundary=x"}, b"--x\r\n\r\na,b\n1,2\n--x--\r\n", 400, "multipart/mixed"),
        ({"content-encoding": "deflate"}, TABLE, 415, "deflate"),
        ({"content-encoding": "gzip, br"}, TABLE, 415, "br"),
        ({"content-type": URLENCODED}, TABLE.replace(b"\n", b""), 400, "--data-binary"),
        ({}, b"<!doctype html><title>Sign in</title>", 415, "HTML"),
        ({}, b"-- dump\nCREATE TABLE t (id int, n text);\nINSERT INTO t VALUES (1,'a');\nINSERT INTO t VALUES (2,'b');\n", 415, "SQL"),
        ({"content-type": "text/csv; charset=klingon"}, TABLE, 400, "klingon"),
        ({"content-type": "text/csv; charset=utf-16"}, TABLE, 422, "byte order mark"),
        ({"content-type": "text/csv; header=perhaps"}, TABLE, 400, "header"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_mistake_is_told(rowmill: Rowmill, headers: dict[str, str], content: bytes, status: int, words: str) -> None:
    with rowmill.uploads as http:
        for path in ("/api/uploads", "/api/preview"):
            answer = http.post(path, params={"dataset": "mistakes"} if "uploads" in path else {}, content=content, headers=headers)
            assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def preview(http: httpx.Client, content: bytes, content_type: str, **options: str) -> list[list[str]]:
    answer = http.post("/api/preview", params=options, content=content, headers={"content-type": content_type})
    assert answer.status_code == 200, answer.text
    return [[column["title"] for column in answer.json()["columns"]], *answer.json()["rows"]]


def test_what_a_content_type_states_is_obeyed(rowmill: Rowmill) -> None:
    russian = "id,name\n1,Москва\n".encode("cp1251")
    with rowmill.uploads as http:
        assert preview(http, russian, "text/csv; charset=windows-1251")[1] == ["1", "Москва"]
        assert preview(http, russian, "text/csv; charset=utf-8", encoding="cp1251")[1] == ["1", "Москва"]
        assert len(preview(http, TABLE, "text/csv; header=absent")) == 4
        assert len(preview(http, TABLE, "text/csv; header=present")) == 3
        assert len(preview(http, TABLE, URLENCODED)) == 3
        form = {"file": ("a.csv", russian, "text/csv; charset=windows-1251")}
        assert http.post("/api/preview", files=form).json()["rows"][0] == ["1", "Москва"]
