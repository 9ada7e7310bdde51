"""Processes die in the middle of a source's run, and its schedule is due on several at once: nothing is lost, nothing doubled."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from tests.databases import database
from tests.flows.pods import Rowmill, distributed, embedded, wait_for
from tests.flows.served import Reply, Served, served
from tests.flows.sourcing import ended_run, make_source, runs_of

BODY = b"sku,price\n" + b"".join(b"%d,%d.50\n" % (number, number) for number in range(2000))
QUICKLY = {"ROWMILL_RECEIVING_LOST_S": "2"}
MANY = {"upload": ["upload"], "second": ["upload"], "third": ["upload"], "rest": ["parser", "indexer", "query"]}


@contextmanager
def running(home: str, request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    """One process; or three that take files in, and one for the rest."""
    if home == "embedded":
        with embedded(**QUICKLY) as rowmill:
            yield rowmill
        return
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url, MANY, **QUICKLY) as rowmill:
        rowmill.pods["query"] = rowmill.pods["rest"]
        yield rowmill


def sql(rowmill: Rowmill, statement: str) -> None:
    async def run() -> None:
        connection: Any = await asyncpg.connect(rowmill.settings().postgres_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def is_due_everywhere(rowmill: Rowmill, web: Served) -> None:
    web.replies["/due.csv"] = Reply(BODY)
    make_source(rowmill, "due", "url", {"url": f"{web.url}/due.csv"}, schedule="0 3 * * *", options={"if_changed": "false"})
    if rowmill.home == "embedded":
        return  # its PostgreSQL is nobody's but its own
    sql(rowmill, "UPDATE sources SET due_at = now() - interval '1 second', starts_at = now() + interval '1 second'")
    wait_for(lambda: bool(runs_of(rowmill, "due")), 30, "it was due")
    (run,) = runs_of(rowmill, "due")
    ended = ended_run(rowmill, "due", run["id"])
    assert (ended["state"], ended["cause"], len(ended["uploads"])) == ("DONE", "schedule", 1), ended
    assert web.times("/due.csv") == 1
    assert len(runs_of(rowmill, "due")) == 1


@pytest.mark.long
def test_the_schedule_is_due_on_all_processes_and_then_one_dies_in_the_middle(home: str, request: pytest.FixtureRequest) -> None:
    with served() as web, running(home, request) as rowmill:
        is_due_everywhere(rowmill, web)
        hold = threading.Event()
        web.replies["/x.csv"] = Reply(BODY, hold=hold)
        make_source(rowmill, "killed", "url", {"url": f"{web.url}/x.csv"})
        with rowmill.uploads as http:
            run_id = http.post("/api/sources/killed/run").json()["id"]
        wait_for(lambda: web.times("/x.csv") == 1, 30, "the file is being fetched")
        dying = ["all"] if home == "embedded" else ["upload", "second"]  # perhaps the third has it; then it just ends well
        for name in dying:
            rowmill.pods[name].kill()
        hold.set()
        for name in dying:
            rowmill.restart(name)
        run = ended_run(rowmill, "killed", run_id, timeout_s=90)
        assert run["state"] == "DONE", (run, rowmill.logs())
        assert rowmill.rows("killed", total="exact", limit=1)["total"]["value"] == 2000
        with rowmill.uploads as http:
            uploads = http.get("/api/uploads", params={"dataset": "killed"}).json()["uploads"]
        assert [upload["state"] for upload in uploads].count("COMPLETE") == 1, uploads
        assert len(runs_of(rowmill, "killed")) == 1


def test_a_server_that_is_away_is_told_and_comes_again(rowmill: Rowmill) -> None:
    with served() as web:
        url = f"{web.url}/away.csv"
    make_source(rowmill, "src-away", "url", {"url": url})
    with rowmill.uploads as http:
        run_id = http.post("/api/sources/src-away/run").json()["id"]
    run = ended_run(rowmill, "src-away", run_id)
    assert (run["state"], run["error"]["type"], run["uploads"]) == ("FAILED", "remote-away", []), run
    assert "127.0.0.1 cannot be reached" in run["error"]["detail"]
