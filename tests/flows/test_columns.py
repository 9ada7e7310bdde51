"""Columns by title, over HTTP: whatever their order, script or likeness, values stay under their titles."""

from typing import Any
from uuid import uuid4

import pytest

from tests.flows.pods import ENDED, Rowmill, wait_for
from tests.flows.test_verify import sql, table_of


def new(name: str = "columns") -> str:
    return f"{name}-{uuid4().hex[:12]}"


def send(rowmill: Rowmill, dataset: str, text: str, **options: str) -> dict[str, Any]:
    """The upload once it has ended."""
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params={"dataset": dataset, **options}, content=text.encode())
        assert answer.status_code == 202, answer.text
        upload: dict[str, Any] = {}

        def ended() -> bool:
            upload.update(http.get(f"/api/uploads/{answer.json()['id']}").json())
            return upload["state"] in ENDED

        wait_for(ended, 60, "the upload has ended")
    return upload


def rows(rowmill: Rowmill, dataset: str, **parameters: str) -> list[dict[str, Any]]:
    """By title."""
    with rowmill.readers as http:
        titles = {column["name"]: column["title"] for column in http.get(f"/api/datasets/{dataset}").json()["columns"]}
        answer = http.get(f"/api/datasets/{dataset}/rows", params={"limit": 100, **parameters})
        assert answer.status_code == 200, answer.text
        return [{titles[name]: value for name, value in row["values"].items()} for row in answer.json()["rows"]]


def codes(upload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["code"], finding["level"]) for finding in upload["findings"]]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("имя,город\nИван,Казань\n", "город,имя\nОмск,Пётр\n", [{"имя": "Иван", "город": "Казань"}, {"имя": "Пётр", "город": "Омск"}]),
        ("id,%,€\n1,5,6\n", "id,€,%\n2,7,8\n", [{"id": 1, "%": 5, "€": 6}, {"id": 2, "%": 8, "€": 7}]),
        (
            "Symbol,Change,Change %\nAAA,1.5,0.8\n",
            "Symbol,Change %,Change\nBBB,2.1,7.25\n",
            [{"Symbol": "AAA", "Change": 1.5, "Change %": 0.8}, {"Symbol": "BBB", "Change": 7.25, "Change %": 2.1}],
        ),
    ],
)
def test_values_stay_under_their_titles(rowmill: Rowmill, first: str, second: str, expected: list[dict[str, Any]]) -> None:
    dataset = new()
    assert send(rowmill, dataset, first)["state"] == "COMPLETE"
    upload = send(rowmill, dataset, second)
    assert (upload["state"], codes(upload)) == ("COMPLETE", [])
    assert rows(rowmill, dataset) == expected
    title = list(expected[0])[-1]
    found = rows(rowmill, dataset, filter=f"{title}:eq:{expected[1][title]}", sort=f"-{title}")
    assert found == expected[1:]


def test_a_file_for_another_dataset_is_refused(rowmill: Rowmill) -> None:
    dataset = new()
    send(rowmill, dataset, "编号,名称\n1,北京\n")
    upload = send(rowmill, dataset, "价格,数量\n9,8\n")
    assert (upload["state"], upload["error"]["type"], codes(upload)) == ("FAILED", "columns-unknown", [("columns-unknown", "stop")])
    assert rows(rowmill, dataset) == [{"编号": 1, "名称": "北京"}]
    added = send(rowmill, dataset, "价格,数量\n9,8\n", columns="any")
    assert (added["state"], len(rows(rowmill, dataset))) == ("COMPLETE", 2)


def test_the_key_is_the_column_of_that_title(rowmill: Rowmill) -> None:
    dataset = new()
    send(rowmill, dataset, "ID,id #,v\n1,900,a\n")
    upload = send(rowmill, dataset, "id #,ID,v\n900,1,z\n", mode="upsert", key="ID")
    assert (upload["state"], upload["updated"], upload["inserted"]) == ("COMPLETE", 1, 0)
    assert rows(rowmill, dataset) == [{"ID": 1, "id #": 900, "v": "z"}]


def test_a_daily_file_without_a_header(rowmill: Rowmill) -> None:
    dataset = new()
    send(rowmill, dataset, "sku,name,price\n1,pen,2.50\n2,cup,3.75\n")
    upload = send(rowmill, dataset, "3,bag,4.10\n4,hat,9.00\n", header="false")
    assert (upload["state"], codes(upload)) == ("COMPLETE", [("columns-matched-by-position", "warning")])
    named = send(rowmill, dataset, "6.20,5,mug\n", names="price,sku,name")
    assert (named["state"], codes(named)) == ("COMPLETE", [])
    assert rows(rowmill, dataset)[2:] == [
        {"sku": 3, "name": "bag", "price": 4.10},
        {"sku": 4, "name": "hat", "price": 9.00},
        {"sku": 5, "name": "mug", "price": 6.20},
    ]
    unfit = send(rowmill, dataset, "bag,7,4.10\nhat,8,9.00\n", header="false")
    assert (unfit["state"], unfit["error"]["type"]) == ("FAILED", "columns-unknown")
    assert "names=" in unfit["error"]["detail"]


