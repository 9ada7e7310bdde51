"""Workbooks, Parquet, Arrow and JSON go the way of every file: searched, exported, traced to their record, read again, checked against the
stored file."""

import datetime
import io
import json
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.pods import Rowmill
from tests.flows.test_verify import differences
from tests.tables import arrow_file, parquet, xlsx

ROWS: list[list[Any]] = [
    ["sku", "title", "price", "made"],
    ["007", "blue teapot", 12.5, datetime.date(2024, 2, 29)],
    ["0120", "green cup", 3, datetime.date(2024, 3, 1)],
    ["12", "red, big pot", 1234.5, None],
]


def test_a_workbook_becomes_a_searchable_table(small_chunks: Rowmill) -> None:
    content = xlsx({"Notes": [["x"], ["y"]], "Prices": ROWS})
    done = small_chunks.load(content, dataset="workbook", file_name="prices.xlsx", sheet="Prices")
    assert (done["records"], done["rows"], done["rejects"], done["dialect"]["format"]) == (3, 3, 0, "xlsx")
    with small_chunks.readers as http:
        columns = http.get("/api/datasets/workbook").json()["columns"]
        assert [(column["name"], column["type"]) for column in columns] == [
            ("sku", "text"), ("title", "text"), ("price", "decimal"), ("made", "date"),
        ]  # fmt: skip
        (row,) = http.get("/api/datasets/workbook/rows", params={"q": "teapot"}).json()["rows"]
        assert row["values"] == {"sku": "007", "title": "blue teapot", "price": 12.5, "made": "2024-02-29"}
        origin = http.get(f"/api/datasets/workbook/rows/{row['row']}").json()["origin"]
        assert (origin["file_name"], origin["record"], origin["line"]) == ("prices.xlsx", 1, 2)
        exported = http.get("/api/datasets/workbook/export", params={"format": "csv"}).text
        assert exported == 'sku,title,price,made\n007,blue teapot,12.5,2024-02-29\n0120,green cup,3,2024-03-01\n12,"red, big pot",1234.5,\n'
    with small_chunks.uploads as http:
        assert http.get(f"/api/uploads/{done['id']}/file").content == content


def test_a_second_workbook_is_added_and_types_can_be_changed(small_chunks: Rowmill) -> None:
    small_chunks.load(xlsx(ROWS), dataset="workbook-again")
    small_chunks.load(xlsx([ROWS[0], ["99", "tea, loose", 2.25, None]]), dataset="workbook-again")
    with small_chunks.readers as http:
        answer = http.patch("/api/datasets/workbook-again", json={"types": {"price": "text"}})
        assert answer.status_code in (200, 202), answer.text

        def types() -> dict[str, str]:
            return {column["name"]: column["type"] for column in http.get("/api/datasets/workbook-again").json()["columns"]}

        small_chunks.wait(newest(small_chunks, "workbook-again"))
        assert types()["price"] == "text"
        rows = http.get("/api/datasets/workbook-again/rows").json()["rows"]
        assert [row["values"]["price"] for row in rows] == ["12.5", "3", "1234.5", "2.25"]


def newest(rowmill: Rowmill, dataset: str) -> dict[str, str]:
    with rowmill.uploads as http:
        return dict(http.get("/api/uploads", params={"dataset": dataset}).json()["uploads"][0])


def test_a_preview_takes_the_whole_workbook(small_chunks: Rowmill) -> None:
    rows: list[list[Any]] = [["sku", "text"], *[[f"s{number}", f"{number} {'x' * (number % 50)}"] for number in range(5_000)]]
    with small_chunks.uploads as http:
        seen = http.post("/api/preview", content=xlsx(rows)).json()
        assert [column["title"] for column in seen["columns"]] == ["sku", "text"]
        assert (seen["dialect"]["format"], len(seen["rows"]), seen["whole"]) == ("xlsx", 50, False)
        small = http.post("/api/preview", content=xlsx(ROWS)).json()
        assert (small["records"], small["whole"], small["rows"][2]) == (3, True, ["12", "red, big pot", "1234.5", None])
        cut = http.post("/api/preview", content=xlsx(rows)[: 64 * 1024])
        assert (cut.status_code, cut.json()["type"]) == (422, "urn:rowmill:problem:workbook-damaged")


