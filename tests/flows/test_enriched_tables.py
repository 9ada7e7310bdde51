"""What an enrichment writes stands in tables of all kinds, among uploads of all kinds, as theirs does."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.enriching import ended_enrichment, make_enrichment, read, run_enrichment, start_enrichment
from tests.flows.pods import Rowmill, wait_for
from tests.flows.served import Reply, Served, served

FIELDS = {"label": "Label", "size": "Size"}


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


def lists(web: Served, **records: tuple[str | None, Any]) -> dict[str, str]:
    """The settings of the list that is served now."""
    listed = [{"id": key, "label": label, "size": size} for key, (label, size) in records.items()]
    web.replies["/list"] = Reply(json.dumps(listed).encode())
    return {"url": f"{web.url}/list", "key": "id"}


def remove(rowmill: Rowmill, upload_id: str) -> None:
    """From among others."""
    with rowmill.uploads as http:
        assert http.delete(f"/api/uploads/{upload_id}").status_code == 202
        wait_for(lambda: http.get(f"/api/uploads/{upload_id}").json()["state"] == "UNDONE", 60, "it is taken out")


@pytest.mark.parametrize("width", [199, 230])
def test_a_wide_table_and_one_that_becomes_wide(rowmill: Rowmill, web: Served, width: int) -> None:
    name = f"enr-wide-{width}"
    titles = ["code", *(f"c{number}" for number in range(1, width))]
    rows = [[code, *(f"{code}{number}" for number in range(1, width))] for code in ("a", "b", "x")]
    rowmill.load("\n".join(map(",".join, [titles, *rows])).encode(), dataset=name)
    make_enrichment(rowmill, name, "list", "code", FIELDS, lists(web, a=("A", 1), b=('B, "b"', 2.5)))
    run = run_enrichment(rowmill, name)
    assert run["state"] == "DONE", run
    found = {"a": ("A", "1"), "b": ('B, "b"', "2.5"), "x": (None, None)}
    assert read(rowmill, name) == [(*row, *found[row[0]]) for row in rows]
    rowmill.verify(name)
    with rowmill.uploads as http:
        assert http.post(f"/api/uploads/{run['upload']['id']}/undo").status_code == 200
    assert [row[:width] for row in read(rowmill, name)] == [tuple(row) for row in rows]
    rowmill.verify(name)


def test_a_column_gets_its_type_when_it_first_has_a_value_and_other_types_later(rowmill: Rowmill, web: Served) -> None:
    name = "enr-types"
    rowmill.load(b"code\na\nb\n", dataset=name)
    make_enrichment(rowmill, name, "list", "code", FIELDS, lists(web, a=("A", None), b=("B", None)))
    assert run_enrichment(rowmill, name)["state"] == "DONE"
    lists(web, a=("A", 7), b=("B", 8))
    again = run_enrichment(rowmill, name)
    assert (again["state"], read(rowmill, name)) == ("DONE", [("a", "A", "7"), ("b", "B", "8")])
    with rowmill.readers as http:
        assert http.get(f"/api/datasets/{name}").json()["columns"][2]["type"] == "integer"
    rowmill.verify(name)
    with rowmill.readers as http:  # all files are read again, that of the enrichment among them
        changed = http.patch(f"/api/datasets/{name}", json={"types": {"size": "text"}})
        assert changed.status_code in (200, 202), changed.text
        wait_for(lambda: http.get(f"/api/datasets/{name}").json()["columns"][2]["type"] == "text", 60, "the column is text")
    with rowmill.readers as http:
        assert [row["values"]["size"] for row in http.get(f"/api/datasets/{name}/rows").json()["rows"]] == ["7", "8"]
    rowmill.verify(name)


def test_uploads_are_taken_out_from_around_an_enrichment_and_it_from_among_them(rowmill: Rowmill, web: Served) -> None:
    name = "enr-among"
    first = rowmill.load(b"code\na\n", dataset=name)
    second = rowmill.load(b"code\nb\n", dataset=name)
    make_enrichment(rowmill, name, "list", "code", FIELDS, lists(web, a=("A", 1), b=("B", 2)))
    run = run_enrichment(rowmill, name)
    rowmill.load(b"code\nc\n", dataset=name)
    remove(rowmill, first["id"])
    assert read(rowmill, name) == [("b", "B", "2"), ("c", None, None)]
    rowmill.verify(name)
    remove(rowmill, run["upload"]["id"])
    assert [row[0] for row in read(rowmill, name)] == ["b", "c"] and {cell for row in read(rowmill, name) for cell in row[1:]} <= {None}
    rowmill.verify(name)
    assert second["state"] == "COMPLETE"


def test_a_row_that_somebody_changes_meanwhile_is_left_alone(rowmill: Rowmill, web: Served) -> None:
    name, hold = "enr-meanwhile", threading.Event()
    rowmill.load(b"id,code\n1,a\n2,b\n", dataset=name)
    for code in "abz":
        web.replies[f"/c/{code}"] = Reply(b'{"label": "%s", "size": 1}' % code.upper().encode(), hold=hold if code == "b" else None)
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": f"{web.url}/c/{{value}}"})
    run_id = start_enrichment(rowmill, name)
    wait_for(lambda: web.times("/c/b") == 1, 30, "it is amid the look-ups")
    with rowmill.readers as http:
        edited = http.patch(f"/api/datasets/{name}/rows", params={"key": "id", "wait": 30}, json=[{"id": 1, "code": "z"}])
        assert edited.status_code == 200, edited.text
    hold.set()
    run = ended_enrichment(rowmill, name, run_id)
    with rowmill.uploads as http:
        upload = http.get(f"/api/uploads/{run['upload']['id']}").json()
    assert (upload["updated"], upload["missing"]) == (1, 0)
    assert read(rowmill, name) == [("1", "z", None, None), ("2", "b", "B", "1")]  # nobody has asked for z yet
    assert run_enrichment(rowmill, name)["state"] == "DONE"
    assert read(rowmill, name) == [("1", "z", "Z", "1"), ("2", "b", "B", "1")]
    rowmill.verify(name)


@pytest.mark.long
def test_enrichments_of_one_dataset_do_not_undo_each_other(rowmill: Rowmill, web: Served) -> None:
    """All of them follow one upload at the same time, and each changes the rows under their numbers."""
    name = "enr-several"
    codes = [f"c{number}" for number in range(50)]
    rowmill.load(b"code\nnone\n", dataset=name)
    web.replies["/list"] = Reply(
        json.dumps([{"id": code, **{f"f{number}": f"{code}-{number}" for number in range(4)}} for code in codes]).encode()
    )
    for number in range(4):
        body = {"name": f"{name}-{number}", "kind": "list", "dataset": name, "column": "code", "fields": {f"f{number}": f"F{number}"}}
        with rowmill.uploads as http:
            made = http.post("/api/enrichments", json={**body, "settings": {"url": f"{web.url}/list", "key": "id"}, "on_upload": True})
            assert made.status_code == 201, made.text
    rowmill.load("\n".join(["code", *codes]).encode(), dataset=name)

    def is_full() -> bool:
        rows = [row for row in read(rowmill, name) if row[0] != "none"]
        return all(len(row) == 5 and None not in row for row in rows)

    wait_for(is_full, 60, "all of them have written their columns")
    with rowmill.readers as http:
        rows = {
            row["values"].pop("code"): row["values"] for row in http.get(f"/api/datasets/{name}/rows", params={"limit": 100}).json()["rows"]
        }
    assert {code: rows[code] for code in codes} == {code: {f"f{number}": f"{code}-{number}" for number in range(4)} for code in codes}
    rowmill.verify(name)
