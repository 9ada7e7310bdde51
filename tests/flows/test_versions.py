"""Versions: upsert by key, hold and publish, undo, removal, retype, as-of and retention, in both homes."""

import csv
import io
from typing import Any

import httpx
import pytest

from tests.flows.pods import Rowmill, wait_for
from tests.flows.test_verify import run

KEYED = {"mode": "upsert", "key": "id"}


def upsert(rowmill: Rowmill, dataset: str, text: str, **options: str) -> dict[str, Any]:
    return rowmill.load(text.encode(), dataset=dataset, **KEYED, **options)


def exported(rowmill: Rowmill, dataset: str, **parameters: Any) -> list[list[str]]:
    """Header and records, by records; search must show the same."""
    with rowmill.readers as http:
        response = http.get(f"/api/datasets/{dataset}/export", params=parameters)
        assert response.status_code == 200, response.text
    found = list(csv.reader(io.StringIO(response.text)))
    page = rowmill.rows(dataset, limit=1000, **parameters)
    assert page["total"]["value"] == len(found) - 1 == len(page["rows"])
    return [found[0], *sorted(found[1:])]


def act(rowmill: Rowmill, upload: dict[str, Any], action: str, status: int = 200) -> dict[str, Any]:
    with rowmill.uploads as http:
        response = http.post(f"/api/uploads/{upload['id']}/{action}")
    assert response.status_code == status, response.text
    return dict(response.json())


def remove(rowmill: Rowmill, upload: dict[str, Any]) -> None:
    with rowmill.uploads as http:
        response = http.delete(f"/api/uploads/{upload['id']}")
        assert response.status_code == 202, response.text
        assert response.json()["removing"] is True
        wait_for(lambda: http.get(f"/api/uploads/{upload['id']}").json()["state"] == "UNDONE", 60, "the upload is out")


def counts(upload: dict[str, Any]) -> tuple[int, ...]:
    return tuple(upload[name] for name in ("inserted", "updated", "unchanged", "duplicates"))


def test_upsert_replaces_rows_of_the_same_key(rowmill: Rowmill) -> None:
    first = upsert(rowmill, "upserts", "id,price,name\n1,1.10,one\n2,2.00,two\n3,3.00,three\n1,1.1,uno\n")
    assert counts(first) == (3, 0, 0, 1)
    assert exported(rowmill, "upserts") == [["id", "price", "name"], ["1", "1.1", "uno"], ["2", "2.00", "two"], ["3", "3.00", "three"]]
    second = upsert(rowmill, "upserts", "id,price,name\n2,2.00,two\n3,3.0,three\n4,4.00,four\n,5.00,nobody\n")
    assert counts(second) == (1, 1, 1, 0)
    assert (second["records"], second["rows"], second["rejects"]) == (4, 3, 1)
    assert second["balance"]["visible_rows"] == second["balance"]["visible_documents"] == 4
    assert exported(rowmill, "upserts")[1:] == [["1", "1.1", "uno"], ["2", "2.00", "two"], ["3", "3.0", "three"], ["4", "4.00", "four"]]
    assert exported(rowmill, "upserts", version=1)[1:] == [["1", "1.1", "uno"], ["2", "2.00", "two"], ["3", "3.00", "three"]]
    with rowmill.uploads as http:
        (reject,) = http.get(f"/api/uploads/{second['id']}/rejects").json()["rejects"]
    assert (reject["reason"], reject["record"]) == ("empty-key", 4)


def test_upsert_by_two_columns_onto_doubled_rows_with_new_and_missing_columns(rowmill: Rowmill) -> None:
    rowmill.load(b"Country,no,name\nat,1,a\nat,1,b\nde,1,c\n", dataset="doubled")
    done = rowmill.load(b"no,Country,extra\n1,at,x\n", dataset="doubled", mode="upsert", key="Country,no")
    assert counts(done) == (0, 1, 0, 0)
    assert exported(rowmill, "doubled") == [["Country", "no", "name", "extra"], ["at", "1", "b", "x"], ["de", "1", "c", ""]]


