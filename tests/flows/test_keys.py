"""Keys, over HTTP, with the services in two processes: what a key sees and may do, and that it is gone everywhere once it is revoked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backbone.postgres.embedded.server import leave_embedded
from backbone.runtime.key_text import new_key
from rowmill import Client, Problem
from tests.flows.pods import Pod, Rowmill, distributed, running, wait_for
from tests.no_tls import NO_TLS
from tests.stack import Stack

FIRST, METRICS = new_key(), new_key()
PODS = {"upload": ["upload", "parser", "indexer"], "query": ["query"]}
ROWS = b"a,b\n1,2\n"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rowmill]:
    home = tmp_path_factory.mktemp("keyed")
    keys = {"ROWMILL_AUTH": "keys", "ROWMILL_FIRST_KEY": FIRST, "ROWMILL_METRICS_KEY": METRICS}
    with running("embedded", PODS, {"ROWMILL_HOME": str(home), **keys}) as rowmill:
        for dataset in ("shop-a", "shop-b", "bank"):
            with client(rowmill.pods["upload"], FIRST) as http:
                sent = http.post("/api/uploads", params={"dataset": dataset}, content=ROWS)
                assert sent.status_code == 202, sent.text
                wait_for(lambda: http.get(sent.headers["location"]).json()["state"] == "COMPLETE", 60, "it is loaded")  # noqa: B023
        yield rowmill
    leave_embedded(Path(home))


def client(pod: Pod, key: str = "") -> httpx.Client:
    return httpx.Client(base_url=pod.url, timeout=60, headers={"Authorization": f"Bearer {key}"} if key else {}, verify=NO_TLS)


def made(keyed: Rowmill, *scopes: str, datasets: tuple[str, ...] = ("*",), days: int | None = None) -> Any:
    with Client(keyed.pods["query"].url, key=FIRST) as admin:
        return admin.create_key("-".join(scopes), scopes, datasets=datasets, days=days)


def test_without_a_key_there_is_nothing_but_the_description(keyed: Rowmill) -> None:
    for pod in keyed.pods.values():
        with client(pod) as http:
            assert http.get("/api/uploads").status_code in (401, 404)
            for path in ("/metrics", "/api/me", "/api/keys", "/api/datasets", "/api/datasets/bank/export"):
                answer = http.get(path)
                assert answer.status_code in (401, 404), path
            assert http.get("/api/docs/openapi.json").status_code == 200
            assert http.get("/health/ready").json()["status"] == "ready"
    with client(keyed.pods["query"]) as http:
        refused = http.get("/api/datasets")
        assert (refused.headers["www-authenticate"], refused.json()["type"]) == ("Bearer", "urn:rowmill:problem:key-needed")


def test_lists_hold_what_the_key_sees_and_no_more(keyed: Rowmill) -> None:
    key = made(keyed, "read", datasets=("shop-*",)).key
    with client(keyed.pods["query"], key) as http:
        assert [dataset["name"] for dataset in http.get("/api/datasets").json()["datasets"]] == ["shop-a", "shop-b"]
        assert [hits["dataset"] for hits in http.get("/api/search", params={"q": "1"}).json()["datasets"]] == ["shop-a", "shop-b"]
        assert http.get("/api/datasets/shop-a/rows").status_code == 200
        for path in ("", "/rows", "/rows/1", "/groups", "/export", "/versions/1/changes"):
            assert http.get(f"/api/datasets/bank{path}").status_code == 404
    with client(keyed.pods["upload"], key) as http:
        listed = http.get("/api/uploads").json()["uploads"]
        assert {upload["dataset"] for upload in listed} == {"shop-a", "shop-b"}
        assert http.get("/api/uploads", params={"dataset": "bank"}).json()["uploads"] == []


def test_another_datasets_upload_is_not_there(keyed: Rowmill) -> None:
    everything = made(keyed, "read", "upload", "manage", datasets=("shop-a",)).key
    with client(keyed.pods["upload"], FIRST) as http:
        bank = http.get("/api/uploads", params={"dataset": "bank"}).json()["uploads"][0]["id"]
    with client(keyed.pods["upload"], everything) as http:
        for path in ("", "/file", "/events", "/rejects", "/rejects.csv"):
            assert http.get(f"/api/uploads/{bank}{path}").status_code == 404
        for act in ("cancel", "discard", "publish", "retry", "undo"):
            assert http.post(f"/api/uploads/{bank}/{act}").status_code == 404
        assert http.delete(f"/api/uploads/{bank}").status_code == 404
        assert http.patch(f"/api/uploads/{bank}", json={"file_name": "x"}).status_code == 404


@pytest.mark.parametrize("path", ["/api/uploads", "/api/preview"])
def test_a_file_goes_nowhere_but_where_the_key_may(keyed: Rowmill, path: str) -> None:
    """Whichever way its dataset is said: in the URL, in a field of the form, or by the file's name."""
    key = made(keyed, "upload", datasets=("shop-a",)).key
    with client(keyed.pods["upload"], key) as http:
        ways: list[dict[str, Any]] = [
            {"params": {"dataset": "bank"}, "content": ROWS},
            {"params": {"file_name": "bank.csv"}, "content": ROWS},
            {"files": {"file": ("bank.csv", ROWS)}},
            {"data": {"dataset": "bank"}, "files": {"file": ("shop-a.csv", ROWS)}},
        ]
        for way in ways:
            refused = http.post(path, **way)
            assert (refused.status_code, refused.json()["type"]) == (404, "urn:rowmill:problem:no-such-dataset"), way
    with client(keyed.pods["upload"], FIRST) as http:
        assert len(http.get("/api/uploads", params={"dataset": "bank"}).json()["uploads"]) == 1


