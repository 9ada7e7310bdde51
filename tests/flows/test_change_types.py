"""A column gets another type after it was loaded: all files are read again from their exact text, as a version that can be held and undone."""

from typing import Any

import pytest

from tests.flows.deciding import contents, new_dataset
from tests.flows.pods import Rowmill, wait_for
from tests.flows.test_types import exported, types, values


def change(rowmill: Rowmill, dataset: str, /, hold: bool = False, **wanted: str) -> dict[str, Any]:
    """The upload that gives the columns these types, once it has ended."""
    with rowmill.readers as http:
        answer = http.patch(f"/api/datasets/{dataset}", json={"types": wanted, "hold": hold})
    assert answer.status_code == 202, answer.text
    upload = answer.json()["upload"]
    assert answer.headers["location"] == f"/api/uploads/{upload}"
    return rowmill.wait({"id": upload})


def act(rowmill: Rowmill, upload: dict[str, Any], action: str) -> None:
    with rowmill.uploads as http:
        answer = http.post(f"/api/uploads/{upload['id']}/{action}")
        assert answer.status_code == 200, answer.text


def test_as_text_a_column_has_what_the_files_wrote(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"zip,n\n01067,1\n10115,2\n", dataset=name, types="zip:integer")
    rowmill.load(b"zip,n\n00501,3\n", dataset=name)
    assert values(rowmill, name, "zip") == [1067, 10115, 501]
    done = change(rowmill, name, zip="text")
    assert (done["state"], done["version"], done["records"], done["rejects"]) == ("COMPLETE", 3, 0, 0)
    assert done["balance"]["visible_rows"] == done["balance"]["visible_documents"] == 3
    assert values(rowmill, name, "zip", filter="zip:prefix:0") == ["01067", "00501"]
    assert values(rowmill, name, "zip", version=2) == [1067, 10115, 501]
    rowmill.load(b"zip,n\n09999,4\n", dataset=name)
    assert values(rowmill, name, "zip")[-1] == "09999"
    rowmill.verify(name)


@pytest.mark.long
def test_rejects_are_read_again_and_an_undo_takes_them_back(small_chunks: Rowmill) -> None:
    name = new_dataset()
    small_chunks.load(b"a,b\n" + b"5,x\n6,y\n" * 20, dataset=name)
    second = small_chunks.load(b"a,b\n" + b"7,x\nn/a,y\n" * 18 + b"8,z\n" * 9, dataset=name)
    assert second["rejects"] == 18
    done = change(small_chunks, name, a="text")
    assert (done["state"], done["inserted"]) == ("COMPLETE", 18), done
    assert [(finding["code"], finding["count"]) for finding in done["findings"]] == [("rejects-read-again", 18)]
    rows = contents(small_chunks, name)[1]
    assert rows == [["5", "x"], ["6", "y"]] * 20 + [["7", "x"], ["n/a", "y"]] * 18 + [["8", "z"]] * 9
    assert small_chunks.rows(name, q="y", limit=1)["total"]["value"] == 38
    small_chunks.verify(name)
    small_chunks.load(b"a,b\nlater,x\n", dataset=name)
    small_chunks.verify(name)
    with small_chunks.uploads as http:
        assert http.delete(f"/api/uploads/{done['id']}").status_code == 409
        assert http.delete(f"/api/uploads/{second['id']}").status_code == 202
        wait_for(lambda: http.get(f"/api/uploads/{second['id']}").json()["state"] == "UNDONE", 60, "the second file is taken out")
    assert contents(small_chunks, name)[1] == [["5", "x"], ["6", "y"]] * 20 + [["later", "x"]]
    small_chunks.verify(name)


def test_undone_the_columns_are_as_before(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"a\n5\n6\n", dataset=name)
    rowmill.load(b"a\n7\n8\nx\n", dataset=name)
    done = change(rowmill, name, a="text")
    assert values(rowmill, name, "a") == ["5", "6", "7", "8", "x"]
    act(rowmill, done, "undo")
    assert (values(rowmill, name, "a"), types(rowmill, name)) == ([5, 6, 7, 8], {"a": "integer"})
    rowmill.load(b"a\n9\n", dataset=name)
    rowmill.verify(name)


def test_what_does_not_fit_stops_it_and_is_told(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"a,b\n5,x\nsix,y\n7,z\nacht,z\n", dataset=name, file_name="numbers.csv")
    done = change(rowmill, name, a="integer")
    assert (done["state"], done["error"]["type"]) == ("FAILED", "values-do-not-fit")
    (finding,) = done["findings"]
    assert (finding["level"], finding["count"]) == ("stop", 2)
    assert [(place["line"], place["text"]) for place in finding["places"]] == [(3, "numbers.csv: six,y"), (5, "numbers.csv: acht,z")]
    assert "'six' is no integer" in done["error"]["detail"]
    assert (values(rowmill, name, "a"), types(rowmill, name)["a"]) == (["5", "six", "7", "acht"], "text")
    rowmill.load(b"a,b\nneun,x\n", dataset=name)
    rowmill.verify(name)


