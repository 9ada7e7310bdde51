"""Who changed what, and who was turned away, can be asked for afterwards; in both homes."""

import json
from typing import Any

import pytest

from tests.flows.pods import Rowmill, wait_for

ROWS = b"a,b\n1,2\n"


def audit_of(rowmill: Rowmill, **wanted: str) -> list[dict[str, Any]]:
    with rowmill.readers as http:
        answer = http.get("/api/audit", params={"limit": "1000", **wanted})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["events"])


def test_each_change_is_told_with_its_request(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        sent = http.post("/api/uploads", params={"dataset": "audited"}, content=ROWS, headers={"X-Request-Id": "r-begin"}).json()
    rowmill.wait(sent)
    held = rowmill.wait(rowmill.upload(b"a,b\n3,4\n", dataset="audited", hold="true"))
    with rowmill.uploads as http, rowmill.readers as readers:
        for path, request in ((f"/api/uploads/{held['id']}/discard", "r-discard"), (f"/api/uploads/{sent['id']}/undo", "r-undo")):
            done = http.post(path, headers={"X-Request-Id": request})
            assert done.status_code == 200, done.text
        assert readers.patch("/api/datasets/audited", json={"title": "Audited"}, headers={"X-Request-Id": "r-title"}).status_code == 200
        assert readers.delete("/api/datasets/audited", headers={"X-Request-Id": "r-gone"}).status_code == 204
    events = audit_of(rowmill, dataset="audited")[::-1]
    told = [(event["action"], event["request_id"], event["principal"]) for event in events if event["object"] != held["id"]]
    assert told == [
        ("upload.begun", "r-begin", "everybody"),
        ("upload.published", "", "rowmill"),
        ("upload.undone", "r-undo", "everybody"),
        ("dataset.changed", "r-title", "everybody"),
        ("dataset.removed", "r-gone", "everybody"),
    ]
    assert [event["action"] for event in events if event["object"] == held["id"]] == ["upload.begun", "upload.discarded"]
    changed = next(event for event in events if event["action"] == "dataset.changed")
    assert changed["detail"] == {"title": "Audited"}


def test_a_change_that_was_refused_leaves_no_line_of_a_change(rowmill: Rowmill) -> None:
    done = rowmill.load(ROWS, dataset="audited-refusal")
    with rowmill.uploads as http:
        assert http.post(f"/api/uploads/{done['id']}/publish").status_code == 409
        assert http.delete("/api/uploads/no-such").status_code == 404
    assert [event["action"] for event in audit_of(rowmill, dataset="audited-refusal")] == ["upload.published", "upload.begun"]


def test_what_was_turned_away_is_told_together(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        for _ in range(7):
            refused = http.post("/api/uploads/x/undo", headers={"Origin": "https://evil.example", "X-Request-Id": "r-evil"})
            assert refused.status_code == 403

    def times() -> int:
        lines = [event for event in audit_of(rowmill, action="refused") if event["request_id"] == "r-evil"]
        return sum(event["detail"]["times"] for event in lines if event["detail"]["code"] == "foreign-origin")

    wait_for(lambda: times() == 7, 10, "the refusals are written")


def test_pages_and_the_stream_hold_the_same(rowmill: Rowmill) -> None:
    rowmill.load(ROWS, dataset="audited-pages")
    rowmill.load(ROWS + b"5,6\n", dataset="audited-pages")
    whole = audit_of(rowmill, dataset="audited-pages")
    assert len(whole) == 4
    with rowmill.readers as http:
        pages: list[Any] = []
        cursor: dict[str, str] = {}
        while len(pages) < 10:
            page = http.get("/api/audit", params={"dataset": "audited-pages", "limit": "1", **cursor}).json()
            pages += page["events"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert pages == whole
        stream = http.get("/api/audit/export", params={"dataset": "audited-pages"})
        assert stream.headers["content-type"].startswith("application/x-ndjson")
        assert [json.loads(line) for line in stream.text.splitlines()] == whole
        since = whole[1]["at"]
        assert http.get("/api/audit", params={"dataset": "audited-pages", "since": since}).json()["events"] == whole[:2]
        assert http.get("/api/audit", params={"dataset": "audited-pages", "until": since}).json()["events"] == whole[2:]


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"},
        {"until": "0.5"},
        {"until": "1e-5"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"action": "upload.eaten"},
        {"principal": ""},
        {"who": "me"},
    ],
)
def test_what_cannot_be_read_is_refused(rowmill: Rowmill, wrong: dict[str, str]) -> None:
    with rowmill.readers as http:
        for path in ("/api/audit", "/api/audit/export"):
            assert http.get(path, params=wrong).status_code == 400


def test_the_command_line_shows_it(rowmill: Rowmill) -> None:
    done = rowmill.load(ROWS, dataset="audited-shown")
    with rowmill.readers as http:
        url = str(http.base_url)
    shown = rowmill.command("audit", "--dataset", "audited-shown", "--since", "2020-01-01", "--url", url)
    assert shown.returncode == 0 and "upload.published" in shown.stdout and done["id"] in shown.stdout, shown.stderr
    lines = rowmill.command("audit", "--dataset", "audited-shown", "--limit", "1", "--json", "--url", url).stdout.splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["upload.published"]
