"""What is almost surely wrong is not published: the version before stays, and the option that lets it pass is named."""

from typing import Any

import pytest

from tests.flows.pods import Rowmill

TEN = b"sku,price\n" + b"".join(b"%d,1.50\n" % number for number in range(10))
HUNDRED = b"sku,price\n" + b"".join(b"%d,1.50\n" % number for number in range(100))


def send(rowmill: Rowmill, content: bytes, dataset: str, **options: Any) -> Any:
    return rowmill.wait(rowmill.upload(content, dataset=dataset, **options))


def rows(rowmill: Rowmill, dataset: str) -> int:
    with rowmill.readers as http:
        return int(http.get(f"/api/datasets/{dataset}").json()["rows"])


def stopped_by(done: Any) -> str:
    assert done["state"] == "FAILED", done
    (stop,) = [finding for finding in done["findings"] if finding["level"] == "stop"]
    assert f"{stop['suggest']['option']}={stop['suggest']['value']}" in done["error"]["detail"], done["error"]
    return str(stop["code"])


def test_a_broken_file_does_not_empty_a_dataset(rowmill: Rowmill) -> None:
    name = "guard-rejects"
    assert send(rowmill, TEN, name)["state"] == "COMPLETE"
    broken, numbers = b"sku,price\n" + b"1,cheap\n" * 10, {"types": "price:decimal"}
    assert stopped_by(send(rowmill, broken, name, mode="replace", **numbers)) == "many-rejects"
    assert stopped_by(send(rowmill, broken, name, **numbers)) == "many-rejects"
    assert stopped_by(send(rowmill, broken, name, mode="replace", max_rejects="100%", **numbers)) == "no-rows"
    assert rows(rowmill, name) == 10
    assert send(rowmill, broken, name, max_rejects="100%", **numbers)["state"] == "COMPLETE"
    assert send(rowmill, broken, name, mode="replace", max_rejects="100%", empty="yes", **numbers)["state"] == "COMPLETE"
    assert rows(rowmill, name) == 0


def test_nothing_today(rowmill: Rowmill) -> None:
    name = "guard-nothing-today"
    assert send(rowmill, HUNDRED, name)["state"] == "COMPLETE"
    with rowmill.uploads as http:
        refused = http.post("/api/uploads", params={"dataset": name, "mode": "replace"}, content=b"sku,price\n")
        assert (refused.status_code, "empty=true" in refused.json()["detail"]) == (422, True)
    done = send(rowmill, b"sku,price\n", name, mode="replace", empty="true")
    assert (done["state"], done["rows"]) == ("COMPLETE", 0), done
    assert [finding["code"] for finding in done["findings"]] == ["emptied"]
    assert rows(rowmill, name) == 0
    assert send(rowmill, TEN, name)["state"] == "COMPLETE"
    assert rows(rowmill, name) == 10
    refused = http_upload(rowmill, b"", dataset=name, mode="replace", key="sku")
    assert (refused.status_code, "empty=true" in refused.json()["detail"]) == (422, True)
    for mode, left in (("append", 10), ("upsert", 10), ("replace", 0)):
        keyed = {} if mode == "append" else {"key": "sku"}
        done = send(rowmill, b"", name, mode=mode, empty="true", **keyed)
        assert (done["state"], done["records"], rows(rowmill, name)) == ("COMPLETE", 0, left), done
    assert done["removed"] == 10
    new = send(rowmill, b"", f"{name}-new", empty="true")
    assert (new["state"], new["error"]["type"]) == ("FAILED", "empty-file")
    assert send(rowmill, TEN, name)["state"] == "COMPLETE"
    rowmill.verify(name)


def http_upload(rowmill: Rowmill, content: bytes, **options: str) -> Any:
    with rowmill.uploads as http:
        return http.post("/api/uploads", params=options, content=content)


