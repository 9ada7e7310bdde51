"""What one key may ask and have, over HTTP; the next key does not notice."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backbone.postgres.embedded.server import leave_embedded
from backbone.runtime.key_text import new_key
from rowmill import Client
from tests.flows.pods import Rowmill, running, wait_for
from tests.no_tls import NO_TLS

FIRST = new_key()
ROWS = b"a,b\n1,2\n"
LIMITS = {
    "ROWMILL_REQUESTS_PER_MINUTE_MAX": "300",
    "ROWMILL_RECEIVING_PER_KEY_MAX": "1",
    "ROWMILL_HELD_PER_KEY_MAX": "1",
    "ROWMILL_DATASETS_PER_KEY_MAX": "2",
    "ROWMILL_ROWS_PER_KEY_MAX": "6",
    "ROWMILL_BYTES_PER_DAY_MAX": "100",
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rowmill]:
    home = tmp_path_factory.mktemp("limited")
    keys = {"ROWMILL_HOME": str(home), "ROWMILL_AUTH": "keys", "ROWMILL_FIRST_KEY": FIRST}
    with running("embedded", {"all": []}, {**keys, **LIMITS}) as rowmill:
        yield rowmill
    leave_embedded(Path(home))


@pytest.fixture
def http(limited: Rowmill) -> Iterator[httpx.Client]:
    """With a key of the test's own."""
    url = limited.pods["all"].url
    with Client(url, key=FIRST) as admin:
        key = admin.create_key("limited", ["read", "upload", "manage"]).key
    with httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS) as client:
        yield client


def send(http: httpx.Client, dataset: str, content: bytes = ROWS, **options: str) -> httpx.Response:
    sent = http.post("/api/uploads", params={"dataset": dataset, **options}, content=content)
    if sent.status_code == 202:
        wait_for(lambda: http.get(sent.headers["location"]).json()["state"] in ("COMPLETE", "HELD"), 60, "it is loaded")
    return sent


def is_refused(answer: httpx.Response, code: str) -> bool:
    return (answer.status_code, answer.json()["type"]) == (429, f"urn:rowmill:problem:{code}") and "retry-after" in answer.headers


def usage(http: httpx.Client) -> Any:
    return http.get("/api/me").json()["usage"]


def test_requests_in_a_minute(http: httpx.Client, limited: Rowmill) -> None:
    """A slow machine gets back almost as many as it asks: so it asks until it is refused."""
    answers = [http.get("/api/me")]
    while answers[-1].status_code == 200 and len(answers) < 3_000:
        answers.append(http.get("/api/me"))
    assert re.fullmatch(r'"key";r=299;t=\d+', answers[0].headers["ratelimit"])
    assert answers[0].headers["ratelimit-policy"] == '"key";q=300;w=60'
    assert len(answers) > 300 and is_refused(answers[-1], "too-many-requests")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert http.get("/health/live").status_code == 200
    with httpx.Client(base_url=http.base_url, headers={"Authorization": f"Bearer {FIRST}"}) as another:
        assert another.get("/api/me").status_code == 200


def test_held_uploads(http: httpx.Client) -> None:
    first = send(http, "limits-held", hold="true")
    assert first.status_code == 202 and usage(http)["held"] == 1
    assert is_refused(send(http, "limits-held", b"a,b\n3,4\n", hold="true"), "too-many-held")
    assert http.post(f"{first.headers['location']}/publish").status_code == 200
    assert send(http, "limits-held", b"a,b\n3,4\n", hold="true").status_code == 202


def test_rows(http: httpx.Client) -> None:
    """Those that readers see: what a replace took away counts no more."""
    assert send(http, "limits-rows", b"a\n1\n2\n3\n4\n5\n6\n7\n").status_code == 202
    assert (usage(http)["rows"], usage(http)["rows_max"]) == (7, 6)
    assert is_refused(send(http, "limits-rows"), "too-many-rows")
    assert http.post("/api/datasets/limits-rows/rows", json=[{"a": 8}]).status_code == 429
    assert http.delete("/api/datasets/limits-rows").status_code == 204
    assert usage(http)["rows"] == 0
    assert send(http, "limits-rows-2").status_code == 202


def test_datasets(http: httpx.Client) -> None:
    assert [send(http, f"limits-{number}").status_code for number in range(2)] == [202, 202]
    assert usage(http)["datasets"] == 2
    assert is_refused(send(http, "limits-2"), "too-many-datasets")
    begun = {"Tus-Resumable": "1.0.0", "Upload-Length": "8"}
    assert is_refused(http.post("/api/resumable", params={"dataset": "limits-2"}, headers=begun), "too-many-datasets")
    assert send(http, "limits-1", b"a,b\n5,6\n").status_code == 202
    assert http.delete("/api/datasets/limits-0").status_code == 204
    assert send(http, "limits-2").status_code == 202


def test_bytes_of_a_day(http: httpx.Client) -> None:
    assert send(http, "limits-bytes", b"a,b\n" + b"1,2\n" * 30).status_code == 202
    assert usage(http)["bytes_today"] == 124
    assert is_refused(send(http, "limits-bytes", b"a,b\n7,8\n"), "too-many-bytes")


def test_files_at_once(http: httpx.Client, limited: Rowmill) -> None:
    going_on, begun = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield ROWS
        begun.set()
        going_on.wait(30)
        yield b"3,4\n"

    answers: list[httpx.Response] = []
    sending = threading.Thread(
        target=lambda: answers.append(http.post("/api/uploads", params={"dataset": "limits-slow"}, content=slowly()))
    )
    sending.start()
    assert begun.wait(30)
    wait_for(lambda: any(found["dataset"] == "limits-slow" for found in http.get("/api/uploads").json()["uploads"]), 30, "it comes in")
    assert is_refused(http.post("/api/uploads", params={"dataset": "limits-more"}, content=ROWS), "too-many-uploads")
    with httpx.Client(base_url=http.base_url, headers={"Authorization": f"Bearer {FIRST}"}, timeout=60) as another:
        assert another.post("/api/uploads", params={"dataset": "limits-another"}, content=ROWS).status_code == 202
    going_on.set()
    sending.join(60)
    assert answers[0].status_code == 202
