"""The button pressed twice: the same request under its key, the same file without one, and a file that changes nothing."""

import secrets

import httpx
import pytest

from tests.flows.clients import sending
from tests.flows.pods import Rowmill, embedded, wait_for
from tests.no_tls import NO_TLS

FILE = b"n,text\n1,one\n2,two\n"


def post(rowmill: Rowmill, content: bytes, key: str | None = None, **options: str) -> httpx.Response:
    with rowmill.uploads as http:
        headers = {} if key is None else {"Idempotency-Key": key}
        return http.post("/api/uploads", params=options, content=content, headers=headers)


def test_the_same_key_again_gets_the_same_answer_and_loads_once(rowmill: Rowmill) -> None:
    dataset = f"twice-{secrets.token_hex(4)}"
    first = post(rowmill, FILE, dataset, dataset=dataset)
    assert first.status_code == 202
    rowmill.wait(first.json())
    again = post(rowmill, FILE, dataset, dataset=dataset)
    assert (again.status_code, again.headers["location"]) == (202, first.headers["location"])
    assert again.json() == first.json()
    assert rowmill.rows(dataset)["total"]["value"] == 2


def test_the_answer_comes_although_the_long_body_is_not_read(rowmill: Rowmill) -> None:
    """A key goes by what is asked, not by the bytes: these are not even looked at."""
    dataset = f"twice-{secrets.token_hex(4)}"
    first = post(rowmill, FILE, dataset, dataset=dataset)
    assert post(rowmill, FILE + b"1234567,x\n" * 3_000_000, dataset, dataset=dataset).json() == first.json()
    rowmill.wait(first.json())


@pytest.mark.parametrize("other", [{"dataset": "elsewhere"}, {"delimiter": ";"}], ids=str)
def test_the_same_key_for_something_else_is_refused(rowmill: Rowmill, other: dict[str, str]) -> None:
    key = f"key-{secrets.token_hex(4)}"
    first = post(rowmill, FILE, key, dataset="here")
    refused = post(rowmill, FILE, key, **{"dataset": "here", **other})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rowmill:problem:idempotency-key-reused")
    assert refused.json()["upload"] == first.headers["location"]
    rowmill.wait(first.json())


def test_the_same_key_waits_while_the_first_still_streams_and_is_free_when_it_failed(rowmill: Rowmill) -> None:
    key = f"key-{secrets.token_hex(4)}"
    url = (rowmill.pods.get("upload") or rowmill.pods["all"]).url
    with sending(url, 1000, {"Idempotency-Key": key}, dataset=key) as connection:
        connection.sendall(FILE)
        wait_for(
            lambda: httpx.get(f"{url}/api/uploads", params={"dataset": key}, verify=NO_TLS).json()["uploads"], 20, "the first has begun"
        )
        refused = post(rowmill, FILE, key, dataset=key)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:rowmill:problem:still-receiving")

    def accepted() -> bool:
        again = post(rowmill, FILE, key, dataset=key)
        assert again.status_code in (202, 409)
        return again.status_code == 202

    wait_for(accepted, 20, "the key is free after the first client hung up")


def test_a_bad_key_is_refused(rowmill: Rowmill) -> None:
    assert post(rowmill, FILE, "x" * 256, dataset="here").status_code == 400


def test_the_same_file_is_told_and_skipped_only_when_it_changes_nothing(rowmill: Rowmill) -> None:
    dataset = f"same-{secrets.token_hex(4)}"
    first = rowmill.load(FILE, dataset=dataset, mode="replace")
    told = rowmill.load(FILE, dataset=dataset, mode="replace", file_name="another-name.csv")
    assert (first["same_as"], told["same_as"]) == (None, first["id"])
    skipped = rowmill.wait(rowmill.upload(FILE, dataset=dataset, mode="replace", if_changed="true"))
    assert (skipped["state"], skipped["same_as"], skipped["version"], skipped["rows"]) == ("UNCHANGED", told["id"], None, 0)
    appended = rowmill.load(FILE, dataset=dataset, if_changed="true")  # another mode: this is not the same
    assert appended["same_as"] is None
    again = rowmill.wait(rowmill.upload(FILE, dataset=dataset, if_changed="true"))
    assert (again["state"], again["same_as"]) == ("UNCHANGED", appended["id"])
    back = rowmill.load(FILE, dataset=dataset, mode="replace", if_changed="true")  # the dataset is not that file any more
    assert (back["same_as"], rowmill.rows(dataset)["total"]["value"]) == (told["id"], 2)
    appended_anew = rowmill.load(FILE, dataset=dataset, if_changed="true")  # appended once, but replaced since
    assert rowmill.rows(dataset)["total"]["value"] == 4
    with rowmill.uploads as http:
        assert http.get(f"/api/uploads/{again['id']}/file").json()["same_as"] == appended["id"]
        assert http.get(f"/api/uploads/{appended_anew['id']}/file").content == FILE


def test_pressed_twice_at_once_it_is_loaded_once(rowmill: Rowmill) -> None:
    """Both are in before the first is COMPLETE: whether the second changes anything is asked when its turn comes."""
    dataset = f"button-{secrets.token_hex(4)}"
    ids = [rowmill.upload(FILE, dataset=dataset, if_changed="true") for _ in range(2)]
    assert sorted(rowmill.wait(upload)["state"] for upload in ids) == ["COMPLETE", "UNCHANGED"]
    assert rowmill.rows(dataset)["total"]["value"] == 2


@pytest.mark.long
def test_a_full_service_says_so_and_when_to_come_back() -> None:
    with embedded(ROWMILL_RECEIVING_MAX="1") as rowmill:
        url = rowmill.pods["all"].url
        with sending(url, 1000, dataset="slow") as connection:
            connection.sendall(FILE)
            wait_for(lambda: httpx.get(f"{url}/api/uploads", verify=NO_TLS).json()["uploads"], 20, "the first has begun")
            refused = post(rowmill, FILE, dataset="second")
            assert (refused.status_code, refused.json()["type"]) == (429, "urn:rowmill:problem:too-many-uploads")
            assert int(refused.headers["retry-after"]) > 0
        wait_for(lambda: post(rowmill, FILE, dataset="second").status_code == 202, 20, "there is room again")