def test_what_a_key_cannot_tell_is_told(rowmill: Rowmill) -> None:
    name = "guard-keys"
    assert send(rowmill, b"sku,v\n1,a\n2,b\n", name)["state"] == "COMPLETE"
    done = send(rowmill, b"sku,v,art\n1,a,x\n2,b,y\n2,c,x\n3,d,x\n", name, mode="replace", key="art")
    found = {finding["code"]: finding for finding in done["findings"]}
    assert (found["key-not-compared"]["level"], found["key-not-compared"]["column"]) == ("warning", "art")
    assert (done["removed"], done["inserted"]) == (2, 2)
    places = [(place["record"], place["text"]) for place in found["keys-repeated"]["places"]]
    assert (found["keys-repeated"]["level"], places) == ("warning", [(1, "x"), (3, "x")])
    again = send(rowmill, b"sku,v,art\n9,z,q\n9,z,q\n", name, mode="upsert", key="sku,art")
    (repeated,) = [finding for finding in again["findings"] if finding["code"] == "keys-repeated"]
    assert (repeated["level"], [(place["record"], place["text"]) for place in repeated["places"]]) == ("info", [(1, "9, q")])
    refused = http_upload(rowmill, b"sku,v,art\n9,z,q\n", dataset=name, mode="upsert", key="skuu")
    assert "Did you mean sku?" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"sku,price\n1,1.50\n2,3.00\n", "dataset-shrinks"), (HUNDRED.replace(b"sku,price", b"user,login"), "nothing-in-common")],
    ids=["shrinks", "other titles"],
)
def test_a_replacement_that_is_another_file(rowmill: Rowmill, content: bytes, code: str) -> None:
    name = f"guard-{code}"
    assert send(rowmill, HUNDRED, name)["state"] == "COMPLETE"
    assert stopped_by(send(rowmill, content, name, mode="replace")) == code
    assert rows(rowmill, name) == 100
    assert send(rowmill, content, name, mode="replace", shrink="allow")["state"] == "COMPLETE"


def test_the_same_file_again(rowmill: Rowmill) -> None:
    first = send(rowmill, TEN, "guard-again")
    again = send(rowmill, TEN, "guard-again")
    (finding,) = again["findings"]
    assert (finding["code"], finding["level"], first["id"] in finding["message"]) == ("same-file-again", "warning", True)
    assert finding["suggest"] == {"option": "if_changed", "value": "true"}
    held = send(rowmill, TEN, "guard-again", on_warning="hold")
    assert held["state"] == "HELD"


def test_guards_of_a_dataset_hold_whatever_an_upload_says(rowmill: Rowmill) -> None:
    name = "guard-of-its-own"
    assert send(rowmill, HUNDRED, name)["state"] == "COMPLETE"
    with rowmill.readers as http:
        path = f"/api/datasets/{name}"
        assert http.get(path).json()["guards"] == {"max_rejects": "", "on_warning": "publish"}
        for bad in ({"max_rejects": "many"}, {"max_rejects": "101%"}, {"on_warning": "ask"}, {"shrink": "allow"}):
            assert http.patch(path, json={"guards": bad}).status_code == 400
        assert http.patch(path, json={"guards": {"max_rejects": "10%"}}).status_code == 200
    one_in_ten = b"sku,price\n" + b"1,1.50\n" * 9 + b"2,cheap\n"
    typed = {"types": "price:decimal", "max_rejects": "100%"}
    assert send(rowmill, one_in_ten, name, **typed)["state"] == "COMPLETE"
    stopped = send(rowmill, one_in_ten + b"3,cheap\n", name, **typed)
    assert (stopped["state"], stopped["error"]["type"]) == ("FAILED", "too-many-rejects")
    assert "the dataset's own guard (max_rejects=10%) allows 1" in stopped["error"]["detail"]
    with rowmill.readers as http:
        assert http.patch(path, json={"guards": {"on_warning": "hold"}}).status_code == 200
        assert http.post(f"{path}/rows", params={"wait": 30}, json={"sku": 500}).json()["state"] == "COMPLETE"
    held = send(rowmill, HUNDRED, name, on_warning="publish")  # the same file again
    assert held["state"] == "HELD", held
    with rowmill.uploads as http:
        assert http.post(f"/api/uploads/{held['id']}/discard").status_code == 200
    with rowmill.readers as http:
        assert http.patch(path, json={"guards": {}}).status_code == 200
    assert send(rowmill, HUNDRED, name)["state"] == "COMPLETE"
