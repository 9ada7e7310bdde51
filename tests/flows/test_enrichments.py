"""Columns that come from a remote API: what is found becomes an ordinary upload; what is missing, has failed or is not unique is told and never
guessed; nothing is asked for twice."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.enriching import (
    counted,
    ended_enrichment,
    enrichment_runs,
    make_enrichment,
    read,
    run_enrichment,
    undo,
)
from tests.flows.pods import Rowmill, wait_for
from tests.flows.served import Reply, Served, served

DOCS = Path(__file__).parents[2] / "docs" / "enrichment.md"
FIELDS = {"name.common": "Country", "area": "Area"}
CODES = b"id,code\n1,DE\n2,FR\n3,XX\n4,\n5,BAD\n6,DE\n"


@pytest.fixture
def web() -> Iterator[Served]:
    with served() as server:
        yield server


def knows(web: Served, **countries: tuple[str | None, str]) -> None:
    """By code, the name and the area as it is written."""
    for code, (name, area) in countries.items():
        web.replies[f"/c/{code}"] = Reply(b'{"name": {"common": %s}, "area": %s}' % (json.dumps(name).encode(), area.encode()))


def asked(web: Served) -> list[str]:
    return sorted(request.path.removeprefix("/c/") for request in web.asked)


def test_values_are_looked_up_once_and_become_columns_of_a_version(rowmill: Rowmill, web: Served) -> None:
    name = "enr-lookup"
    rowmill.load(CODES, dataset=name)
    knows(web, DE=("Germany", "357022.10"), FR=("France", "551695.0"))
    web.replies["/c/BAD"] = Reply(b"<html>")
    made = make_enrichment(rowmill, name, "lookup", "Code", FIELDS, {"url": f"{web.url}/c/{{value}}"})
    assert (made["fields"], made["last_run"], made["has_secret"], made["on_upload"]) == (FIELDS, None, False, False)
    run = run_enrichment(rowmill, name)
    assert (run["state"], run["cause"], counted(run)) == ("DONE", "request", (2, 1, 1)), run
    assert (run["counts"]["rows"], run["counts"]["empty"], run["counts"]["asked"]) == (6, 1, 4)
    assert run["counts"]["reasons"] == [{"reason": "The answer is no JSON.", "count": 1, "samples": ["BAD"]}]
    assert asked(web) == ["BAD", "DE", "FR", "XX"]
    after = [
        ("1", "DE", "Germany", "357022.10"),
        ("2", "FR", "France", "551695.0"),
        ("3", "XX", None, None),
        ("4", None, None, None),
        ("5", "BAD", None, None),
        ("6", "DE", "Germany", "357022.10"),
    ]
    assert read(rowmill, name) == after
    with rowmill.uploads as http:
        upload = http.get(f"/api/uploads/{run['upload']['id']}").json()
    assert (upload["mode"], upload["version"], upload["file_name"], upload["updated"], upload["missing"]) == (
        "update",
        2,
        f"{name}.csv",
        3,
        0,
    )
    assert (upload["balance"]["visible_rows"], upload["balance"]["visible_documents"]) == (6, 6)
    told = {finding["code"]: finding["level"] for finding in upload["findings"]}
    assert told == {"columns-added": "info", "lookups-failed": "warning", "lookups-missing": "info"}
    with rowmill.readers as http:
        columns = {column["title"]: column["type"] for column in http.get(f"/api/datasets/{name}").json()["columns"]}
        changes = http.get(f"/api/datasets/{name}/versions/2/changes").json()["changes"]
        assert http.get(f"/api/datasets/{name}/rows", params={"q": "germany"}).json()["rows"][0]["values"]["code"] == "DE"
    assert (columns["Country"], columns["Area"]) == ("text", "decimal")
    assert [(one["change"], one["values"]["country"], one["before"]["values"]["country"]) for one in changes] == [
        ("updated", "Germany", None),
        ("updated", "France", None),
        ("updated", "Germany", None),
    ]
    rowmill.verify(name)
    again = run_enrichment(rowmill, name)  # what has failed is asked for again, and nothing else
    assert (again["state"], again["upload"], again["counts"]["asked"]) == ("UNCHANGED", None, 1)
    assert asked(web) == ["BAD", "BAD", "DE", "FR", "XX"]
    knows(web, BAD=("Badland", "1"), DE=("Deutschland", "357022.10"))
    mended = run_enrichment(rowmill, name)
    assert (mended["state"], counted(mended)) == ("DONE", (3, 1, 0))
    assert read(rowmill, name)[4] == ("5", "BAD", "Badland", "1")
    rowmill.verify(name)
    anew = run_enrichment(rowmill, name, again=True)
    assert (anew["state"], anew["counts"]["asked"]) == ("DONE", 4)
    assert [row[2] for row in read(rowmill, name)] == ["Deutschland", "France", None, None, "Badland", "Deutschland"]
    for one in (anew, mended):
        undo(rowmill, one)
    assert read(rowmill, name) == after
    undo(rowmill, run)
    with rowmill.readers as http:
        assert {len(row["values"]) for row in http.get(f"/api/datasets/{name}/rows", params={"version": 1}).json()["rows"]} <= {2, 4}
    rowmill.verify(name)


def test_a_server_that_fails_and_recovers_is_asked_again_and_one_that_does_not_is_no_missing(rowmill: Rowmill, web: Served) -> None:
    name = "enr-retries"
    rowmill.load(b"code\nDE\nFR\n", dataset=name)
    web.replies["/c/DE"] = Reply(status=503, headers={"Retry-After": "0"})
    web.replies["/c/FR"] = Reply(status=500)
    web.replies["/c/FR"] = Reply(status=418)
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": f"{web.url}/c/{{value}}"}, on_warning="hold")
    run = run_enrichment(rowmill, name)
    assert (run["state"], run["error"]["type"], counted(run), run["upload"]) == ("FAILED", "lookups-failed", (0, 0, 2), None)
    assert web.times("/c/DE") == 4 and web.times("/c/FR") == 1
    assert {reason["reason"] for reason in run["counts"]["reasons"]} == {"127.0.0.1 answers 503.", "The API answers 418."}
    knows(web, DE=("Germany", "1"))
    held = run_enrichment(rowmill, name)  # a look-up failed, and its upload waits for a person
    assert (held["state"], counted(held), held["upload"]["state"]) == ("HELD", (1, 0, 1), "HELD")
    with rowmill.uploads as http:
        assert http.post(f"/api/uploads/{held['upload']['id']}/publish").status_code == 200
    wait_for(lambda: len(read(rowmill, name)[0]) == 3, 30, "it is published")
    assert read(rowmill, name) == [("DE", "Germany", "1"), ("FR", None, None)]


def test_a_list_is_fetched_once_and_joined_exactly(rowmill: Rowmill, web: Served) -> None:
    name = "enr-list"
    rowmill.load(b"code,country\n7,\n07,\nDE,mine\nde,\nTWO,\nGONE,old\n", dataset=name, types="code:text")
    records = [
        {"id": 7, "label": "seven", "n": 1},
        {"id": "DE", "label": "Germany", "n": 2},
        {"id": "TWO", "label": "one", "n": 3},
        {"id": "TWO", "label": "other", "n": 3},
        {"label": "nobody", "n": 4},
    ]
    pages = {"page=1": records[:3], "page=2": records[3:]}
    web.replies["/list"] = Reply(by_query=lambda query: json.dumps({"data": {"items": pages.get(query, [])}}).encode())
    settings = {"url": f"{web.url}/list", "records": "data.items", "key": "id", "paging": {"by": "page", "parameter": "page"}}
    make_enrichment(rowmill, name, "list", "code", {"label": "Country", "n": "N"}, settings)
    run = run_enrichment(rowmill, name)
    assert (run["state"], counted(run), run["counts"]["keyless"], web.times("/list")) == ("DONE", (2, 3, 1), 1, 3), run
    assert run["counts"]["reasons"][0]["samples"] == ["TWO"] and "several times" in run["counts"]["reasons"][0]["reason"]
    assert read(rowmill, name) == [
        ("07", None, None),
        ("7", "seven", "1"),
        ("DE", "Germany", "2"),
        ("GONE", None, None),  # the list says what stands in its column
        ("TWO", None, None),
        ("de", None, None),
    ]
    rowmill.verify(name)
    undo(rowmill, run)
    assert [row[1] for row in read(rowmill, name)] == [None, None, "mine", "old", None, None]
    rowmill.verify(name)


def test_a_preview_asks_for_ten_rows_and_keeps_nothing(rowmill: Rowmill, web: Served) -> None:
    name = "enr-preview"
    rowmill.load(CODES + b"".join(b"%d,C%d\n" % (number, number) for number in range(7, 30)), dataset=name)
    knows(web, DE=("Germany", "1.5"), FR=("France", "2"))
    web.replies["/c/BAD"] = Reply(b"[1, 2]")
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": f"{web.url}/c/{{value}}"})
    with rowmill.uploads as http:
        shown = http.post(f"/api/enrichments/{name}/preview").json()
    assert [row["outcome"] for row in shown["rows"]] == ["found", "found", "missing", "empty", "failed", "found", *["missing"] * 4]
    assert shown["rows"][0]["fields"] == {"Country": "Germany", "Area": "1.5"} and "several records" in shown["rows"][4]["reason"]
    assert (shown["columns"], shown["new_columns"]) == ({"Country": "text", "Area": "decimal"}, ["Country", "Area"])
    assert asked(web) == ["BAD", "C10", "C7", "C8", "C9", "DE", "FR", "XX"]
    with rowmill.readers as http:
        assert http.get(f"/api/datasets/{name}").json()["version"] == 1
    assert enrichment_runs(rowmill, name) == []


def test_one_that_is_not_kept_yet_is_tried_with_its_own_secret_or_with_that_which_is_kept_for_the_same_place(
    rowmill: Rowmill, web: Served
) -> None:
    name = "enr-tried"
    rowmill.load(b"code\nDE\nXX\n", dataset=name)
    knows(web, DE=("Germany", "1"))
    settings = {"url": f"{web.url}/c/{{value}}"}
    wanted = {"name": name, "kind": "lookup", "dataset": name, "column": "code", "fields": FIELDS, "settings": settings}

    def tried(**changes: Any) -> Any:
        with rowmill.uploads as http:
            answer = http.post("/api/enrichment-previews", json={**wanted, **changes})
        assert answer.status_code in (200, 400, 422), answer.text
        return answer.json()

    shown = tried(secret={"token": "mine"})
    assert [(row["outcome"], row["fields"]) for row in shown["rows"]] == [("found", {"Country": "Germany", "Area": "1"}), ("missing", None)]
    assert web.asked[-1].headers["authorization"] == "Bearer mine"
    tried()
    assert "authorization" not in web.asked[-1].headers
    with rowmill.uploads as http:
        assert http.get(f"/api/enrichments/{name}").status_code == 404
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, settings, secret={"token": "kept"})
    place = {"rate": 1000, **settings}
    assert tried(settings=place, fields={"area": "Area"})["columns"] == {"Area": "integer"}
    assert web.asked[-1].headers["authorization"] == "Bearer kept"
    before = len(web.asked)
    assert tried(settings={"url": f"{web.url}/other/{{value}}"})["type"].endswith("secret-needed")
    assert len(web.asked) == before
    tried(settings=place, secret=None)
    assert "authorization" not in web.asked[-1].headers


@pytest.mark.long
def test_new_rows_alone_are_filled_after_an_upload_and_nothing_turns_in_circles(rowmill: Rowmill, web: Served) -> None:
    name = "enr-follows"
    rowmill.load(b"id,code\n1,DE\n2,XX\n", dataset=name)
    knows(web, DE=("Germany", "1"), FR=("France", "2"))
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": f"{web.url}/c/{{value}}"}, on_upload=True)
    assert run_enrichment(rowmill, name)["state"] == "DONE"
    knows(web, DE=("changed meanwhile", "9"))
    rowmill.load(b"id,code\n3,FR\n4,DE\n5,YY\n", dataset=name)
    wait_for(lambda: len(enrichment_runs(rowmill, name)) == 2, 30, "a run follows the upload")
    run = ended_enrichment(rowmill, name, enrichment_runs(rowmill, name)[0]["id"])
    assert (run["state"], run["cause"], run["only_new"]) == ("DONE", "upload", True), run
    assert run["counts"]["rows"] == 4  # the three, and the one that nobody knows
    assert asked(web) == ["DE", "FR", "XX", "YY"]
    assert [row[2] for row in read(rowmill, name)] == ["Germany", None, "France", "Germany", None]
    with rowmill.uploads as http:
        assert http.get(f"/api/uploads/{run['upload']['id']}").json()["updated"] == 2
        nothing_new = rowmill.load(b"id,code\n6,\n", dataset=name)
    assert nothing_new["state"] == "COMPLETE"
    wait_for(lambda: len(enrichment_runs(rowmill, name)) == 3, 30, "a run follows this one, too")
    assert ended_enrichment(rowmill, name, enrichment_runs(rowmill, name)[0]["id"])["state"] == "UNCHANGED"
    assert [run["state"] for run in enrichment_runs(rowmill, name)] == ["UNCHANGED", "DONE", "DONE"]
    rowmill.load(b"id,code\n7,FR\n8,DE\n", dataset=name, mode="replace")  # without these columns; nobody is asked for what is known
    wait_for(lambda: [row[2:] for row in read(rowmill, name)] == [("France", "2"), ("Germany", "1")], 60, "they are filled again")
    assert asked(web) == ["DE", "FR", "XX", "YY"]
    rowmill.verify(name)


@pytest.mark.long
def test_many_rows_in_many_chunks(small_chunks: Rowmill, web: Served) -> None:
    """More than are searched as they lie; a field that a column cannot take is told, and its row left as it is."""
    name = "enr-many"
    rows = 120
    small_chunks.load(b"id,code,size\n" + b"".join(b"%d,c%d,%d\n" % (id, id % 7, id) for id in range(rows)), dataset=name)
    records = [
        {"id": f"c{number}", "label": f'Label, "{number}"\n\\N', "size": "n/a" if number == 3 else 1000 + number} for number in range(6)
    ]
    web.replies["/list"] = Reply(json.dumps(records).encode())
    make_enrichment(small_chunks, name, "list", "code", {"label": "Label", "size": "size"}, {"url": f"{web.url}/list", "key": "id"})
    run = run_enrichment(small_chunks, name)
    assert (run["state"], counted(run)) == ("DONE", (5, 1, 1)), run
    assert "size: 'n/a' is no integer" in run["counts"]["reasons"][0]["reason"]

    def expected(id: int) -> tuple[Any, ...]:
        code = id % 7
        if code == 6:
            return (str(id), "c6", None, None)
        return (str(id), "c3", str(id), None) if code == 3 else (str(id), f"c{code}", str(1000 + code), f'Label, "{code}"\n\\N')

    assert read(small_chunks, name) == sorted(map(expected, range(rows)), key=repr)
    small_chunks.verify(name)
    with small_chunks.readers as http:
        found = http.get(f"/api/datasets/{name}/rows", params={"q": "label", "total": "exact"}).json()
    assert found["total"]["value"] == sum(id % 7 not in (3, 6) for id in range(rows))
    undo(small_chunks, run)
    assert [row[2] for row in read(small_chunks, name)] == [str(id) for id in sorted(range(rows), key=str)]
    small_chunks.verify(name)


def test_a_secret_is_sent_and_never_shown_and_a_server_that_forbids_ends_the_run(rowmill: Rowmill, web: Served) -> None:
    name = "enr-secret"
    rowmill.load(b"code\nDE\na/b?c\n..\n", dataset=name)
    knows(web, DE=("Germany", "1"), **{"a%2Fb%3Fc": ("Odd", "2")})
    settings = {"url": f"{web.url}/c/{{value}}", "headers": {"X-Plain": "yes"}}
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, settings, secret={"token": "k3y-of-mine"})
    run = run_enrichment(rowmill, name)
    assert counted(run) == (2, 0, 1), run  # two points are no name of anything
    assert {request.headers["authorization"] for request in web.asked} == {"Bearer k3y-of-mine"}
    assert asked(web) == ["DE", "a%2Fb%3Fc"]
    web.replies["/c/DE"] = Reply(b"k3y-of-mine", status=403)
    forbidden = run_enrichment(rowmill, name, again=True)
    assert (forbidden["state"], forbidden["error"]["type"]) == ("FAILED", "source-answers") and "403" in forbidden["error"]["detail"]
    with rowmill.uploads as http:
        seen = "".join(http.get(f"/api/enrichments{path}").text for path in ("", f"/{name}", f"/{name}/runs"))
        assert "of-mine" not in seen and '"has_secret":true' in seen
        moved = http.patch(f"/api/enrichments/{name}", json={"settings": {"url": f"{web.url}/other/{{value}}"}})
        assert (moved.status_code, moved.json()["type"]) == (400, "urn:rowmill:problem:secret-needed")
        kept = http.patch(f"/api/enrichments/{name}", json={"fields": {"area": "Size"}, "secret": None}).json()
        assert (kept["has_secret"], kept["fields"], kept["settings"]["url"]) == (False, {"area": "Size"}, f"{web.url}/c/{{value}}")


def test_what_is_no_enrichment_is_refused_and_one_is_no_source(rowmill: Rowmill, web: Served) -> None:
    name = "enr-life"
    url = f"{web.url}/c/{{value}}"
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": url})
    good: dict[str, Any] = {
        "name": "enr-bad",
        "kind": "lookup",
        "dataset": name,
        "column": "code",
        "fields": {"a": "A"},
        "settings": {"url": url},
    }
    changes: list[tuple[dict[str, Any], str]] = [
        ({"settings": {"url": web.url}}, "bad-enrichment"),
        ({"settings": {"url": "https://{value}.example/"}}, "bad-enrichment"),
        ({"settings": {"url": url, "rates": 1}}, "bad-enrichment"),
        ({"settings": {"url": url, "headers": {"Host": "other"}}}, "bad-source"),
        ({"kind": "list"}, "bad-enrichment"),
        ({"fields": {"a": "Code"}}, "bad-enrichment"),
        ({"fields": {"a": "A", "b": "a"}}, "bad-enrichment"),
        ({"fields": {"a": " "}}, "bad-enrichment"),
        ({"schedule": "every day"}, "bad-schedule"),
        ({"secret": {"token": "a\r\nX: y"}}, "bad-source"),
    ]
    with rowmill.uploads as http:
        for change, code in changes:
            response = http.post("/api/enrichments", json={**good, **change})
            assert response.status_code in (400, 422) and response.json()["type"].endswith(code), (change, response.text)
        assert http.post("/api/enrichments", json={**good, "name": name}).status_code == 409
        assert http.get(f"/api/sources/{name}").status_code == 404
        assert name not in http.get("/api/sources", params={"limit": 1000}).text
        run = run_enrichment(rowmill, name)  # there is no such dataset yet
        assert (run["state"], run["error"]["type"]) == ("FAILED", "no-such-dataset"), run
        rowmill.load(b"other\nx\n", dataset=name)
        run = run_enrichment(rowmill, name)
        assert (run["state"], run["error"]["type"]) == ("FAILED", "unknown-column"), run
        assert http.delete(f"/api/enrichments/{name}").status_code == 204
        assert http.get(f"/api/enrichments/{name}").status_code == 404


def test_the_example_of_the_docs(rowmill: Rowmill, web: Served) -> None:
    with rowmill.readers as http:
        http.delete("/api/datasets/orders")  # other tests have one of this name
    rowmill.load(b"id,country\n1,DE\n2,XX\n", dataset="orders")
    web.replies["/countries/DE"] = Reply(b'{"name": {"common": "Germany"}, "area": 357022.0}')
    (example,) = re.findall(r"```\n(rowmill enrichment add .*?)```", DOCS.read_text(), re.DOTALL)
    url = rowmill.pods.get("upload", next(iter(rowmill.pods.values()))).url
    said = []
    for line in example.replace("\\\n", " ").replace("https://api.example", web.url).splitlines():
        done = rowmill.command(*shlex.split(line)[1:], "--url", url)
        assert done.returncode == 0, done
        said.append(done.stdout)
    assert "Germany" in said[1] and "missing" in said[1] and "DONE, 1 values found, 1 missing, 0 failed" in said[2]
    assert read(rowmill, "orders") == [("1", "DE", "Germany", "357022.0"), ("2", "XX", None, None)]
    with rowmill.readers as http:
        http.delete("/api/datasets/orders").raise_for_status()


def test_enrichments_from_the_command_line(rowmill: Rowmill, web: Served) -> None:
    """The exit code tells."""
    name = "enr-cli"
    rowmill.load(b"code\nDE\n", dataset=name)
    web.replies["/c/DE"] = Reply(status=401)
    make_enrichment(rowmill, name, "lookup", "code", FIELDS, {"url": f"{web.url}/c/{{value}}"})
    url = ["--url", rowmill.pods.get("upload", next(iter(rowmill.pods.values()))).url]
    failed = rowmill.command("enrichment", "run", name, "--wait", *url)
    assert failed.returncode == 1 and "The API answers 401" in failed.stdout, failed
    assert name in rowmill.command("enrichment", "list", *url).stdout
    assert rowmill.command("enrichment", "remove", name, *url).returncode == 0
    assert rowmill.command("enrichment", "run", name, *url).returncode == 1
