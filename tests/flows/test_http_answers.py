"""HEAD wherever GET is, answers as gzip, and files for spreadsheets: what a client of HTTP expects besides the rows."""

import csv
import io

from tests.flows.pods import Rowmill

GOODS = "name,price\n" + "".join(f"teapot number {number},{number}.50\n" for number in range(500))
FORMULAS = 'a,b\n"=1+1","x;=2"\n"  -3",plain\n＝5,"say ""@6"""\n"ok\n=7",a-b\n-8,c=d\n'
GUARDED = [["'=1+1", "x;'=2"], ["'  -3", "plain"], ["'＝5", 'say "\'@6"'], ["ok\n'=7", "a-b"], ["'-8", "c=d"]]
BAD = "a,b\n1,2\n=cmd,2,3\n"
PLAIN = {"Accept-Encoding": "identity"}  # compressed, an answer does not tell its length


def test_head_is_answered_wherever_get_is(rowmill: Rowmill) -> None:
    done = rowmill.load(GOODS.encode(), dataset="heads")
    reads = ["", "/rows?q=teapot", "/groups?by=name", "/export?format=csv", "/export?format=parquet", "/rows?q=%22open", "/rows/1"]
    with rowmill.readers as http, rowmill.uploads as uploads:
        asked = [(http, f"/api/datasets/heads{read}") for read in reads]
        asked += [(http, "/api/datasets/nobody"), (http, "/api/search?q=teapot"), (http, "/health/live")]
        asked += [(uploads, f"/api/uploads/{done['id']}{read}") for read in ("", "/file", "/rejects", "/rejects.csv", "/events")]
        for client, path in asked:
            head = client.head(path, headers=PLAIN)
            with client.stream("GET", path, headers=PLAIN) as got:
                assert (head.status_code, head.content) == (got.status_code, b""), path
                for name in ("content-type", "etag", "content-disposition", "content-length", "x-content-type-options"):
                    assert head.headers.get(name) == got.headers.get(name), (path, name)
        assert http.head("/api/datasets/heads/rows", headers={"If-None-Match": "*"}).status_code == 304
        assert uploads.head("/api/preview").status_code == 405


def test_answers_come_as_gzip_and_parts_as_they_are(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="zipped")
    with rowmill.readers as http:
        for path in ("rows?limit=500", "groups?by=name&limit=500"):
            plain = http.get(f"/api/datasets/zipped/{path}", headers={"Accept-Encoding": "identity"})
            zipped = http.get(f"/api/datasets/zipped/{path}", headers={"Accept-Encoding": "gzip;q=0.5, br"})
            assert (zipped.headers["content-encoding"], zipped.headers["vary"]) == ("gzip", "Accept-Encoding")
            assert "content-encoding" not in plain.headers
            assert zipped.content == plain.content
            assert zipped.headers["etag"].removeprefix("W/") == plain.headers["etag"].removeprefix("W/")
        part = http.get("/api/datasets/zipped/export", headers={"Range": "bytes=0-3", "Accept-Encoding": "gzip"})
        assert (part.status_code, part.content, "content-encoding" in part.headers) == (206, b"name", False)
        assert "content-encoding" not in http.get("/api/datasets/zipped/export?format=parquet", headers={"Accept-Encoding": "gzip"}).headers
        assert "content-encoding" not in http.get("/api/datasets/zipped/rows", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_no_cell_is_a_formula_in_any_spreadsheet(rowmill: Rowmill) -> None:
    rowmill.load(FORMULAS.encode(), dataset="guarded")
    with rowmill.readers as http:
        answer = http.get("/api/datasets/guarded/export?safe=true")
        assert list(csv.reader(io.StringIO(answer.text, newline="")))[1:] == GUARDED
        assert http.get("/api/datasets/guarded/export").text.splitlines() == FORMULAS.splitlines() or "=1+1" in answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_rejects_are_a_file_and_can_be_looked_at_safely(rowmill: Rowmill) -> None:
    done = rowmill.load(BAD.encode(), dataset="bad-goods", file_name="bad goods.csv")
    with rowmill.uploads as http:
        answer = http.get(f"/api/uploads/{done['id']}/rejects.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''bad%20goods.csv.rejects.csv"
        assert answer.text.splitlines()[1].startswith("=cmd,2,")
        assert http.get(f"/api/uploads/{done['id']}/rejects.csv?safe=true").text.splitlines()[1].startswith("'=cmd,2,")
        assert http.get(f"/api/uploads/{done['id']}/rejects.csv?save=true").status_code == 400