def test_texts_become_dates_and_later_files_are_read_so(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"Tag;Betrag;n\n03.11.2026;1.234,50;1\n14.02.2026;0,99;2\n", dataset=name)
    done = change(rowmill, name, hold=True, Tag="date(%d.%m.%Y)", betrag="decimal(1.234,56)")
    assert done["state"] == "HELD"
    assert types(rowmill, name)["tag"] == "text"
    act(rowmill, done, "publish")
    assert types(rowmill, name) == {"tag": "date", "betrag": "decimal", "n": "integer"}
    rowmill.load(b"Tag;Betrag;n\n01.02.2026;2.500;3\n", dataset=name)
    assert values(rowmill, name, "betrag", filter="tag:lt:2026-06-01", sort="tag") == [2500, 0.99]
    assert "01.02.2026" in exported(rowmill, name)
    rowmill.verify(name)


def test_upserts_meet_the_keys_that_the_files_wrote(rowmill: Rowmill) -> None:
    name = new_dataset()
    keyed = {"dataset": name, "mode": "upsert", "key": "sku"}
    rowmill.load(b"sku,v,w\n7,old,kept\n8,old,kept\n", **keyed)
    rowmill.load(b"sku,v\n007,new\n8,new\nx,later\n", types="sku:integer", **keyed)
    assert contents(rowmill, name)[1] == [["7", "new", "kept"], ["8", "new", "kept"]]
    done = change(rowmill, name, sku="text")
    assert done["state"] == "COMPLETE", done
    assert sorted(contents(rowmill, name)[1]) == [["007", "new", ""], ["7", "old", "kept"], ["8", "new", "kept"], ["x", "later", ""]]
    rowmill.verify(name)


def test_files_stay_while_rows_of_them_are_seen_under_other_types(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"a\n5\n6\n", dataset=name)
    with rowmill.readers as http:
        assert http.patch(f"/api/datasets/{name}", json={"versions_kept": 1}).status_code == 200
    change(rowmill, name, a="text")
    rowmill.load(b"a\nx\n", dataset=name, retype="true")
    with rowmill.readers as http:
        wait_for(lambda: len(http.get(f"/api/datasets/{name}").json()["versions"]) == 1, 60, "older versions are gone")
    rowmill.verify(name)


@pytest.mark.parametrize("columns", [3, 250])
def test_wide_files_too(rowmill: Rowmill, columns: int) -> None:
    name = new_dataset()
    header, record = ",".join(f"c{number}" for number in range(columns)), ",".join(["01", *["x"] * (columns - 1)])
    rowmill.load(f"{header}\n{record}\n".encode(), dataset=name, types="c0:integer")
    done = change(rowmill, name, c0="text")
    assert done["state"] == "COMPLETE", done
    assert values(rowmill, name, "c0") == ["01"]
    rowmill.verify(name)


def test_what_cannot_be_meant_is_refused(rowmill: Rowmill) -> None:
    name = new_dataset()
    rowmill.load(b"price,Zip\n5,1\n", dataset=name)
    with rowmill.readers as http:
        for wanted, code, said in [
            ({"pric": "text"}, "unknown-column", "price"),
            ({"price": "money"}, "bad-types", "Types are"),
            ({"price": "text,Zip:text"}, "bad-types", "not one type"),
            ({"zip": "text", "Zip": "integer"}, "bad-types", "twice"),
        ]:
            answer = http.patch(f"/api/datasets/{name}", json={"types": wanted})
            assert (answer.status_code, code in answer.json()["type"], said in answer.json()["detail"]) == (400, True, True), answer.text
        same = http.patch(f"/api/datasets/{name}", json={"types": {"price": "text"}})
        assert same.status_code == 202
        rowmill.wait({"id": same.json()["upload"]})
        again = http.patch(f"/api/datasets/{name}", json={"types": {"price": "text"}})
        assert (again.status_code, again.json()["upload"]) == (200, None)
        for body, code in [
            ({"hold": True}, "hold-without-types"),
            ({"hold": True, "title": "Prices"}, "hold-without-types"),
            ({"types": {"price": "integer"}, "title": "Prices"}, "types-alone"),
        ]:
            refused = http.patch(f"/api/datasets/{name}", json=body)
            assert (refused.status_code, code in refused.json()["type"]) == (400, True), refused.text
        assert http.patch("/api/datasets/no-such", json={"types": {"a": "text"}}).status_code == 404