def test_a_file_in_pieces_is_for_whoever_began_it(keyed: Rowmill) -> None:
    mine, others = made(keyed, "upload", datasets=("shop-*",)).key, made(keyed, "upload").key
    tus = {"Tus-Resumable": "1.0.0"}
    with client(keyed.pods["upload"], mine) as one, client(keyed.pods["upload"], others) as another:
        begins = {**tus, "Upload-Length": "8"}
        assert one.post("/api/resumable", params={"dataset": "bank"}, headers=begins).status_code == 404
        begun = one.post("/api/resumable", params={"dataset": "shop-c"}, headers=begins)
        assert begun.status_code == 201, begun.text
        place = begun.headers["location"]
        piece = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        assert another.get(place, headers=tus).status_code == 404
        assert another.patch(place, content=ROWS, headers=piece).status_code == 404
        assert another.delete(place, headers=tus).status_code == 404
        assert one.patch(place, content=ROWS, headers=piece).status_code == 204


def test_a_dataset_is_not_renamed_into_another_keys(keyed: Rowmill) -> None:
    key = made(keyed, "manage", datasets=("shop-b",)).key
    with client(keyed.pods["query"], key) as http:
        for name in ("bank", "bank-2"):
            assert http.patch("/api/datasets/shop-b", json={"name": name}).status_code == 404
        assert http.patch("/api/datasets/shop-b", json={"title": "Shop B"}).status_code == 200


def test_a_revoked_key_is_refused_by_every_process_within_seconds(keyed: Rowmill) -> None:
    key = made(keyed, "read")
    readers = [(client(pod, key.key), path) for pod, path in zip(keyed.pods.values(), ("/api/uploads", "/api/datasets"), strict=True)]
    assert [http.get(path).status_code for http, path in readers] == [200, 200]
    with Client(keyed.pods["query"].url, key=FIRST) as admin:
        listed = admin.keys()
        used = next(one for one in listed if one.id == key.id)
        assert used.last_used_at is not None and "key" not in dir(used)
        admin.revoke_key(key.id)
    for http, path in readers:
        wait_for(lambda http=http, path=path: http.get(path).status_code == 401, 5, "the key is refused")
        http.close()


def test_a_key_of_one_is_no_key_of_another_though_they_choose_the_same_idempotency_key(keyed: Rowmill) -> None:
    first, second = made(keyed, "upload").key, made(keyed, "upload").key
    headers = {"Idempotency-Key": "monday"}
    with client(keyed.pods["upload"], first) as one, client(keyed.pods["upload"], second) as another:
        asked: dict[str, Any] = {"params": {"dataset": "twice"}, "content": ROWS, "headers": headers}
        ids = [http.post("/api/uploads", **asked).json()["id"] for http in (one, another, one)]
    assert ids[0] == ids[2] != ids[1]


def test_who_may_what_is_told_to_whoever_asks(keyed: Rowmill) -> None:
    key = made(keyed, "read", "upload", datasets=("shop-a",), days=1)
    with Client(keyed.pods["query"].url, key=key.key) as reader:
        me = reader.me()
        assert (me.id, me.scopes, me.datasets) == (key.id, ("read", "upload"), ("shop-a",))
        with pytest.raises(Problem) as refused:
            reader.create_key("more", ["admin"])
        assert refused.value.status == 403


