"""Webhooks: a program is told what became of an upload, signed by Standard Webhooks, again until it has understood, and never of what is not its."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.flows.pods import Rowmill, wait_for
from tests.flows.served import Reply, Served, served
from tests.flows.sourcing import make_source, run_source


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


def make_webhook(rowmill: Rowmill, url: str, **more: Any) -> dict[str, Any]:
    with rowmill.uploads as http:
        response = http.post("/api/webhooks", json={"url": url, **more})
        assert response.status_code == 201, response.text
        return dict(response.json())


def remove(rowmill: Rowmill, webhook: dict[str, Any]) -> None:
    with rowmill.uploads as http:
        assert http.delete(f"/api/webhooks/{webhook['id']}").status_code == 204


def deliveries(rowmill: Rowmill, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    with rowmill.uploads as http:
        return list(http.get(f"/api/webhooks/{webhook['id']}/deliveries").json()["deliveries"])


def test_a_program_is_told_of_an_upload_in_words_that_it_can_trust(rowmill: Rowmill, web: Served) -> None:
    web.replies["/hook"] = Reply(b"thanks")
    webhook = make_webhook(rowmill, f"{web.url}/hook", datasets=["hook-a*"], events=["upload.complete", "upload.failed"])
    other = rowmill.load(b"a\n1\n", dataset="hook-other")
    done = rowmill.load(b"a\n1\n2\n", dataset="hook-abc")
    wait_for(lambda: len(web.asked) == 1, 30, "the webhook was told")
    (told,) = web.asked
    payload = Webhook(webhook["secret"]).verify(told.body, dict(told.headers))
    assert (told.method, payload["type"], payload["data"]["id"]) == ("POST", "upload.complete", done["id"])
    with rowmill.uploads as http:
        assert payload["data"].keys() == http.get(f"/api/uploads/{done['id']}").json().keys()
    assert payload["data"]["rows"] == 2 and payload["data"]["balance"] is not None
    assert other["id"] not in told.body.decode()
    wait_for(lambda: deliveries(rowmill, webhook)[0]["state"] == "DELIVERED", 30, "the log tells")
    (logged,) = deliveries(rowmill, webhook)
    assert (logged["id"], logged["status"], logged["attempts"]) == (told.headers["webhook-id"], 200, 1)
    with rowmill.uploads as http:
        shown = http.get("/api/webhooks").text + http.get(f"/api/webhooks/{webhook['id']}").text
        assert webhook["secret"] not in shown
        replayed = http.post(f"/api/webhooks/{webhook['id']}/deliveries/{logged['id']}/replay")
        assert replayed.json()["state"] == "WAITING"
    wait_for(lambda: len(web.asked) == 2, 30, "it was told once more")
    assert (web.asked[1].body, web.asked[1].headers["webhook-id"]) == (told.body, logged["id"])
    remove(rowmill, webhook)


@pytest.mark.long
def test_who_does_not_understand_is_told_again(rowmill: Rowmill, web: Served) -> None:
    web.replies["/hook"] = Reply(status=503, headers={"Retry-After": "0"})
    webhook = make_webhook(rowmill, f"{web.url}/hook", datasets=["hook-again"])
    with rowmill.uploads as http:
        refused = http.post("/api/uploads", params={"dataset": "hook-again"}, content=b"<html><body></body></html>")
        assert refused.status_code == 415
    wait_for(lambda: len(web.asked) >= 1, 30, "the webhook was told")
    wait_for(lambda: deliveries(rowmill, webhook)[0]["error"] is not None, 30, "the log tells")
    (logged,) = deliveries(rowmill, webhook)
    assert (logged["event"], logged["state"], logged["status"]) == ("upload.failed", "WAITING", 503)
    web.replies["/hook"] = Reply(status=204)
    wait_for(lambda: deliveries(rowmill, webhook)[0]["state"] == "DELIVERED", 60, "it was told again")
    assert deliveries(rowmill, webhook)[0]["attempts"] >= 2
    assert len({request.body for request in web.asked}) == 1
    remove(rowmill, webhook)


def test_who_is_gone_is_told_no_more_and_inside_nobody_is_told(rowmill: Rowmill, web: Served) -> None:
    web.replies["/gone"] = Reply(status=410)
    gone = make_webhook(rowmill, f"{web.url}/gone", datasets=["hook-gone"])
    inside = make_webhook(rowmill, "http://169.254.169.254/hook", datasets=["hook-gone"])
    rowmill.load(b"a\n1\n", dataset="hook-gone")
    wait_for(lambda: deliveries(rowmill, gone)[0]["state"] == "FAILED", 30, "it is told no more")
    wait_for(lambda: deliveries(rowmill, inside)[0]["error"] is not None, 30, "the log tells")
    assert "not public" in deliveries(rowmill, inside)[0]["error"]
    with rowmill.uploads as http:
        assert http.get(f"/api/webhooks/{gone['id']}").json()["paused"] is True
        back = http.patch(f"/api/webhooks/{gone['id']}", json={"paused": False, "events": ["upload.held"]}).json()
        assert (back["paused"], back["events"]) == (False, ["upload.held"])
        for bad in (
            {"url": "file:///x"},
            {"url": web.url, "datasets": ["a*b"]},
            {"url": web.url, "events": ["dead-letter"], "datasets": ["a"]},
        ):
            assert http.post("/api/webhooks", json=bad).status_code in (400, 422), bad
    for webhook in (gone, inside):
        remove(rowmill, webhook)


def test_a_run_that_fails_is_told(rowmill: Rowmill, web: Served) -> None:
    web.replies["/hook"] = Reply()
    webhook = make_webhook(rowmill, f"{web.url}/hook", datasets=["hook-source"], events=["source.failed"])
    make_source(rowmill, "hook-source", "url", {"url": f"{web.url}/none.csv"})
    run = run_source(rowmill, "hook-source")
    wait_for(lambda: web.times("/hook") == 1, 30, "the webhook was told")
    payload = json.loads(next(request.body for request in web.asked if request.path == "/hook"))
    assert (payload["type"], payload["data"]["id"], payload["data"]["source"]) == ("source.failed", run["id"], "hook-source")
    assert payload["data"]["error"]["type"] == "source-answers"
    remove(rowmill, webhook)


def test_webhooks_from_the_command_line(rowmill: Rowmill, web: Served) -> None:
    web.replies["/hook"] = Reply()
    url = ["--url", rowmill.pods.get("upload", next(iter(rowmill.pods.values()))).url]
    made = rowmill.command("webhook", "add", f"{web.url}/hook", "--dataset", "hook-cli", "--json", *url)
    webhook = json.loads(made.stdout)
    assert webhook["secret"].startswith("whsec_") and webhook["datasets"] == ["hook-cli"], made
    rowmill.load(b"a\n1\n", dataset="hook-cli")
    wait_for(lambda: bool(web.asked) and deliveries(rowmill, webhook)[0]["state"] == "DELIVERED", 30, "it was told")
    listed = rowmill.command("webhook", "deliveries", webhook["id"], *url)
    assert "upload.complete" in listed.stdout and "DELIVERED" in listed.stdout, listed
    assert rowmill.command("webhook", "replay", webhook["id"], deliveries(rowmill, webhook)[0]["id"], *url).returncode == 0
    assert webhook["id"] in rowmill.command("webhook", "list", *url).stdout
    assert rowmill.command("webhook", "remove", webhook["id"], *url).returncode == 0