def test_datasets_of_files_in_any_script(rowmill: Rowmill) -> None:
    word = uuid4().hex[:8]
    with rowmill.uploads as http, rowmill.readers as readers:
        for file, name in ((f"日本 {word}.csv", f"日本-{word}"), (f"Отчёт {word}.v1.2.csv", f"отчёт-{word}-v1-2")):
            answer = http.post("/api/uploads", params={"file_name": file}, content=b"a,b\n1,x\n2,y\n")
            assert answer.json()["dataset"] == name
            done = f"/api/uploads/{answer.json()['id']}"
            wait_for(lambda done=done: http.get(done).json()["state"] == "COMPLETE", 60, "it is loaded")
            page = readers.get(f"/api/datasets/{name}/rows", params={"limit": 1})
            assert (page.status_code, len(page.json()["rows"])) == (200, 1)
            assert readers.get(page.links["next"]["url"]).json()["rows"][0]["values"] == {"a": 2, "b": "y"}
            export = readers.get(f"/api/datasets/{name}/export")
            assert (export.status_code, export.text) == (200, "a,b\n1,x\n2,y\n")
        refused = http.post("/api/uploads", params={"file_name": "%.csv"}, content=b"a,b\n1,x\n")
        assert refused.status_code == 400 and "dataset=" in refused.json()["detail"]


def test_an_upsert_of_fewer_columns_keeps_the_others(rowmill: Rowmill) -> None:
    dataset = new()
    send(rowmill, dataset, "sku,name,price,stock\n1,pen,2.50,7\n2,cup,3.75,8\n")
    upload = send(rowmill, dataset, "price,sku\n2.60,1\n9.90,3\n2.70,1\n3.75,2\n", mode="upsert", key="sku")
    counts = [upload[name] for name in ("inserted", "updated", "unchanged", "duplicates")]
    findings = [("columns-missing", "info"), ("keys-repeated", "info")]
    assert (upload["state"], counts, codes(upload)) == ("COMPLETE", [1, 1, 1, 1], findings)
    assert rows(rowmill, dataset, sort="sku") == [
        {"sku": 1, "name": "pen", "price": 2.70, "stock": 7},
        {"sku": 2, "name": "cup", "price": 3.75, "stock": 8},
        {"sku": 3, "name": None, "price": 9.90, "stock": None},
    ]
    assert [row["price"] for row in rows(rowmill, dataset, q="pen")] == [2.70]
    checked = rowmill.command("verify", dataset, "--deep")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    emptied = send(rowmill, dataset, "sku,price\n1,2.80\n", mode="upsert", key="sku", missing="null")
    assert codes(emptied) == [("columns-missing", "warning")]
    assert rows(rowmill, dataset, filter="sku:eq:1") == [{"sku": 1, "name": None, "price": 2.80, "stock": None}]


def test_the_preview_tells_what_differs_from_the_dataset(rowmill: Rowmill) -> None:
    dataset = new()
    send(rowmill, dataset, "sku,name,stock\n1,pen,7\n")
    with rowmill.uploads as http:

        def preview(text: str, **options: str) -> dict[str, Any]:
            answer = http.post("/api/preview", params={"dataset": dataset, **options}, content=text.encode())
            assert answer.status_code == 200, answer.text
            seen: dict[str, Any] = answer.json()
            return seen

        assert codes(preview("name,sku,stock\ncup,2,8\n")) == []
        seen = preview("sku,colour,stock\n2,red,many\n")
        assert codes(seen) == [("columns-added", "warning"), ("columns-missing", "warning"), ("column-type-differs", "warning")]
        assert codes(preview("a,b\n1,2\n")) == [("columns-unknown", "stop")]
        assert codes(preview("3,bag,9\n", header="false")) == [("columns-matched-by-position", "warning")]
    held = send(rowmill, dataset, "sku,colour,stock\n2,red,8\n", hold="true")
    assert (held["state"], codes(held)) == ("HELD", [("columns-added", "warning"), ("columns-missing", "warning")])


@pytest.mark.long
def test_the_proof_reads_the_titles_itself(rowmill: Rowmill) -> None:
    """A mapping that was swapped before the load, so that rows and catalog agree with each other."""
    dataset = new()
    send(rowmill, dataset, "имя,город\nИван,Казань\n")
    upload = send(rowmill, dataset, "город,имя\nОмск,Пётр\n")
    assert rowmill.command("verify", dataset, "--deep").returncode == 0
    table = table_of(rowmill, dataset)
    swapped = "jsonb_set(jsonb_set(columns, '{0,name}', columns->1->'name'), '{1,name}', columns->0->'name')"
    sql(rowmill, f"UPDATE uploads SET columns = {swapped} WHERE id = '{upload['id']}'")
    sql(rowmill, f"UPDATE {table} SET имя = город, город = имя WHERE _from = {upload['version']}")
    checked = rowmill.command("verify", dataset, "--deep")
    assert checked.returncode != 0 and "Пётр" in checked.stdout + checked.stderr