def test_a_browsers_session_keeps_the_key_where_no_script_reads_it(keyed: Rowmill) -> None:
    with client(keyed.pods["query"]) as http:
        begun = http.post("/api/session", headers={"Authorization": f"Bearer {FIRST}"})
        cookie = begun.headers["set-cookie"].lower()
        assert begun.status_code == 200 and "httponly" in cookie and "samesite=strict" in cookie
        assert http.get("/api/datasets").status_code == 200
        foreign = http.delete("/api/datasets/bank", headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert http.request("DELETE", "/api/session").status_code == 204
        assert http.get("/api/datasets").status_code == 401


def test_the_command_line_takes_its_key_from_the_environment_or_a_flag(keyed: Rowmill) -> None:
    url = keyed.pods["query"].url
    refused = keyed.command("datasets", "--url", url)
    assert refused.returncode == 1 and "ROWMILL_KEY" in refused.stderr
    listed = keyed.command("datasets", "--url", url, "--key", FIRST)
    assert listed.returncode == 0 and "bank" in listed.stdout
    made_key = keyed.command("keys", "create", "nightly", "--scope", "upload", "--dataset", "shop-*", "--url", url, "--key", FIRST)
    assert re.fullmatch(r"rwm_\w{46}\n", made_key.stdout) and "nightly" in made_key.stderr
    assert made_key.stdout.strip() not in keyed.logs() and FIRST not in keyed.logs()


def test_a_key_is_nowhere_but_with_whoever_has_it(keyed: Rowmill) -> None:
    """Sent in every place that it may be sent to, and in some that it does not belong to: no log line, no table has it."""
    for pod in keyed.pods.values():
        with client(pod, FIRST) as http:
            for path in ("/api/me", f"/api/datasets/{FIRST}", f"/api/datasets?{FIRST}=1", f"/{FIRST}", f"/api/uploads/{FIRST}"):
                answer = http.get(path, headers={"X-Request-Id": "everywhere", "Cookie": f"rowmill_key={FIRST}"})
                assert answer.headers["x-request-id"] == "everywhere"
    written = "".join(pod.output.read_text() for pod in keyed.pods.values())
    assert '"request_id": "everywhere"' in written and '"by": "first"' in written
    assert FIRST not in written


def test_a_prometheus_knows_its_key_beforehand(keyed: Rowmill) -> None:
    for pod in keyed.pods.values():
        with client(pod, METRICS) as http:
            assert "rowmill_build_info" in http.get("/metrics").text
            assert http.get("/api/datasets").status_code in (403, 404)


@pytest.mark.long
@pytest.mark.stack
def test_whoever_runs_the_servers_makes_the_first_key(stack: Stack, stack_database: str) -> None:
    """As in k8s/: four processes, and no key that would stand in a log."""
    with distributed(stack, stack_database, ROWMILL_AUTH="keys", ROWMILL_FIRST_KEY="none") as rowmill:
        assert "rwm_" not in "".join(pod.output.read_text() for pod in rowmill.pods.values())
        made_key = rowmill.command("first-key")
        assert re.fullmatch(r"rwm_\w{46}\n", made_key.stdout), made_key.stderr
        key = made_key.stdout.strip()
        with client(rowmill.pods["upload"]) as nobody, client(rowmill.pods["upload"], key) as http:
            assert nobody.post("/api/uploads", params={"dataset": "first"}, content=ROWS).status_code == 401
            sent = http.post("/api/uploads", params={"dataset": "first"}, content=ROWS)
            wait_for(lambda: http.get(sent.headers["location"]).json()["state"] == "COMPLETE", 60, "it is loaded")
        with client(rowmill.pods["query"], key) as http:
            assert http.get("/api/datasets/first/rows").json()["total"]["value"] == 1
            assert [event["principal"] for event in http.get("/api/audit").json()["events"] if event["action"] == "key.created"] == [
                "the command line"
            ]


def test_who_sends_values_to_another_server_may_read_them(keyed: Rowmill) -> None:
    url = "https://api.example/{value}"
    wanted = {"name": "shop-names", "kind": "lookup", "dataset": "shop-a", "column": "a", "fields": {"x": "X"}, "settings": {"url": url}}
    loader = made(keyed, "manage", "upload", datasets=("shop-*",)).key
    reader = made(keyed, "manage", "upload", "read", datasets=("shop-*",)).key
    others = made(keyed, "manage", "upload", "read", datasets=("bank",)).key
    upload = keyed.pods["upload"]
    with client(upload, loader) as http:
        refused = http.post("/api/enrichments", json=wanted)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:rowmill:problem:not-allowed")
    with client(upload, reader) as http:
        assert http.post("/api/enrichments", json={**wanted, "dataset": "bank"}).status_code == 404
        assert http.post("/api/enrichments", json=wanted).status_code == 201
    with client(upload, loader) as http:
        assert http.get("/api/enrichments/shop-names").json()["settings"]["url"] == url
        assert http.patch("/api/enrichments/shop-names", json={"on_upload": True}).status_code == 403
        assert http.post("/api/enrichments/shop-names/preview").status_code == 403
    with client(upload, others) as http:
        assert http.get("/api/enrichments").json()["enrichments"] == []
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run"), ("POST", "/preview"), ("GET", "/runs")):
            answer = http.request(method, f"/api/enrichments/shop-names{path}", json={} if method == "PATCH" else None)
            assert answer.status_code == 404, (method, path)
    with client(upload, reader) as http:
        assert http.delete("/api/enrichments/shop-names").status_code == 204