@pytest.mark.parametrize(
    ("content", "options", "status", "code"),
    [
        (xlsx(ROWS)[:900], {}, 422, "workbook-damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(100), {}, 422, "workbook-encrypted"),
        (xlsx(ROWS), {"sheet": "Old"}, 422, "unknown-sheet"),
        (xlsx(ROWS), {"range": "5"}, 422, "empty-file"),
        (xlsx(ROWS), {"range": "?"}, 400, "bad-option"),
        (xlsx(ROWS), {"delimiter": ";"}, 422, "option-not-for-format"),
    ],
)
def test_what_cannot_be_read_is_a_failed_upload_with_a_sentence(
    small_chunks: Rowmill, content: bytes, options: dict[str, str], status: int, code: str
) -> None:
    with small_chunks.uploads as http:
        answer: httpx.Response = http.post("/api/uploads", params={"dataset": "no-workbook", **options}, content=content)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:rowmill:problem:{code}"), answer.text
        if status == 422:
            (newest_one, *_) = http.get("/api/uploads", params={"dataset": "no-workbook"}).json()["uploads"]
            assert (newest_one["state"], newest_one["error"]["type"]) == ("FAILED", code)


def test_the_stored_workbook_is_what_a_deep_check_reads(small_chunks: Rowmill) -> None:
    small_chunks.load(xlsx(ROWS), dataset="workbook-verified")
    assert differences(small_chunks, "workbook-verified", deep=True) == ""


OBJECTS = [
    {"sku": "007", "price": 12.5, "place": {"city": "Köln"}, "tags": ["a", "b"]},
    {},
    {"sku": "0120", "price": 9007199254740993, "made": "2024-02-29"},
]
LINES = "".join(json.dumps(one) + "\n" for one in OBJECTS)


def test_ndjson_becomes_rows_and_rejects(small_chunks: Rowmill) -> None:
    content = (LINES + '{"sku": oops\n').encode()
    done = small_chunks.load(content, dataset="from-ndjson", file_name="goods.ndjson")
    assert (done["records"], done["rows"], done["rejects"], done["dialect"]["format"]) == (4, 3, 1, "ndjson")
    with small_chunks.readers as http:
        rows = http.get("/api/datasets/from-ndjson/rows", params={"integers": "string"}).json()["rows"]
        assert [row["values"]["sku"] for row in rows] == ["007", None, "0120"]
        assert rows[0]["values"]["place_city"] == "Köln" and json.loads(rows[0]["values"]["tags"]) == ["a", "b"]
        exact = http.get("/api/datasets/from-ndjson/rows", params={"q": "0120"}).text
        assert "9007199254740993" in exact
    with small_chunks.uploads as http:
        (reject,) = http.get(f"/api/uploads/{done['id']}/rejects").json()["rejects"]
        assert (reject["record"], reject["reason"]) == (4, "not-json")
        assert "oops" in reject["raw"] and "\U0010feff" not in reject["raw"]
        assert http.get(f"/api/uploads/{done['id']}/file").content == content
        listed = http.post("/api/preview", content=json.dumps(OBJECTS).encode()).json()
        assert (listed["records"], listed["whole"], listed["dialect"]["format"]) == (3, True, "json")
        cut = http.post("/api/preview", content=json.dumps(OBJECTS * 2000).encode()).json()
        assert (cut["whole"], len(cut["rows"]), cut["rows"][2][0]) == (False, 50, "0120")
    assert differences(small_chunks, "from-ndjson", deep=True) == ""


TYPED = pa.table(
    {
        "sku": ["007", "0120", None],
        "price": pa.array([12.5, 3.0, None]),
        "stock": pa.array([1, None, None], pa.int32()),
        "made": pa.array([datetime.date(2024, 2, 29), None, None]),
        "empty": pa.nulls(3, pa.int64()),
    }
)


def test_an_empty_text_is_not_null(small_chunks: Rowmill) -> None:
    table = pa.table({"sku": ["a", "", None], "n": [1, 2, 3]})
    small_chunks.load(parquet(table), dataset="empty-texts")
    small_chunks.load(b'[{"sku": "", "n": 4}, {"n": 5}, {"sku": null, "n": 6}]', dataset="empty-texts")
    with small_chunks.readers as http:
        path = "/api/datasets/empty-texts"
        expected = ["a", "", None, "", None, None]
        assert [row["values"]["sku"] for row in http.get(f"{path}/rows").json()["rows"]] == expected
        found = http.get(f"{path}/rows", params={"filter": "sku:exists"}).json()["rows"]
        assert [row["values"]["n"] for row in found] == [1, 2, 4]
        exported = http.get(f"{path}/export", params={"format": "parquet"}).content
        assert pq.read_table(io.BytesIO(exported)).column("sku").to_pylist() == expected
        assert http.get(f"{path}/export").text == 'sku,n\na,1\n"",2\n,3\n"",4\n,5\n,6\n'
        assert [one["sku"] for one in http.get(f"{path}/export", params={"format": "json"}).json()] == expected
    assert differences(small_chunks, "empty-texts", deep=True) == ""


@pytest.mark.parametrize(("write", "format"), [(parquet, "parquet"), (arrow_file, "arrow")])
def test_parquet_and_arrow_keep_their_types(small_chunks: Rowmill, write: Any, format: str) -> None:
    done = small_chunks.load(write(TYPED), dataset=f"from-{format}")
    assert (done["rows"], done["rejects"], done["dialect"]["format"]) == (3, 0, format)
    with small_chunks.readers as http:
        columns = http.get(f"/api/datasets/from-{format}").json()["columns"]
        assert {column["name"]: column["type"] for column in columns} == {
            "sku": "text", "price": "decimal", "stock": "integer", "made": "date", "empty": "integer",
        }  # fmt: skip
        rows = http.get(f"/api/datasets/from-{format}/rows").json()["rows"]
        assert [row["values"]["sku"] for row in rows] == ["007", "0120", None]
        assert rows[0]["values"] == {"sku": "007", "price": 12.5, "stock": 1, "made": "2024-02-29", "empty": None}
    with small_chunks.uploads as http:
        seen = http.post("/api/preview", content=write(TYPED)).json()
        assert (seen["records"], [column["type"] for column in seen["columns"]]) == (3, ["text", "decimal", "integer", "date", "integer"])
    assert differences(small_chunks, f"from-{format}", deep=True) == ""