def test_columns_of_a_later_file_are_searched_too(rowmill: Rowmill) -> None:
    rowmill.load(b"a,b\n1,x\n", dataset="grows")
    rowmill.load(b"a,b,c\n2,y,zebra\n", dataset="grows")
    for parameters in ({"q": "zebra"}, {"filter": "c:eq:zebra"}, {"filter": "c:exists:true"}):
        assert [row["values"]["a"] for row in rowmill.rows("grows", **parameters)["rows"]] == [2]
    many = [f"c{number}" for number in range(250)]
    rowmill.load(f"a,{','.join(many)}\n3,{','.join('giraffe' for _ in many)}\n".encode(), dataset="grows")
    assert [row["values"]["a"] for row in rowmill.rows("grows", q="giraffe")["rows"]] == [3]
    assert [row["values"]["a"] for row in rowmill.rows("grows", q="zebra")["rows"]] == [2]
    assert [record[:3] for record in exported(rowmill, "grows")[1:]] == [["1", "x", ""], ["2", "y", "zebra"], ["3", "", ""]]


def test_the_key_must_be_in_the_file(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        response = http.post("/api/uploads", params={"dataset": "keyless", **KEYED}, content=b"a,b\n1,2\n")
    assert response.status_code == 422
    assert "'id'" in response.json()["detail"]


def test_a_held_version_is_previewed_and_then_published_or_discarded(rowmill: Rowmill) -> None:
    upsert(rowmill, "held", "id,name\n1,one\n2,two\n")
    held = rowmill.wait(rowmill.upload(b"id,name\n2,zwei\n3,drei\n", dataset="held", hold="true", **KEYED))
    assert (held["state"], held["version"], counts(held)) == ("HELD", 2, (1, 1, 0, 0))
    assert exported(rowmill, "held")[1:] == [["1", "one"], ["2", "two"]]
    assert exported(rowmill, "held", version=2)[1:] == [["1", "one"], ["2", "zwei"], ["3", "drei"]]
    with rowmill.readers as http:
        looked_at = http.get("/api/datasets/held", params={"version": 2}).json()
        assert (looked_at["version"], looked_at["rows"]) == (2, 3)
        assert (
            [column["name"] for column in looked_at["columns"]] == [profile["name"] for profile in looked_at["profile"]] == ["id", "name"]
        )
        assert [version["number"] for version in looked_at["versions"]] == [1]
        changes = http.get("/api/datasets/held/versions/2/changes").json()["changes"]
        assert [change["change"] for change in changes] == ["updated", "inserted"]
        assert (changes[0]["values"]["name"], changes[0]["before"]["values"]["name"]) == ("zwei", "two")
        (inserted,) = http.get("/api/datasets/held/versions/2/changes", params={"kind": "inserted"}).json()["changes"]
        assert inserted["values"] == {"id": 3, "name": "drei"}
    assert act(rowmill, held, "discard")["state"] == "DISCARDED"
    again = rowmill.wait(rowmill.upload(b"id,name\n2,dos\n", dataset="held", hold="true", **KEYED))
    assert (again["state"], again["version"]) == ("HELD", 3)
    assert exported(rowmill, "held")[1:] == [["1", "one"], ["2", "two"]]
    assert act(rowmill, again, "publish")["state"] == "COMPLETE"
    assert exported(rowmill, "held")[1:] == [["1", "one"], ["2", "dos"]]
    assert act(rowmill, again, "publish", status=409)["state"] == "COMPLETE"
    with rowmill.readers as http:
        assert http.get("/api/datasets/held/rows", params={"version": 2}).status_code == 404


def test_a_replacement_with_a_key_is_told_as_what_it_changes(rowmill: Rowmill) -> None:
    asked = {"dataset": "daily", "mode": "replace", "key": "id"}
    first = rowmill.load(b"id,price,name\n3,3.0,three\n1,1.10,one\n2,2,two\n7,7,seven\n", **asked)
    assert (counts(first), first["removed"]) == ((4, 0, 0, 0), 0)
    file = b"price,id,name\n1.1,1,one\n4,4,four\n2,2,two\n0,3,x\n3.0,3,three\n9,,nobody\n"
    held = rowmill.wait(rowmill.upload(file, **asked, hold="true", max_rejects="1"))
    assert (held["state"], counts(held), held["removed"], held["rejects"]) == ("HELD", (1, 1, 2, 1), 1, 1)
    assert [(one["code"], one["level"], one["count"]) for one in held["findings"] if one["code"] == "keys-repeated"] == [
        ("keys-repeated", "warning", 1)
    ]
    with rowmill.readers as http:
        path = "/api/datasets/daily/versions/2/changes"
        changes = http.get(path).json()["changes"]
        assert [(one["change"], one["values"]["id"]) for one in changes] == [("removed", 7), ("updated", 1), ("inserted", 4)]
        assert changes[0]["values"]["name"] == "seven"
        assert '"price":1.10' in http.get(path, params={"kind": "updated"}).text  # as it was, to the last digit
        pages, cursor = [], None
        while cursor != "":
            page = http.get(path, params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
            pages += page["changes"]
            cursor = page["next_cursor"] or ""
        assert pages == changes
        assert [one["values"]["id"] for one in http.get(path, params={"kind": "removed"}).json()["changes"]] == [7]
    act(rowmill, held, "publish")
    assert exported(rowmill, "daily") == [
        ["price", "id", "name"],
        ["1.1", "1", "one"],
        ["2", "2", "two"],
        ["3.0", "3", "three"],
        ["4", "4", "four"],
    ]
    assert held["balance"]["visible_rows"] == held["balance"]["visible_documents"] == 4
    emptied = rowmill.load(b"id,price,name\n", **asked, empty="true")
    assert (counts(emptied), emptied["removed"]) == ((0, 0, 0, 0), 4)
    assert run(rowmill, "verify", "daily", "--deep")[0] == 0
    act(rowmill, emptied, "undo")
    act(rowmill, held, "undo")
    assert exported(rowmill, "daily")[1:] == [["1", "1.10", "one"], ["2", "2", "two"], ["3", "3.0", "three"], ["7", "7", "seven"]]


def test_the_newest_version_can_be_undone_again_and_again(rowmill: Rowmill) -> None:
    first = upsert(rowmill, "undoing", "id,name\n1,one\n")
    second = upsert(rowmill, "undoing", "id,name\n1,eins\n2,zwei\n")
    third = rowmill.load(b"id,name\n9,new\n", dataset="undoing", mode="replace")
    assert "DELETE" in act(rowmill, second, "undo", status=409)["detail"]
    assert act(rowmill, third, "undo")["state"] == "UNDONE"
    assert exported(rowmill, "undoing")[1:] == [["1", "eins"], ["2", "zwei"]]
    act(rowmill, second, "undo")
    assert exported(rowmill, "undoing")[1:] == [["1", "one"]]
    fourth = upsert(rowmill, "undoing", "id,name\n1,uno\n")
    assert fourth["version"] == 4
    assert exported(rowmill, "undoing")[1:] == [["1", "uno"]]
    act(rowmill, fourth, "undo")
    act(rowmill, first, "undo")
    with rowmill.readers as http:
        assert http.get("/api/datasets/undoing/rows").status_code == 404
    rowmill.load(b"id,name\n5,five\n", dataset="undoing")
    assert exported(rowmill, "undoing")[1:] == [["5", "five"]]


def test_an_older_upload_is_taken_out_as_if_it_had_never_been_there(rowmill: Rowmill) -> None:
    upsert(rowmill, "taken-out", "id,name\n1,one\n2,two\n")
    wrong = upsert(rowmill, "taken-out", "id,name,extra\n1,WRONG,x\n3,WRONG,x\n")
    last = upsert(rowmill, "taken-out", "id,name\n3,three\n2,zwei\n")
    remove(rowmill, wrong)
    assert exported(rowmill, "taken-out") == [["id", "name"], ["1", "one"], ["2", "zwei"], ["3", "three"]]
    assert exported(rowmill, "taken-out", version=1)[1:] == [["1", "one"], ["2", "two"]]
    with rowmill.readers as http:
        gone = http.get("/api/datasets/taken-out/rows", params={"version": 2})
        assert (gone.status_code, "removed" in gone.json()["detail"]) == (404, True)
    after = upsert(rowmill, "taken-out", "id,name\n1,uno\n")
    assert counts(after) == (0, 1, 0, 0)
    remove(rowmill, last)
    assert exported(rowmill, "taken-out")[1:] == [["1", "uno"], ["2", "two"]]
    with rowmill.uploads as http:
        assert http.delete(f"/api/uploads/{last['id']}").status_code == 204
        assert http.get(f"/api/uploads/{last['id']}").status_code == 404


def test_without_a_replace_what_was_before_it_counts_again(rowmill: Rowmill) -> None:
    rowmill.load(b"id,name\n1,one\n", dataset="unreplaced")
    replace = rowmill.load(b"id,other\n7,x\n", dataset="unreplaced", mode="replace")
    upsert(rowmill, "unreplaced", "id,other\n1,y\n8,z\n")
    remove(rowmill, replace)
    assert exported(rowmill, "unreplaced") == [["id", "name", "other"], ["1", "one", "y"], ["8", "", "z"]]


def test_behind_a_replace_too(rowmill: Rowmill) -> None:
    wrong = rowmill.load(b"id\n1\n", dataset="behind")
    rowmill.load(b"id\n2\n", dataset="behind")
    replace = rowmill.load(b"id\n3\n", dataset="behind", mode="replace")
    remove(rowmill, wrong)
    assert exported(rowmill, "behind")[1:] == [["3"]]
    act(rowmill, replace, "undo")
    assert exported(rowmill, "behind")[1:] == [["2"]]
    again = rowmill.load(b"id\n4\n", dataset="behind", mode="replace")
    rowmill.load(b"id\n5\n", dataset="behind")
    remove(rowmill, again)
    assert exported(rowmill, "behind")[1:] == [["2"], ["5"]]


def test_retype_gives_a_column_a_type_that_takes_all(rowmill: Rowmill) -> None:
    rowmill.load(b"id,code,price\n1,17,1.50\n2,18,2\n", dataset="retyped")
    refused = rowmill.load(b"id,code,price\n3,A9,3.25\n", dataset="retyped", max_rejects="100%")
    assert (refused["rows"], refused["rejects"]) == (0, 1)
    done = upsert(rowmill, "retyped", "id,code,price\n2,B1,2.75\n3,007,4\n", retype="true")
    assert counts(done) == (1, 1, 0, 0)
    assert exported(rowmill, "retyped")[1:] == [["1", "17", "1.50"], ["2", "B1", "2.75"], ["3", "007", "4"]]
    assert exported(rowmill, "retyped", version=1)[1:] == [["1", "17", "1.50"], ["2", "18", "2"]]
    with rowmill.readers as http:
        types = {column["name"]: column["type"] for column in http.get("/api/datasets/retyped").json()["columns"]}
    assert types == {"id": "integer", "code": "text", "price": "decimal"}
    act(rowmill, done, "undo")
    assert exported(rowmill, "retyped")[1:] == [["1", "17", "1.50"], ["2", "18", "2"]]


def test_old_versions_go_and_their_files_with_them(rowmill: Rowmill) -> None:
    first = upsert(rowmill, "kept", "id,name\n1,one\n")
    with rowmill.readers as http:
        assert http.patch("/api/datasets/kept", json={"versions_kept": 2}).json()["versions_kept"] == 2
    for name in ("uno", "eins", "un"):
        upsert(rowmill, "kept", f"id,name\n1,{name}\n")

    def gone() -> bool:
        with rowmill.uploads as http:
            return http.get(f"/api/uploads/{first['id']}/file").status_code == 409

    wait_for(gone, 60, "the first file is gone")
    assert exported(rowmill, "kept")[1:] == [["1", "un"]]
    assert exported(rowmill, "kept", version=3)[1:] == [["1", "eins"]]
    with rowmill.readers as http:
        assert http.get("/api/datasets/kept/rows", params={"version": 2}).status_code == 404
        assert [version["number"] for version in http.get("/api/datasets/kept").json()["versions"]] == [4, 3]


def test_retention_counts_a_version_made_anew_by_its_place(rowmill: Rowmill) -> None:
    """Its number is the newest there is, though it stands behind a `replace`: taken for the newest, it would push the current one out."""
    wrong = rowmill.load(b"id\n1\n", dataset="placed")
    rowmill.load(b"id\n2\n", dataset="placed")
    replace = upsert(rowmill, "placed", "id,name\n3,three\n")
    rowmill.load(b"id,name\n3,drei\n", dataset="placed", mode="replace")
    last = upsert(rowmill, "placed", "id,name\n3,trois\n")
    remove(rowmill, wrong)
    with rowmill.readers as http:
        versions = [version["number"] for version in http.get("/api/datasets/placed").json()["versions"]]
        assert max(versions) > last["version"]
        assert http.patch("/api/datasets/placed", json={"versions_kept": 2}).status_code == 200
        wait_for(lambda: len(http.get("/api/datasets/placed").json()["versions"]) == 2, 60, "the older versions are gone")
        assert [one["number"] for one in http.get("/api/datasets/placed").json()["versions"]] == [last["version"], last["version"] - 1]
    assert exported(rowmill, "placed")[1:] == [["3", "trois"]]
    assert exported(rowmill, "placed", version=last["version"] - 1)[1:] == [["3", "drei"]]
    assert act(rowmill, last, "undo")["state"] == "UNDONE"
    assert exported(rowmill, "placed")[1:] == [["3", "drei"]]
    assert replace["version"] == 3


def test_several_undos_at_once_leave_nothing_behind(rowmill: Rowmill) -> None:
    uploads = [upsert(rowmill, "at-once", "id,name\n" + "".join(f"{n},{word}{n}\n" for n in range(300))) for word in ("a", "b", "c", "d")]
    for upload in reversed(uploads[1:]):
        act(rowmill, upload, "undo")
    again = upsert(rowmill, "at-once", "id,name\n0,z\n")
    assert counts(again) == (0, 1, 0, 0)
    assert exported(rowmill, "at-once")[1] == ["0", "z"]
    assert run(rowmill, "verify", "at-once", "--deep")[0] == 0


def test_a_large_removal_ends_with_its_full_text_index(rowmill: Rowmill) -> None:
    first = rowmill.load(("id,text\n" + "".join(f"{n},walnut {n}\n" for n in range(12_000))).encode(), dataset="large-removal")
    rowmill.load(("id,text\n" + "".join(f"{n},cherry {n}\n" for n in range(12_000))).encode(), dataset="large-removal")
    remove(rowmill, first)
    assert rowmill.rows("large-removal", q="cherry", limit=1, total="exact")["total"]["value"] == 12_000
    assert rowmill.rows("large-removal", q="walnut")["rows"] == []


def test_what_is_undone_or_removed_while_its_index_is_made_goes(rowmill: Rowmill) -> None:
    """The full-text index of the embedded home is made after publish, for a while; nothing may wait for it that it waits for."""
    text = "id,text\n" + "".join(f"{n},some words of row {n}\n" for n in range(20_000))
    rowmill.load(text.encode(), dataset="in-the-making")
    act(rowmill, rowmill.load(text.encode(), dataset="in-the-making", mode="replace"), "undo")
    upload = rowmill.load(text.encode(), dataset="in-the-making")
    with rowmill.readers as http, rowmill.uploads as uploads:
        assert http.delete("/api/datasets/in-the-making").status_code == 204
        wait_for(lambda: uploads.get(f"/api/uploads/{upload['id']}").status_code == 404, 60, "the dataset is gone with its uploads")


@pytest.mark.long
def test_the_index_command_makes_the_indices_anew(rowmill: Rowmill) -> None:
    upsert(rowmill, "indexed", "id,name\n1,one\n2,two\n")
    upsert(rowmill, "indexed", "id,name\n1,uno\n")
    code, told = run(rowmill, "index", "indexed")
    assert (code, "2 documents" in told) == (0, True), told
    assert [row["values"]["name"] for row in rowmill.rows("indexed", q="uno")["rows"]] == ["uno"]
    assert exported(rowmill, "indexed", version=1)[1:] == [["1", "one"], ["2", "two"]]
    assert run(rowmill, "verify", "indexed", "--deep")[0] == 0


def test_what_has_not_ended_cannot_be_forgotten(rowmill: Rowmill) -> None:
    held = rowmill.wait(rowmill.upload(b"a\n1\n", dataset="unforgotten", hold="true"))
    with rowmill.uploads as http:
        refused = http.delete(f"/api/uploads/{held['id']}")
    assert (refused.status_code, "discard it first" in refused.json()["detail"]) == (409, True)


def test_a_dataset_is_renamed_and_removed(rowmill: Rowmill) -> None:
    upload = rowmill.load(b"a\n1\n", dataset="before")
    rowmill.load(b"a\n1\n", dataset="taken")
    with rowmill.readers as http, rowmill.uploads as uploads:
        assert http.patch("/api/datasets/before", json={"name": "taken"}).status_code == 409
        assert http.patch("/api/datasets/before", json={"name": "after", "title": "After"}).json()["title"] == "After"
        assert http.get("/api/datasets/before/rows").status_code == 404
        assert exported(rowmill, "after") == [["a"], ["1"]]
        assert uploads.get(f"/api/uploads/{upload['id']}").json()["dataset"] == "after"
        assert http.delete("/api/datasets/after").status_code == 204
        assert http.get("/api/datasets/after/rows").status_code == 404
        assert "after" not in {one["name"] for one in http.get("/api/datasets", params={"limit": 1000}).json()["datasets"]}
        wait_for(lambda: uploads.get(f"/api/uploads/{upload['id']}").status_code == 404, 60, "its upload is gone too")
    rowmill.load(b"a\n2\n", dataset="after")
    assert exported(rowmill, "after") == [["a"], ["2"]]


def test_uploads_wait_for_a_held_one_and_can_be_renamed(rowmill: Rowmill) -> None:
    held = rowmill.wait(rowmill.upload(b"a\n1\n", dataset="waiting", hold="true"))
    waiting = rowmill.upload(b"a\n2\n", dataset="waiting")
    assert waiting["state"] == "PENDING"
    with rowmill.uploads as http:
        renamed: httpx.Response = http.patch(f"/api/uploads/{waiting['id']}", json={"file_name": "other.csv"})
        assert renamed.json()["file_name"] == "other.csv"
    act(rowmill, held, "publish")
    assert rowmill.wait(waiting)["state"] == "COMPLETE"
    assert exported(rowmill, "waiting")[1:] == [["1"], ["2"]]


def test_after_all_that_verify_finds_nothing(rowmill: Rowmill) -> None:
    names = (
        "upserts",
        "daily",
        "doubled",
        "grows",
        "held",
        "undoing",
        "taken-out",
        "unreplaced",
        "behind",
        "retyped",
        "kept",
        "after",
        "waiting",
    )
    with rowmill.readers as http:  # the other tests of this file may run in other processes, on a Rowmill of their own
        present = [name for name in names if http.get(f"/api/datasets/{name}").is_success]
    code, told = run(rowmill, "verify", *present, "--deep")
    assert code == 0, told
    assert told.count("every value the same") >= len(present)


def test_any_two_versions_are_compared(rowmill: Rowmill) -> None:
    name = "two-versions"
    upsert(rowmill, name, "id,price\n1,1.10\n2,2.00\n3,3.00\n")
    upsert(rowmill, name, "id,price\n1,1.20\n4,4.00\n")
    rowmill.load(b"id\n3\n", dataset=name, mode="delete", key="id")
    rowmill.load(b"id,price\n1,1.20\n2,2.50\n5,5.00\n", dataset=name, mode="replace", key="id")

    def compared(version: int, status: int = 200, **parameters: Any) -> dict[str, Any]:
        with rowmill.readers as http:
            response = http.get(f"/api/datasets/{name}/versions/{version}/changes", params=parameters)
        assert response.status_code == status, response.text
        return dict(response.json())

    def listed(page: dict[str, Any]) -> list[tuple[str, int]]:
        return [(one["change"], one["values"]["id"]) for one in page["changes"]]

    whole = compared(4, since=1)
    assert (whole["since"], whole["key"]) == (1, ["id"])
    assert listed(whole) == [("removed", 3), ("updated", 1), ("updated", 2), ("inserted", 5)]
    assert [one["before"]["values"]["price"] for one in whole["changes"][1:3]] == [1.1, 2.0]
    assert listed(compared(3, since=1)) == [("removed", 3), ("updated", 1), ("inserted", 4)]
    pages: list[tuple[str, int]] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        page = compared(4, since=1, limit=1, **({"cursor": page["next_cursor"]} if page["next_cursor"] else {}))
        pages += listed(page)
    assert pages == listed(whole)
    assert listed(compared(4, since=1, kind="removed", key="id")) == [("removed", 3)]
    assert compared(2, 400, since=2)["type"].endswith(":bad-since")
    assert compared(2, 400, key="id")["type"].endswith(":key-without-since")
    assert compared(4, 400, since=1, key="nobody")["type"].endswith(":unknown-column")
    rowmill.load(b"id,price\n6,6.00\n", dataset=name)
    with rowmill.readers as http:
        assert http.patch(f"/api/datasets/{name}", json={"versions_kept": 2}).status_code == 200
    wait_for(lambda: compared_status(rowmill, name, 5, since=1) == 404, 60, "version 1 is kept no more")


def compared_status(rowmill: Rowmill, name: str, version: int, **parameters: Any) -> int:
    with rowmill.readers as http:
        return http.get(f"/api/datasets/{name}/versions/{version}/changes", params=parameters).status_code
