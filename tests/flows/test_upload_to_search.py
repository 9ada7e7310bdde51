"""The main job: upload a file, watch it load, search its rows; in one process and in four."""

import csv
import io
import json
from typing import Any

from tests.flows.pods import Rowmill

PRODUCTS = (
    b"name,sku,price,listed,active,description\r\n"
    b'Teapot,007,19.90,2026-01-31,true,"Glazed, blue\nwith a ""lid"""\r\n'
    b"Caf\xc3\xa9 cup,008,4.50,2025-12-01,false,\r\n"
    b"Saucer,009,,2024-02-29,true,plain blue"
)


def test_a_file_becomes_rows_that_can_be_searched(rowmill: Rowmill) -> None:
    done = rowmill.load(PRODUCTS, file_name="Main Products.csv")
    assert (done["dataset"], done["version"]) == ("main-products", 1)
    assert (done["records"], done["rows"], done["rejects"], done["indexed"]) == (3, 3, 0, 3)
    assert done["balance"]["visible_documents"] == 3

    page = rowmill.rows("main-products")
    assert [row["values"]["name"] for row in page["rows"]] == ["Teapot", "Café cup", "Saucer"]
    assert page["rows"][0]["values"] == {
        "name": "Teapot",
        "sku": "007",
        "price": 19.9,
        "listed": "2026-01-31",
        "active": True,
        "description": 'Glazed, blue\nwith a "lid"',
    }
    assert page["rows"][2]["values"]["price"] is None


def test_search_filter_and_sort(rowmill: Rowmill) -> None:
    rowmill.load(PRODUCTS, dataset="searching")
    assert _names(rowmill.rows("searching", q="cafe")) == ["Café cup"]
    assert sorted(_names(rowmill.rows("searching", q="blue"))) == ["Saucer", "Teapot"]
    assert _names(rowmill.rows("searching", q='"blue with"')) == ["Teapot"]
    assert _names(rowmill.rows("searching", q="blue -lid")) == ["Saucer"]
    assert _names(rowmill.rows("searching", filter="price:lt:10")) == ["Café cup"]
    assert _names(rowmill.rows("searching", filter=["active:eq:true", "listed:gte:2026-01-01"])) == ["Teapot"]
    assert _names(rowmill.rows("searching", sort="price")) == ["Café cup", "Teapot", "Saucer"]
    assert _names(rowmill.rows("searching", sort="-price")) == ["Teapot", "Café cup", "Saucer"]
    marked = rowmill.rows("searching", q="glazed", highlight=True)["rows"][0]["highlight"]
    assert marked["description"][0].startswith("<mark>Glazed</mark>")


def test_pages_by_cursor_show_every_row_once(rowmill: Rowmill) -> None:
    text = "number,word\n" + "".join(f"{number},word{number % 3}\n" for number in range(100))
    rowmill.load(text.encode(), dataset="paging")
    for parameters in ({}, {"sort": "-word"}, {"q": "word1"}):
        expected = 33 if "q" in parameters else 100
        seen = [row["values"]["number"] for row in _all_rows(rowmill, "paging", limit=7, **parameters)]
        assert len(seen) == len(set(seen)) == expected


def test_append_adds_and_replace_replaces(rowmill: Rowmill) -> None:
    rowmill.load(b"a,b\n1,x\n", dataset="modes")
    second = rowmill.load(b"b,a,c\ny,2,new\n", dataset="modes", mode="append")
    assert second["version"] == 2
    assert [row["values"] for row in rowmill.rows("modes")["rows"]] == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": "y", "c": "new"}]
    third = rowmill.load(b"z\n26\n", dataset="modes", mode="replace", shrink="allow")
    assert third["version"] == 3
    assert [row["values"] for row in rowmill.rows("modes")["rows"]] == [{"z": 26}]
    assert len(rowmill.rows("modes", version=1)["rows"]) == 1
    assert len(rowmill.rows("modes", version=2)["rows"]) == 2


