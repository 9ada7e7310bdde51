"""Rows sent by programs while processes die: what was answered 202 is done, once, in its order."""

import threading
from pathlib import Path

import httpx
import pytest

from tests.faults.homes import SMALL_CHUNKS
from tests.flows.pods import Rowmill, distributed, running
from tests.stack import Stack

EDITS = 40
DATASET = "edited-amid-kills"


@pytest.mark.long
def test_the_one_process_is_killed_amid_edits(own_home: Path) -> None:
    """8 s."""
    with running("embedded", {"all": []}, {"ROWMILL_HOME": str(own_home), **SMALL_CHUNKS}) as rowmill:
        edit_and_kill(rowmill, "all")


@pytest.mark.stack
@pytest.mark.slow
def test_the_parser_is_killed_amid_edits(stack: Stack, stack_database: str) -> None:
    with distributed(stack, stack_database, **SMALL_CHUNKS) as rowmill:
        edit_and_kill(rowmill, "parser")


def edit_and_kill(rowmill: Rowmill, pod: str) -> None:
    """Odd numbers are added, and deleted again by their number in half of the cases; a killed request may be answered or not."""
    rowmill.load(b"n\n0\n", dataset=DATASET)
    answered: dict[int, str] = {}

    def send() -> None:
        for number in range(1, EDITS + 1):
            try:
                with rowmill.readers as http:
                    answer = http.post(f"/api/datasets/{DATASET}/rows", json={"n": number})
                    assert answer.status_code == 202, answer.text
                    answered[number] = answer.json()["id"]
                    if number % 4 == 0:
                        answer = http.request("DELETE", f"/api/datasets/{DATASET}/rows", params={"key": "n"}, json={"n": number})
                        assert answer.status_code == 202, answer.text
                        answered[-number] = answer.json()["id"]
            except httpx.TransportError:
                continue

    sender = threading.Thread(target=send)
    sender.start()
    while len(answered) < EDITS // 4:
        sender.join(0.01)
    rowmill.pods[pod].kill()
    rowmill.restart(pod)
    sender.join()
    ends = {number: rowmill.wait({"id": upload}) for number, upload in answered.items()}
    assert {end["state"] for end in ends.values()} == {"COMPLETE"}
    shown = [row["values"]["n"] for row in rowmill.rows(DATASET, limit=1000)["rows"]]
    assert len(set(shown)) == len(shown)
    kept = {number for number in answered if number > 0 and -number not in answered}
    gone = {-number for number in answered if number < 0}
    assert kept <= set(shown)
    assert not gone & set(shown)
    rowmill.verify(DATASET)
