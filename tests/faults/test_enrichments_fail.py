"""A process dies amid the look-ups of an enrichment, on one process or on several: another one goes on, and asks for nothing that was answered."""

import threading
from typing import Any

import pytest

from tests.faults.test_sources_fail import running
from tests.flows.enriching import counted, ended_enrichment, enrichment_runs, make_enrichment, start_enrichment
from tests.flows.pods import Rowmill, wait_for
from tests.flows.served import Reply, Served, served

VALUES = 12


def answers(web: Served, hold: threading.Event) -> None:
    for number in range(VALUES):
        web.replies[f"/c/v{number}"] = Reply(b'{"label": "L%d"}' % number, hold=hold if number == VALUES // 2 else None)


@pytest.mark.long
def test_a_process_dies_amid_look_ups_and_another_one_asks_for_the_rest(home: str, request: pytest.FixtureRequest) -> None:
    with served() as web, running(home, request) as rowmill:
        name, hold = "enr-killed", threading.Event()
        answers(web, hold)
        rowmill.load(b"id,code\n" + b"".join(b"%d,v%d\n" % (id, id % VALUES) for id in range(10 * VALUES)), dataset=name)
        settings = {"url": f"{web.url}/c/{{value}}", "concurrency": 1}
        make_enrichment(rowmill, name, "lookup", "code", {"label": "Label"}, settings)
        run_id = start_enrichment(rowmill, name)
        wait_for(lambda: web.times(f"/c/v{VALUES // 2}") == 1, 30, "it is amid the look-ups")
        before = len(web.asked)
        dying = ["all"] if home == "embedded" else ["upload", "second", "third"]
        for pod in dying:
            rowmill.pods[pod].kill()
        hold.set()
        for pod in dying:
            rowmill.restart(pod)
        run = ended_enrichment(rowmill, name, run_id, timeout_s=90)
        assert (run["state"], counted(run)) == ("DONE", (VALUES, 0, 0)), (run, rowmill.logs())
        times = {number: web.times(f"/c/v{number}") for number in range(VALUES)}
        assert times == {number: 2 if number == VALUES // 2 else 1 for number in range(VALUES)}, before
        check_whole(rowmill, name)


def check_whole(rowmill: Rowmill, name: str) -> None:
    rows: list[dict[str, Any]] = rowmill.rows(name, limit=1000)["rows"]
    assert len(rows) == 10 * VALUES
    assert all(row["values"]["label"] == "L" + row["values"]["code"][1:] for row in rows)
    with rowmill.uploads as http:
        uploads = http.get("/api/uploads", params={"dataset": name}).json()["uploads"]
    assert [upload["state"] for upload in uploads].count("COMPLETE") == 2, uploads
    assert len(enrichment_runs(rowmill, name)) == 1
    rowmill.verify(name)