def test_uploads_to_one_dataset_take_turns(rowmill: Rowmill) -> None:
    started = [rowmill.upload(f"n\n{number}\n".encode(), dataset="turns") for number in range(8)]
    versions = {rowmill.wait(upload)["version"] for upload in started}
    assert versions == set(range(1, 9))
    assert sorted(row["values"]["n"] for row in rowmill.rows("turns")["rows"]) == list(range(8))


def test_a_multipart_form(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", data={"dataset": "form"}, files={"file": ("from a form.csv", PRODUCTS, "text/csv")})
    assert answer.status_code == 202, answer.text
    done = rowmill.wait(answer.json())
    assert (done["dataset"], done["file_name"], done["rows"], done["size_bytes"]) == ("form", "from a form.csv", 3, len(PRODUCTS))


def test_rejects_are_kept_with_raw_text_place_and_reason(rowmill: Rowmill) -> None:
    done = rowmill.load(b'a,b\n1,"two\nlines"\n3,4,5\n6,7\n', dataset="rejects")
    assert (done["records"], done["rows"], done["rejects"]) == (3, 2, 1)
    with rowmill.uploads as http:
        page = http.get(f"/api/uploads/{done['id']}/rejects").json()
        text = http.get(f"/api/uploads/{done['id']}/rejects.csv").text
    (reject,) = page["rejects"]
    assert (reject["record"], reject["line"], reject["reason"], reject["raw"].strip()) == (2, 4, "too-many-fields", "3,4,5")
    assert len(list(csv.reader(io.StringIO(text)))) == 2


def test_many_chunks_come_out_as_one_file(rowmill: Rowmill) -> None:
    """Chunks of the default size: the file must be larger than one."""
    rows = 90_000
    text = "id,text\n" + "".join(f'{number},"{"x" * 100}\n{number}"\n' for number in range(rows))
    done = rowmill.load(text.encode(), dataset="chunks")
    assert done["chunks"]["total"] > 1
    assert done["rows"] == done["indexed"] == rows
    assert rowmill.rows("chunks", filter=f"id:eq:{rows - 1}")["rows"][0]["values"]["text"].endswith(f"\n{rows - 1}")


def test_the_original_comes_back_byte_for_byte(rowmill: Rowmill) -> None:
    done = rowmill.load(PRODUCTS, dataset="original")
    with rowmill.uploads as http:
        assert http.get(f"/api/uploads/{done['id']}/file").content == PRODUCTS


def test_lists_of_datasets_and_uploads(rowmill: Rowmill) -> None:
    done = rowmill.load(PRODUCTS, dataset="listed")
    with rowmill.readers as http:
        assert "listed" in [each["name"] for each in http.get("/api/datasets", params={"limit": 1000}).json()["datasets"]]
        columns = {each["name"]: each["type"] for each in http.get("/api/datasets/listed").json()["columns"]}
    assert columns == {"name": "text", "sku": "text", "price": "decimal", "listed": "date", "active": "boolean", "description": "text"}
    with rowmill.uploads as http:
        first = http.get("/api/uploads", params={"limit": 1}).json()
        assert first["uploads"][0]["id"] == done["id"]
        if first["next_cursor"]:
            second = http.get("/api/uploads", params={"limit": 1, "cursor": first["next_cursor"]}).json()
            assert second["uploads"][0]["id"] != done["id"]


def _names(page: dict[str, Any]) -> list[str]:
    return [row["values"]["name"] for row in page["rows"]]


def _all_rows(rowmill: Rowmill, dataset: str, **parameters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = rowmill.rows(dataset, **parameters, **cursor)
        rows += page["rows"]
        if page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}


def test_progress_comes_as_events(rowmill: Rowmill) -> None:
    upload = rowmill.upload(b"n\n" + b"".join(b"%d\n" % number for number in range(50_000)), dataset="watched")
    with rowmill.uploads as http, http.stream("GET", f"/api/uploads/{upload['id']}/events", timeout=60) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        assert events.headers["cache-control"] == "no-store"
        lines = list(events.iter_lines())  # ends by itself
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert lines.count("event: upload") == len(told)
    assert (told[-1]["state"], told[-1]["rows"]) == ("COMPLETE", 50_000)
