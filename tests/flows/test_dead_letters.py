"""Dead letters on the command line: listed, shown and replayed, whichever event log they came through."""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backbone.catalog.dead_letters import keep_letter, list_letters, replayable
from backbone.catalog.outbox import emit, new_event
from backbone.eventlog.events import DEAD_LETTER, UPLOAD_ENDED, Event
from backbone.postgres.engine import make_engine, transaction
from backbone.settings import read_settings
from backbone.wiring import postgres_url
from tests.flows.pods import Rowmill, wait_for


def rowmill_says(rowmill: Rowmill, *arguments: str, ends_with: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "rowmill", "dead-letters", *arguments],
        env={**os.environ, **rowmill.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == ends_with, done.stdout + done.stderr
    return done.stdout + done.stderr


def on_database(rowmill: Rowmill, act: Any) -> Any:
    async def run() -> Any:
        engine = make_engine(postgres_url(read_settings(rowmill.environment)), 1)
        async with transaction(engine) as connection:
            found = await act(connection)
        await engine.dispose()
        return found

    with ThreadPoolExecutor(1) as thread:  # a browser test's own thread counts as one with a running loop
        return thread.submit(lambda: asyncio.run(run())).result()


def letters(rowmill: Rowmill) -> list[Any]:
    return list(on_database(rowmill, lambda connection: list_letters(connection, limit=1000)))


@pytest.mark.long
def test_a_poison_event_can_be_looked_at_and_replayed(rowmill: Rowmill) -> None:
    poison = new_event(UPLOAD_ENDED, "poison", nothing="of use")
    on_database(rowmill, lambda connection: emit(connection, poison))

    def died() -> list[str]:
        return [letter["id"] for letter in letters(rowmill) if letter["subject"] == "poison"]

    wait_for(lambda: len(died()) == 1, 60, "the poison event is a dead letter")
    (letter_id,) = died()
    assert letter_id in rowmill_says(rowmill, "list") and "KeyError" in rowmill_says(rowmill, "list", "--limit", "1")
    shown = rowmill_says(rowmill, "show", letter_id)
    assert "Traceback" in shown and json.loads(shown[: shown.index("\n}\n") + 2])["event"]["id"] == poison.id
    assert rowmill_says(rowmill, "replay", letter_id) == "1 event published again.\n"
    wait_for(lambda: len(died()) == 2, 60, "the replayed event has died again")
    assert "published again." in rowmill_says(rowmill, "replay", "--all")
    wait_for(lambda: len(died()) == 3, 60, "and again")
    done = rowmill.load(b"n\n1\n", dataset="after-poison")
    assert done["rows"] == 1


def test_what_cannot_be_done_is_one_sentence(embedded_rowmill: Rowmill) -> None:
    assert "There is no dead letter nothing" in rowmill_says(embedded_rowmill, "show", "nothing", ends_with=1)
    assert "or --all" in rowmill_says(embedded_rowmill, "replay", ends_with=1)
    assert "--limit must be" in rowmill_says(embedded_rowmill, "list", "--limit", "0", ends_with=1)


def test_the_newest_are_kept_up_to_the_limit_and_each_once(rowmill: Rowmill) -> None:
    def letter(number: int) -> Event:
        return Event(
            id=f"limit-{number}", type=DEAD_LETTER, subject="li\0mit", time="", data={"group": "g", "event_type": "t", "reason": "\0"}
        )

    async def keep_and_count(connection: Any) -> list[str]:
        for number in (0, 1, 2, 2, 3):
            await keep_letter(connection, letter(number), kept_max=2)
        assert not set(await replayable(connection)) & {"limit-2", "limit-3"}  # they hold no event
        found = [row["id"] for row in await list_letters(connection, limit=10)]
        await connection.rollback()
        return found

    assert on_database(rowmill, keep_and_count) == ["limit-3", "limit-2"]
