"""What all faults share: seeded dice, senders that do not give up, the one check of the outcome, and the table of results."""

import csv
import io
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.flows.pods import ENDED, Rowmill, wait_for

SEED = int(os.environ.get("ROWMILL_FAULT_SEED") or random.randrange(10**6))
PATIENCE_S = 180.0
AGAIN = (409, 429, 500, 502, 503, 504, 507)  # answers after which a client sends again, under the same key


def dice(case: str) -> random.Random:
    return random.Random(f"{SEED} {case}")


@dataclass
class Result:
    """A line of the table."""

    case: str
    times: int = 0
    uploads: int = 0
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    recover_s: float = 0.0  # the longest time from a fault's end to everything at rest


RESULTS: list[Result] = []


@dataclass
class Load:
    """The uploads of one case: what was sent where, and what came of it."""

    rowmill: Rowmill
    result: Result
    rows_each: int = 500
    _sent: dict[str, tuple[str, set[str]]] = field(default_factory=dict)  # upload id: dataset, the ids of its rows
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))
    _sending: list[Future[dict[str, Any]]] = field(default_factory=list)

    def send(self, dataset: str, name: str) -> "Future[dict[str, Any]]":
        """Sends a file in the background, as often as it takes."""
        self._sending.append(self._pool.submit(self._send, dataset, name))
        return self._sending[-1]

    def _send(self, dataset: str, name: str) -> dict[str, Any]:
        ids = [f"{name}-{number}" for number in range(self.rows_each)]
        content = b"id,text\n" + b"".join(f'{id},"a line\nand another of {id}"\n'.encode() for id in ids)
        upload = self._until_taken(dataset, name, content)
        self._sent[upload["id"]] = (dataset, set(ids))
        return upload

    def _until_taken(self, dataset: str, name: str, content: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self.rowmill.uploads as http:
                    answer = http.post("/api/uploads", params={"dataset": dataset}, content=content, headers={"Idempotency-Key": name})
                if answer.status_code == 202:
                    return dict(answer.json())
                assert answer.status_code in AGAIN, answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{name} was not taken within {PATIENCE_S} s"
            time.sleep(0.1)

    def ended(self) -> dict[str, dict[str, Any]]:
        """All uploads, once each of them has ended."""
        for sending in self._sending:
            sending.result(PATIENCE_S)
        found: dict[str, dict[str, Any]] = {}

        def all_ended() -> bool:
            try:
                with self.rowmill.uploads as http:
                    for upload_id in self._sent.keys() - found.keys():
                        upload = http.get(f"/api/uploads/{upload_id}").json()
                        if upload.get("state") in ENDED:
                            found[upload_id] = upload
            except (httpx.TransportError, ValueError):
                return False
            return found.keys() == self._sent.keys()

        try:
            wait_for(all_ended, PATIENCE_S, "all uploads have ended")
        except AssertionError as error:
            left = sorted(self._sent.keys() - found.keys())
            raise AssertionError(f"{error}; not {left}\n{self.rowmill.logs()}") from None
        return found

    def check(self, *, may_end: tuple[str, ...] = ("COMPLETE",)) -> dict[str, dict[str, Any]]:
        """Waits until all is at rest, and holds what is there against what was sent: the one check that every case ends in."""
        began = time.monotonic()
        uploads = self.ended()
        self.result.recover_s = max(self.result.recover_s, time.monotonic() - began)
        wrong = [upload for upload in uploads.values() if upload["state"] not in may_end]
        assert not wrong, f"{wrong[0]['state']}: {wrong[0]}\n{self.rowmill.logs()}"
        for dataset in {dataset for dataset, _ in self._sent.values()}:
            self._check_dataset(dataset, uploads)
        self.result.uploads += len(uploads)
        assert (self.result.lost, self.result.doubled) == (0, 0), self.result
        return uploads

    def _check_dataset(self, dataset: str, uploads: dict[str, dict[str, Any]]) -> None:
        expected: set[str] = set()
        for upload_id, (where, ids) in self._sent.items():
            upload = uploads[upload_id]
            if where == dataset and upload["state"] == "COMPLETE":
                assert upload["records"] == upload["rows"] == upload["indexed"] == len(ids), upload
                expected |= ids
        with self.rowmill.readers as http:
            export = http.get(f"/api/datasets/{dataset}/export", params={"format": "csv"})
            if not expected:
                assert export.status_code == 404 or not list(csv.DictReader(io.StringIO(export.text)))
                return
            assert export.status_code == 200, export.text
            found = Counter(row["id"] for row in csv.DictReader(io.StringIO(export.text)))
            total = http.get(f"/api/datasets/{dataset}/rows", params={"limit": 1}).json()["total"]
        self.result.rows += len(expected)
        self.result.lost += len(expected - found.keys())
        self.result.doubled += found.total() - len(found) + len(found.keys() - expected)
        assert total["relation"] == "gte" or total["value"] == found.total(), f"the index shows {total}, the rows are {found.total()}"


@contextmanager
def case(name: str, rowmill: Rowmill, **more: Any) -> Iterator[Load]:
    load = Load(rowmill, Result(f"{name}, {rowmill.home}"), **more)
    RESULTS.append(load.result)
    try:
        yield load
    finally:
        load._pool.shutdown(wait=False, cancel_futures=True)


def eventually(act: Callable[[], Any]) -> Any:
    """Its answer, once the service is there to give one."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
