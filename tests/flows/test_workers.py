"""Every process tells of itself: that it is there, what it has in hand, what waits; one that was killed is told lost, one that ended is gone."""

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from backbone.catalog.outbox import emit, new_event
from backbone.eventlog.events import UPLOAD_ENDED
from backbone.postgres.embedded.server import leave_embedded
from rowmill import Client, Workers
from tests.flows.pods import Rowmill, running, wait_for
from tests.flows.test_dead_letters import on_database

SILENT = text("UPDATE workers SET seen_at = seen_at - interval '20 seconds' WHERE (told->>'pid')::int = :pid")


def query_url(rowmill: Rowmill) -> str:
    return (rowmill.pods.get("query") or next(iter(rowmill.pods.values()))).url


def seen(rowmill: Rowmill) -> Workers:
    with Client(query_url(rowmill)) as client:
        return client.workers()


def test_each_home_tells_who_works_and_what_waits(rowmill: Rowmill) -> None:
    wait_for(
        lambda: {name for worker in seen(rowmill).workers for name in worker.services} == {"upload", "parser", "indexer", "query"},
        30,
        "all tell",
    )
    groups = {queue.group: queue for queue in seen(rowmill).queues}
    assert {"parser", "indexer"} <= groups.keys() and all(queue.consumers >= 1 for queue in groups.values())
    before = sum(worker.handled for worker in seen(rowmill).workers)
    assert rowmill.load(b"n\n1\n", dataset="watched-at-work")["rows"] == 1
    wait_for(lambda: sum(worker.handled for worker in seen(rowmill).workers) > before, 30, "what was handled is counted")
    listed = rowmill.command("workers", "--url", query_url(rowmill))
    assert listed.returncode == 0 and "parser" in listed.stdout, listed.stderr


def test_a_dead_letter_is_read_and_replayed_over_http(rowmill: Rowmill) -> None:
    on_database(rowmill, lambda connection: emit(connection, new_event(UPLOAD_ENDED, "poison-over-http", nothing="of use")))
    with Client(query_url(rowmill)) as client:

        def died() -> list[str]:
            return [letter.id for letter in client.dead_letters() if letter.subject == "poison-over-http"]

        wait_for(lambda: len(died()) == 1, 60, "the poison event is a dead letter")
        letter = client.dead_letter(died()[0])
        assert letter.event is not None and letter.event["subject"] == "poison-over-http"
        assert "Traceback" in (letter.traceback or "") and letter.is_event and letter.replayed_at is None
        assert client.workers().dead_letters >= 1
        assert client.replay(letter.id).replayed_at is not None
        wait_for(lambda: len(died()) == 2, 60, "the replayed event has died again")
        assert letter.id not in {waiting.id for waiting in client.dead_letters(waiting=True)}


def test_who_was_killed_is_lost_and_who_ended_is_gone() -> None:
    with TemporaryDirectory(prefix="rowmill-home-") as home:
        with running("embedded", {"all": [], "killed": ["parser"], "ended": ["indexer"]}, {"ROWMILL_HOME": home}) as rowmill:
            wait_for(lambda: len(seen(rowmill).workers) == 3, 30, "three tell of themselves")
            os.kill(rowmill.pods["killed"].process.pid, signal.SIGKILL)
            rowmill.pods["ended"].stop()
            wait_for(lambda: len(seen(rowmill).workers) == 2, 30, "who ended has taken its line out")
            on_database(rowmill, lambda connection: connection.execute(SILENT, {"pid": rowmill.pods["killed"].process.pid}))
            assert [worker.services for worker in seen(rowmill).workers if worker.is_lost] == [("parser",)]
            assert {queue.group: queue.consumers for queue in seen(rowmill).queues}["parser"] == 1
        leave_embedded(Path(home))
