"""HEAD wherever GET is, answers as gzip or zstd, the format that is asked for, files for spreadsheets: what a client expects besides the rows."""

import csv
import io
import sys

from tests.flows.pods import Rowmill

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

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
                for name in ("content-type", "etag", "content-disposition", "x-content-type-options"):
                    assert head.headers.get(name) == got.headers.get(name), (path, name)
                if "parquet" in path:  # streamed to whoever takes all of it, kept for whoever asks how long it is
                    assert int(head.headers["content-length"]) == len(got.read())
                else:
                    assert head.headers.get("content-length") == got.headers.get("content-length"), path
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


def test_answers_come_as_zstd_to_whoever_takes_it(rowmill: Rowmill) -> None:
    rowmill.load(GOODS.encode(), dataset="zstd-goods")
    with rowmill.readers as http:
        plain = http.get("/api/datasets/zstd-goods/rows?limit=500", headers=PLAIN)
        request = http.build_request("GET", "/api/datasets/zstd-goods/rows?limit=500", headers={"Accept-Encoding": "gzip, br, zstd"})
        packed = http.send(request, stream=True)
        assert packed.headers["content-encoding"] == "zstd"
        assert zstd.decompress(b"".join(packed.iter_raw())) == plain.content


def test_accept_chooses_the_format_and_is_refused_where_there_is_none(rowmill: Rowmill) -> None:
    rowmill.load(b"a,b\n1,x\n", dataset="accepted")
    export = "/api/datasets/accepted/export"
    with rowmill.readers as http:

        def kind(path: str, accept: str) -> tuple[int, str]:
            answer = http.get(path, headers={"Accept": accept})
            return answer.status_code, answer.headers["content-type"].partition(";")[0]

        assert kind(export, "*/*") == kind(export, "text/*") == (200, "text/csv")
        assert kind(export, "application/x-ndjson") == (200, "application/x-ndjson")
        assert kind(export, "application/vnd.apache.parquet, */*;q=0.1") == (200, "application/vnd.apache.parquet")
        assert kind(f"{export}?format=ndjson", "text/csv") == (200, "application/x-ndjson")  # what is written out comes first
        for path in (export, "/api/datasets", "/api/datasets/accepted", "/api/datasets/accepted/rows", "/api/search?q=x"):
            assert kind(path, "image/png") == (406, "application/problem+json"), path
        assert kind("/api/datasets/accepted/rows", "text/html,*/*;q=0.8") == (200, "application/json")
        assert http.get(export, headers={"Accept": "text/csv"}).headers["vary"] == "Accept"


def test_integers_are_texts_for_readers_without_integers(rowmill: Rowmill) -> None:
    big = 2**53 + 1
    rowmill.load(f"n,d,t\n{big},1.5,a\n-7,2.0,b\n,0.5,c\n".encode(), dataset="big-integers")
    base = "/api/datasets/big-integers"
    with rowmill.readers as http:
        page = http.get(f"{base}/rows?integers=string&facet=n:top:3&facet=t").json()
        assert [row["values"] for row in page["rows"]] == [
            {"n": str(big), "d": 1.5, "t": "a"},
            {"n": "-7", "d": 2.0, "t": "b"},
            {"n": None, "d": 0.5, "t": "c"},
        ]
        assert [count["value"] for count in page["facets"]["n"]] == ["-7", str(big)]
        assert http.get(f"{base}/rows?integers=number").json()["rows"][0]["values"]["n"] == big
        assert http.get(f"{base}/rows/{page['rows'][0]['row']}?integers=string").json()["values"]["n"] == str(big)
        groups = http.get(f"{base}/groups?by=n&agg=count,sum:n,max:n,avg:d&integers=string").json()["groups"]
        assert groups[0] == {"n": "-7", "count": 1, "sum_n": "-7", "max_n": "-7", "avg_d": 2}
        found = http.get("/api/search?q=a&datasets=big-integers&integers=string").json()["datasets"][0]
        assert found["rows"][0]["values"]["n"] == str(big)
        assert http.get(f"{base}/rows?integers=text").status_code == 400


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
