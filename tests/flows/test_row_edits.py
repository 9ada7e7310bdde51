"""Rows added, changed and deleted by hand and by program: each batch a version that readers see whole, can be undone and is verified."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.flows.pods import Rowmill, wait_for
from tests.flows.reading import exported, faceted, searched, told

LAMPS = b"sku,name,price,note\nL1,Lamp,9.90,\nL2,Shade,1.10,old\nL3,Bulb,0.50,old\n"


def test_rows_are_added_with_every_digit_and_an_empty_text_is_not_null(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    done = edit(rowmill, "POST", name, b'[{"sku": "L4", "price": 12.340, "note": ""}, {"sku": "0007", "name": "NULL", "price": 1e2}]')
    assert (done["records"], done["rows"], done["rejects"], done["indexed"]) == (2, 2, 0, 2)
    assert (done["version"], done["mode"], done["findings"]) == (2, "append", [])
    assert read(rowmill, name)[3:] == [("L4", None, "12.340", ""), ("0007", "NULL", "100", None)]
    with rowmill.readers as http:
        assert http.get(f"/api/datasets/{name}/export").text.splitlines()[4] == 'L4,,12.340,""'
    edit(rowmill, "POST", name, {"sku": "L5"})  # one row, without an array around it
    assert read(rowmill, name)[-1] == ("L5", None, None, None)
    rowmill.verify(name)


def test_rows_are_deleted_by_key_and_by_number_and_come_back(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    done = edit(rowmill, "DELETE", name, [{"sku": "L2"}, {"sku": "L9"}, {"sku": "L2"}], key="sku")
    assert (done["deleted"], done["missing"], done["duplicates"]) == (1, 1, 1)
    assert (done["records"], done["rows"], done["indexed"]) == (3, 3, 3)
    assert done["balance"]["visible_rows"] == done["balance"]["visible_documents"] == 2
    assert skus(rowmill, name) == ["L1", "L3"]
    assert [(one["change"], one["values"]["sku"]) for one in changes(rowmill, name, 2)] == [("removed", "L2")]
    with rowmill.readers as http:
        assert [row["sku"] for row in exported(http, name)[1]] == ["L1", "L3"]
        assert dict(faceted(http, name, "sku")[1]) == {"L1": 1, "L3": 1}
        assert searched(http, name, q="shade")[1] == []
    again = edit(rowmill, "DELETE", name, [{"_row": number_of(rowmill, name, "L3")}])
    assert (again["deleted"], again["missing"], again["version"]) == (1, 0, 3)
    assert skus(rowmill, name) == ["L1"]
    rowmill.verify(name)
    undo(rowmill, again)
    assert skus(rowmill, name) == ["L1", "L3"]
    with rowmill.readers as http:
        assert [row["sku"] for row in searched(http, name, q="bulb")[1]] == ["L3"]
    undo(rowmill, done)
    assert skus(rowmill, name) == ["L1", "L2", "L3"]
    rowmill.verify(name)


def test_an_edit_leaves_the_profile_of_the_file_before(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    with rowmill.readers as http:
        before = told(http.get(f"/api/datasets/{name}"))
        done = edit(rowmill, "PATCH", name, [{"sku": "L1", "note": "bright"}], key="sku")
        after = told(http.get(f"/api/datasets/{name}"))
    assert (before["version"], before["profile_version"]) == (1, 1)
    assert (after["version"], after["profile_version"]) == (done["version"], 1)
    assert after["profile"] == before["profile"] != []


def test_rows_are_changed_by_key_and_by_number(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    done = edit(rowmill, "PATCH", name, [{"sku": "L1", "price": 10}, {"sku": "L3", "price": 0.50}, {"sku": "L9", "price": 1}], key="SKU")
    assert (done["updated"], done["unchanged"], done["missing"], done["inserted"]) == (2, 0, 1, 0)  # 0.5 is not 0.50
    assert sorted(read(rowmill, name)) == [("L1", "Lamp", "10", None), ("L2", "Shade", "1.10", "old"), ("L3", "Bulb", "0.5", "old")]
    before = number_of(rowmill, name, "L2")
    both = edit(
        rowmill, "PATCH", name, [{"_row": before, "note": None, "price": "7.00"}, {"_row": number_of(rowmill, name, "L3"), "name": ""}]
    )
    assert (both["updated"], both["missing"]) == (2, 0)
    assert sorted(read(rowmill, name)) == [("L1", "Lamp", "10", None), ("L2", "Shade", "7.00", None), ("L3", "", "0.5", "old")]
    told_changes = changes(rowmill, name, 3)
    assert [(one["change"], one["values"]["sku"], one["before"]["values"]["note"]) for one in told_changes] == [
        ("updated", "L2", "old"),
        ("updated", "L3", "old"),
    ]
    stale = send(rowmill, "PATCH", name, {"_row": before, "name": "x"})
    assert (stale.status_code, problem(stale)) == (409, "no-such-row")
    with rowmill.readers as http:
        assert searched(http, name, q="shade")[1] == [{"sku": "L2", "name": "Shade", "price": "7.0"}]
    rowmill.verify(name)
    undo(rowmill, both)
    undo(rowmill, done)
    assert read(rowmill, name)[1] == ("L2", "Shade", "1.10", "old")
    rowmill.verify(name)


def test_an_edit_is_taken_out_from_among_others(rowmill: Rowmill) -> None:
    """What came after it is done anew: by number and by key."""
    name = begin(rowmill)
    first = edit(rowmill, "PATCH", name, [{"sku": "L1", "note": "first"}], key="sku")
    edit(rowmill, "DELETE", name, [{"_row": number_of(rowmill, name, "L2")}])
    edit(rowmill, "PATCH", name, [{"_row": number_of(rowmill, name, "L3"), "note": "third"}])
    with rowmill.uploads as http:
        assert http.delete(f"/api/uploads/{first['id']}").status_code == 202
    with rowmill.uploads as http:
        wait_for(lambda: told(http.get(f"/api/uploads/{first['id']}"))["state"] == "UNDONE", 60, "it is taken out")
    assert sorted(read(rowmill, name)) == [("L1", "Lamp", "9.90", None), ("L3", "Bulb", "0.50", "third")]
    rowmill.verify(name)


def test_a_file_of_keys_deletes_and_one_of_values_updates(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    done = rowmill.load(b"name,sku\nwhatever,L1\n,L8\n", dataset=name, mode="delete", key="sku")
    assert (done["deleted"], done["missing"], done["rejects"]) == (1, 1, 0)
    assert skus(rowmill, name) == ["L2", "L3"]
    updated = rowmill.load(b"sku,note\nL2,new\nL1,none\n", dataset=name, mode="update", key="sku")
    assert (updated["updated"], updated["missing"], updated["inserted"]) == (1, 1, 0)
    assert sorted(read(rowmill, name)) == [("L2", "Shade", "1.10", "new"), ("L3", "Bulb", "0.50", "old")]
    rowmill.verify(name)
    with rowmill.uploads as http:
        refused = http.post("/api/uploads", params={"dataset": name, "mode": "delete"}, content=b"sku\nL1\n")
        assert (refused.status_code, problem(refused)) == (400, "bad-option")
        unknown = rowmill.wait(rowmill.upload(b"sku,colour\nL2,red\n", dataset=name, mode="delete", key="sku"))
        assert (unknown["state"], unknown["error"]["type"]) == ("FAILED", "columns-added")
        nothing = rowmill.wait(rowmill.upload(b"sku\nL2\n", dataset=f"{name}-none", mode="delete", key="sku"))
        assert (nothing["state"], nothing["error"]["type"]) == ("FAILED", "no-version-yet")


def test_what_cannot_be_done_is_refused_with_its_place(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    refusals: list[tuple[Any, str, dict[str, Any]]] = [
        ([{"sku": "L4", "price": 1}, {"sku": "L5", "price": "cheap"}], "type-mismatch", {"row": 2, "column": "price"}),
        ([{"sku": "L4", "prize": 1}], "unknown-column", {"column": "prize", "near": ["price"]}),
        ([{"sku": ["L4"]}], "bad-value", {"row": 1, "column": "sku"}),
        ([], "no-rows", {}),
        (b'{"sku": "L4", "sku": "L5"}', "column-twice", {"column": "sku"}),
        (b'[{"sku": NaN}]', "bad-json", {}),
        (b'[{"sku": "\\ud800"}]', "bad-character", {"row": 1, "column": "sku"}),
        ([{"_row": "1", "sku": "L4"}], "row-number", {}),
    ]
    for body, code, place in refusals:
        answer = send(rowmill, "POST", name, body)
        assert (answer.status_code, problem(answer)) == (400, code), answer.text
        assert {key: answer.json()[key] for key in place} == place, answer.text
    unclear: list[tuple[str, Any, str, str]] = [
        ("PATCH", {"price": 1}, "", "no-key"),
        ("PATCH", {"sku": None, "price": 1}, "sku", "empty-key"),
        ("PATCH", {"sku": "L1"}, "sku", "nothing-to-change"),
        ("PATCH", [{"sku": "L1", "price": 1}, {"sku": "L2", "note": ""}], "sku", "columns-differ"),
        ("DELETE", [{"_row": "1"}, {"_row": "1"}], "", "row-twice"),
        ("DELETE", [{"_row": 1.5}], "", "row-number"),
    ]
    for method, body, key, code in unclear:
        answer = send(rowmill, method, name, body, key=key)
        assert (answer.status_code, problem(answer)) == (400, code), answer.text
    gone = send(rowmill, "DELETE", name, {"_row": "999999999999"})
    assert (gone.status_code, problem(gone)) == (409, "no-such-row")
    assert send(rowmill, "POST", f"{name}-none", {"sku": "L1"}).status_code == 404
    with rowmill.readers as http:
        assert told(http.get(f"/api/datasets/{name}"))["version"] == 1


def test_an_edit_is_for_the_version_that_it_names(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    here = {"If-Match": '"1"'}
    assert edit(rowmill, "POST", name, {"sku": "L4"}, headers=here)["version"] == 2
    moved = send(rowmill, "POST", name, {"sku": "L5"}, headers=here)
    assert (moved.status_code, problem(moved), moved.json()["version"]) == (412, "version-moved", 2)
    unclear = send(rowmill, "POST", name, {"sku": "L5"}, headers={"If-Match": '"abc"'})
    assert (unclear.status_code, problem(unclear)) == (400, "bad-if-match")
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda number: send(rowmill, "POST", name, {"sku": f"W{number}"}, headers={"If-Match": '"2"'}, wait=60), range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len([sku for sku in skus(rowmill, name) if sku.startswith("W")]) == 1


def test_many_small_edits_become_few_versions_and_none_is_lost(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: send(rowmill, "POST", name, {"sku": f"N{number:03}"}), range(64)))
    assert all(answer.status_code == 202 for answer in answers), [answer.text for answer in answers if answer.status_code != 202]
    uploads = {answer.json()["id"] for answer in answers}
    assert len(uploads) <= 32
    done = [rowmill.wait({"id": upload}) for upload in uploads]
    assert all(one["state"] == "COMPLETE" for one in done)
    assert sum(one["rows"] for one in done) == 64
    assert sorted(skus(rowmill, name)) == sorted(["L1", "L2", "L3", *(f"N{number:03}" for number in range(64))])
    rowmill.verify(name)


def test_the_same_edit_under_one_key_is_done_once(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    headers = {"Idempotency-Key": uuid4().hex}
    first, again = (send(rowmill, "POST", name, {"sku": "L4"}, headers=headers).json() for _ in range(2))
    assert first["id"] == again["id"]
    other = send(rowmill, "POST", name, {"sku": "L5"}, headers=headers)
    assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")
    rowmill.wait(first)
    assert skus(rowmill, name) == ["L1", "L2", "L3", "L4"]


def test_values_of_declared_formats_and_of_columns_without_a_type(rowmill: Rowmill) -> None:
    name = f"edits-{uuid4().hex[:10]}"
    rowmill.load(
        b"id;price;day;on;later\n1;1.234,50;31/12/2025;ja;\n",
        dataset=name,
        types="price:decimal(1.234,56),day:date(%d/%m/%Y),on:boolean(ja/nein)",
        delimiter=";",
    )
    edit(
        rowmill,
        "POST",
        name,
        [
            {"id": 2, "price": 9.5, "day": "2026-01-01", "on": True, "later": 5},
            {"id": 3, "price": "2.000,75", "day": "01/02/2026", "on": "nein", "later": 6.5},
        ],
    )
    page = rowmill.rows(name)
    assert [list(row["values"].values()) for row in page["rows"]] == [
        [1, 1234.5, "2025-12-31", True, None],
        [2, 9.5, "2026-01-01", True, 5],
        [3, 2000.75, "2026-02-01", False, 6.5],
    ]
    rowmill.load(b"id;price;day;on;later\n4;3.000,25;03/03/2026;ja;7\n", dataset=name, delimiter=";")  # what was declared still holds
    assert rowmill.rows(name)["rows"][3]["values"]["price"] == 3000.25
    rowmill.verify(name)


def test_a_wide_table_is_edited_like_any_other(rowmill: Rowmill) -> None:
    name = f"edits-{uuid4().hex[:10]}"
    titles = ["id", *(f"c{number}" for number in range(250))]
    lines = [",".join([str(row), *(f"v{row}" for _ in titles[1:])]) for row in range(5)]
    rowmill.load("\n".join([",".join(titles), *lines]).encode(), dataset=name)
    edit(rowmill, "POST", name, {"id": 5, "c7": ""})
    edit(rowmill, "PATCH", name, {"id": 1, "c3": "changed"}, key="id")
    number = str(next(row["row"] for row in rowmill.rows(name)["rows"] if row["values"]["id"] == 2))
    edit(rowmill, "PATCH", name, {"_row": number, "c4": None, "c5": ""})
    done = edit(rowmill, "DELETE", name, [{"id": 0}, {"id": 9}], key="id")
    assert (done["deleted"], done["missing"]) == (1, 1)
    rows = {row["values"]["id"]: row["values"] for row in rowmill.rows(name)["rows"]}
    assert sorted(rows) == [1, 2, 3, 4, 5]
    assert (rows[1]["c3"], rows[1]["c4"], rows[2]["c3"], rows[2]["c4"], rows[2]["c5"]) == ("changed", "v1", "v2", None, "")
    assert (rows[5]["c7"], rows[5]["c8"]) == ("", None)
    rowmill.verify(name)


def test_edits_of_a_table_whose_words_are_indexed(rowmill: Rowmill) -> None:
    """Where many rows change, they come in a copy of the table."""
    name = f"edits-{uuid4().hex[:10]}"
    rowmill.load(b"n,word\n" + b"".join(b"%d,word%d\n" % (n, n) for n in range(6_000)), dataset=name)
    edit(rowmill, "PATCH", name, {"n": 7, "word": "changed"}, key="n")
    many = rowmill.load(b"n,word\n" + b"".join(b"%d,anew%d\n" % (n, n) for n in range(4_000, 8_000)), dataset=name, mode="update", key="n")
    assert (many["updated"], many["missing"]) == (2_000, 2_000)
    gone = rowmill.load(b"n\n" + b"".join(b"%d\n" % n for n in range(5_500, 7_000)), dataset=name, mode="delete", key="n")
    assert (gone["deleted"], gone["missing"]) == (500, 1_000)
    assert rowmill.rows(name, total="exact")["total"]["value"] == 5_500
    for q, count in (("changed", 1), ("word7", 0), ("anew4000", 1), ("word4000", 0), ("anew5600", 0), ("word3999", 1)):
        assert rowmill.rows(name, q=q)["total"]["value"] == count, q
    undo(rowmill, gone)
    assert rowmill.rows(name, q="anew5600")["total"]["value"] == 1
    undo(rowmill, many)
    assert rowmill.rows(name, q="word4000")["total"]["value"] == 1
    rowmill.verify(name)


def test_what_was_deleted_goes_with_the_versions_that_showed_it(rowmill: Rowmill) -> None:
    name = begin(rowmill)
    with rowmill.readers as http:
        assert http.patch(f"/api/datasets/{name}", json={"versions_kept": 1}).status_code == 200
        edit(rowmill, "DELETE", name, {"sku": "L1"}, key="sku")
        edit(rowmill, "PATCH", name, {"sku": "L2", "note": "new"}, key="sku")
        edit(rowmill, "DELETE", name, {"_row": number_of(rowmill, name, "L3")})
        wait_for(lambda: len(told(http.get(f"/api/datasets/{name}"))["versions"]) == 1, 60, "one version is left")
    assert read(rowmill, name) == [("L2", "Shade", "1.10", "new")]
    rowmill.verify(name)


def begin(rowmill: Rowmill) -> str:
    name = f"edits-{uuid4().hex[:10]}"
    rowmill.load(LAMPS, dataset=name)
    return name


def edit(rowmill: Rowmill, method: str, dataset: str, rows: Any, **asked: Any) -> dict[str, Any]:
    """The upload once it has ended."""
    answer = send(rowmill, method, dataset, rows, wait=60, **asked)
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["state"] == "COMPLETE", done
    return dict(done)


def send(rowmill: Rowmill, method: str, dataset: str, rows: Any, *, headers: dict[str, str] | None = None, **asked: Any) -> httpx.Response:
    with rowmill.readers as http:
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        return http.request(method, f"/api/datasets/{dataset}/rows", params=asked, content=body, headers=headers)


def undo(rowmill: Rowmill, upload: dict[str, Any]) -> None:
    with rowmill.uploads as http:
        assert told(http.post(f"/api/uploads/{upload['id']}/undo"))["state"] == "UNDONE"


def read(rowmill: Rowmill, name: str) -> list[tuple[Any, ...]]:
    """In file order, numbers as they stand."""
    with rowmill.readers as http:
        page = json.loads(http.get(f"/api/datasets/{name}/rows", params={"limit": 1000}).text, parse_float=str, parse_int=str)
    return [tuple(row["values"].values()) for row in page["rows"]]


def skus(rowmill: Rowmill, name: str) -> list[str]:
    return [str(row[0]) for row in read(rowmill, name)]


def number_of(rowmill: Rowmill, name: str, sku: str) -> str:
    return str(next(row["row"] for row in rowmill.rows(name)["rows"] if row["values"]["sku"] == sku))


def changes(rowmill: Rowmill, name: str, version: int) -> list[dict[str, Any]]:
    with rowmill.readers as http:
        return list(told(http.get(f"/api/datasets/{name}/versions/{version}/changes"))["changes"])


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]
