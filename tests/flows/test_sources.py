"""Sources over HTTP: what a URL has comes as an ordinary upload, once; what fails says why; secrets stay inside."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.pods import Rowmill
from tests.flows.served import Reply, Served, served
from tests.flows.sourcing import make_source, run_source, runs_of, values_of


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


def test_a_file_behind_a_url_comes_once_and_again_when_it_changes(rowmill: Rowmill, web: Served) -> None:
    web.replies["/prices.csv"] = Reply(b"sku,price\na,1.10\nb,2.20\n", headers={"ETag": '"one"'})
    made = make_source(rowmill, "src-prices", "url", {"url": f"{web.url}/prices.csv"}, options={"mode": "replace", "key": "sku"})
    assert (made["last_run"], made["next_run_at"], made["has_secret"]) == (None, None, False)
    run = run_source(rowmill, "src-prices")
    assert (run["state"], run["cause"], len(run["uploads"])) == ("DONE", "request", 1), run
    assert values_of(rowmill, "src-prices") == [{"sku": "a", "price": 1.1}, {"sku": "b", "price": 2.2}]
    assert run_source(rowmill, "src-prices")["state"] == "UNCHANGED"  # by its ETag: nothing was sent
    web.replies["/prices.csv"] = Reply(b"sku,price\na,1.10\nb,2.20\n")
    again = run_source(rowmill, "src-prices")  # by its checksum
    assert (again["state"], again["uploads"][0]["state"]) == ("UNCHANGED", "UNCHANGED")
    web.replies["/prices.csv"] = Reply(b"sku,price\na,1.10\nb,2.50\n", headers={"ETag": '"two"'})
    assert run_source(rowmill, "src-prices")["state"] == "DONE"
    assert values_of(rowmill, "src-prices")[1] == {"sku": "b", "price": 2.5}
    assert [run["state"] for run in runs_of(rowmill, "src-prices")] == ["DONE", "UNCHANGED", "UNCHANGED", "DONE"]
    with rowmill.uploads as http:
        upload = http.get(f"/api/uploads/{run['uploads'][0]['id']}").json()
        assert (upload["file_name"], upload["mode"]) == ("prices.csv", "replace")
        assert http.get("/api/sources/src-prices").json()["last_run"]["state"] == "DONE"


def test_a_run_that_fails_says_why_in_a_sentence(rowmill: Rowmill, web: Served) -> None:
    make_source(rowmill, "src-failing", "url", {"url": f"{web.url}/failing"}, secret={"token": "hunter2-hunter2"})
    run = run_source(rowmill, "src-failing")
    assert (run["state"], run["error"]["type"]) == ("FAILED", "source-answers")
    assert "127.0.0.1 answers 404" in run["error"]["detail"]
    web.replies["/failing"] = Reply(b"<!doctype html><html><body>Please log in</body></html>")
    run = run_source(rowmill, "src-failing")
    assert (run["state"], run["error"]["type"], run["uploads"][0]["state"]) == ("FAILED", "files-refused", "FAILED"), run
    web.replies["/failing"] = Reply(b"sku\na\n")
    assert run_source(rowmill, "src-failing")["state"] == "DONE"


def test_findings_hold_what_on_warning_holds(rowmill: Rowmill, web: Served) -> None:
    web.replies["/odd.csv"] = Reply(b"a;b\n1;2\n3\n")
    make_source(rowmill, "src-held", "url", {"url": f"{web.url}/odd.csv"}, options={"on_warning": "hold"})
    run = run_source(rowmill, "src-held")
    assert run["state"] == "HELD" and run["findings"] >= 1, run


def test_a_secret_is_sent_and_never_shown(rowmill: Rowmill, web: Served) -> None:
    web.replies["/secret.csv"] = Reply(b"a\n1\n")
    url = f"{web.url}/secret.csv"
    make_source(
        rowmill,
        "src-secret",
        "url",
        {"url": url},
        secret={"user": "me", "password": "p4ssw0rd-of-mine", "headers": {"X-Key": "k3y-of-mine"}},
    )
    assert run_source(rowmill, "src-secret")["state"] == "DONE"
    sent = next(request for request in web.asked if request.path == "/secret.csv")
    assert sent.headers["authorization"].startswith("Basic ") and sent.headers["x-key"] == "k3y-of-mine"
    with rowmill.uploads as http:
        seen = "".join(http.get(f"/api/sources{path}").text for path in ("", "/src-secret", "/src-secret/runs"))
        assert "of-mine" not in seen and '"has_secret":true' in seen
        moved = http.patch("/api/sources/src-secret", json={"settings": {"url": f"{web.url}/other.csv"}})
        assert (moved.status_code, moved.json()["type"]) == (400, "urn:rowmill:problem:secret-needed")
        assert http.patch("/api/sources/src-secret", json={"secret": None}).json()["has_secret"] is False


def test_what_is_no_source_is_refused(rowmill: Rowmill, web: Served) -> None:
    good: dict[str, Any] = {"name": "src-bad", "kind": "url", "dataset": "src-bad", "settings": {"url": "https://shop.example/x.csv"}}
    with rowmill.uploads as http:
        changes: list[tuple[dict[str, Any], str]] = [
            ({"schedule": "every day"}, "bad-schedule"),
            ({"schedule": "0 0 31 2 *"}, "bad-schedule"),
            ({"schedule": "@daily", "time_zone": "Mars/Base"}, "bad-time-zone"),
            ({"settings": {"uri": "https://shop.example/"}}, "bad-source"),
            ({"settings": {"url": "file:///etc/passwd"}}, "bad-url"),
            ({"settings": {"url": "https://me:secret@shop.example/"}}, "bad-url"),
            ({"settings": {"url": "https://shop.example/", "headers": {"Host": "other"}}}, "bad-source"),
            ({"secret": {"token": "a\r\nX: y"}}, "bad-source"),
            ({"options": {"mod": "replace"}}, "unknown-option"),
            ({"options": {"dataset": "other"}}, "bad-option"),
        ]
        for change, code in changes:
            response = http.post("/api/sources", json={**good, **change})
            assert response.status_code in (400, 422) and response.json()["type"].endswith(code), (change, response.text)
        assert http.post("/api/sources/src-none/run").status_code == 404


def test_the_life_of_a_source(rowmill: Rowmill, web: Served) -> None:
    web.replies["/life.csv"] = Reply(b"a\n1\n")
    make_source(rowmill, "src-life", "url", {"url": f"{web.url}/life.csv"}, schedule="30 3 * * *", time_zone="Europe/Berlin", jitter_s=60)
    with rowmill.uploads as http:
        one = "/api/sources/src-life"
        assert (
            http.post("/api/sources", json={"name": "src-life", "kind": "url", "dataset": "x", "settings": {"url": web.url}}).status_code
            == 409
        )
        assert http.get(one).json()["next_run_at"] is not None
        assert http.post(f"{one}/pause").json()["next_run_at"] is None
        assert run_source(rowmill, "src-life")["state"] == "DONE"  # by hand all the same
        assert http.post(f"{one}/resume").json()["paused"] is False
        assert http.patch(one, json={"schedule": ""}).json()["next_run_at"] is None
        assert any(source["name"] == "src-life" for source in http.get("/api/sources", params={"limit": 1000}).json()["sources"])
        assert http.delete(one).status_code == 204
        assert http.get(one).status_code == 404
        assert rowmill.rows("src-life")["rows"]  # what it brought stays


def test_this_machine_is_not_fetched_from_unless_that_is_allowed(rowmill: Rowmill) -> None:
    for host in ("169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.2]"):
        name = "src-inside-" + "".join(letter for letter in host if letter.isdigit())
        make_source(rowmill, name, "url", {"url": f"http://{host}/latest/meta-data/"})
        run = run_source(rowmill, name)
        assert (run["state"], run["error"]["type"], run["uploads"]) == ("FAILED", "outgoing-address", []), run


def test_sources_from_the_command_line(rowmill: Rowmill, web: Served) -> None:
    """As a scheduler of somebody else's would have it: the exit code tells."""
    web.replies["/cli.csv"] = Reply(b"a\n1\n")
    url = ["--url", rowmill.pods.get("upload", next(iter(rowmill.pods.values()))).url]
    add = ["source", "add", "src-cli", "--kind", "url", "--dataset", "src-cli", "--set", f"url={web.url}/cli.csv", "--cron", "@daily"]
    assert rowmill.command(*add, *url).returncode == 0
    fetched = rowmill.command("fetch", "src-cli", "--wait", *url)
    assert fetched.returncode == 0 and "src-cli: DONE, 1 uploads, 1 rows" in fetched.stdout, fetched
    web.replies["/cli.csv"] = Reply(status=403)
    failed = rowmill.command("fetch", "src-cli", "--wait", *url)
    assert failed.returncode == 1 and "answers 403" in failed.stdout, failed
    assert "FAILED" in rowmill.command("source", "history", "src-cli", *url).stdout
    assert "src-cli" in rowmill.command("source", "list", *url).stdout
    assert rowmill.command("source", "remove", "src-cli", *url).returncode == 0
    assert rowmill.command("fetch", "src-cli", *url).returncode == 1
