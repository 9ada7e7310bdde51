"""What all faults share: seeded dice, senders that do not give up, the one check of the outcome, and the table of results."""

import asyncio
import csv
import io
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zlib import crc32

import httpx

from backbone.errors import NotFound
from backbone.settings import read_settings
from backbone.wiring import open_backbone
from services.indexer.audit.verify import verify
from services.indexer.stores import stores_of
from services.parser.reread import reread_chunk
from tests.flows.pods import ENDED, Rowmill, wait_for

SEED = int(os.environ.setdefault("ROWMILL_FAULT_SEED", str(random.randrange(10**6))))  # processes that run tests beside this one inherit it
PATIENCE_S = 180.0
CLEAN_S = 60.0
FEW_ROWS = 20
MODES = ("append", "upsert")
ACTS = ("cancel", "remove", "remove", "undo")  # "remove" forgets what has been cancelled, and takes out what is COMPLETE
ANY_END = ("COMPLETE", "CANCELLED", "UNDONE", "FORGOTTEN")
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


@dataclass(frozen=True)
class Sent:
    dataset: str
    mode: str
    rows: dict[str, str]  # id to text

    @property
    def content(self) -> bytes:
        return b"id,text\n" + b"".join(f'{id},"{text}"\n'.encode() for id, text in self.rows.items())


def file_of(dataset: str, name: str, mode: str, rows: int) -> Sent:
    """Appended ids are those of the file alone. Upserted ones are shared by all files, and some of their rows stay as they are."""
    if mode == "append":
        return Sent(dataset, mode, {f"{name}-{number}": f"a line\nand another of {name}-{number}" for number in range(rows)})
    keys = dice(name).sample(range(rows * 2), rows)
    return Sent(dataset, mode, {f"key-{key}": "as ever" if key % 5 == 0 else f"a line\nand another by {name}" for key in keys})


@dataclass
class Load:
    """The uploads of one case: what was sent where, and what came of it."""

    rowmill: Rowmill
    result: Result
    rows_each: int = 500
    answered: Counter[int] = field(default_factory=Counter)  # the statuses that uploads met
    _sent: dict[str, Sent] = field(default_factory=dict)  # by the id of the upload
    _to_go: dict[str, set[str]] = field(default_factory=dict)  # by the id of an upload to be removed: the states it may end in
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))
    _sending: list[Future[dict[str, Any]]] = field(default_factory=list)

    def send(self, dataset: str, name: str, mode: str = "append") -> "Future[dict[str, Any]]":
        """Sends a file in the background, as often as it takes. A third of them have one chunk, which takes another way."""
        key = f"{dataset}-{name}"
        rows = self.rows_each if crc32(key.encode()) % 3 else min(self.rows_each, FEW_ROWS)
        self._sending.append(self._pool.submit(self._send, file_of(dataset, name, mode, rows), key))
        return self._sending[-1]

    def _send(self, sent: Sent, key: str) -> dict[str, Any]:
        upload = self._until_taken(sent, key)
        self._sent[upload["id"]] = sent
        return upload

    def _until_taken(self, sent: Sent, key: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        asked = {"dataset": sent.dataset, "mode": sent.mode, **({"key": "id"} if sent.mode == "upsert" else {})}
        while True:
            try:
                with self.rowmill.uploads as http:
                    answer = http.post("/api/uploads", params=asked, content=sent.content, headers={"Idempotency-Key": key})
                self.answered[answer.status_code] += 1
                if answer.status_code == 202:
                    return dict(answer.json())
                assert answer.status_code in AGAIN, answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{key} was not taken within {PATIENCE_S} s"
            time.sleep(0.1)

    def change_mind(self, upload_id: str, act: str) -> bool:
        """Cancels, undoes or removes an upload, if its state lets us: whether it did."""

        def ask() -> httpx.Response:
            with self.rowmill.uploads as http:
                path = f"/api/uploads/{upload_id}"
                return http.delete(path) if act == "remove" else http.post(f"{path}/{act}")

        answer = eventually(ask)
        assert answer.status_code in (200, 202, 204, 404, 409), answer.text
        if answer.status_code == 202:
            self._to_go[upload_id] = {"UNDONE", "FORGOTTEN"}
        elif answer.status_code == 204 or (act == "remove" and answer.status_code == 404):  # 404: it has gone with a lost answer
            self._to_go[upload_id] = {"FORGOTTEN"}
        return bool(answer.is_success)

    def ended(self) -> dict[str, dict[str, Any]]:
        """All uploads, once each of them has ended, and what was to be removed is removed."""
        for sending in self._sending:
            sending.result(PATIENCE_S)
        found: dict[str, dict[str, Any]] = {}

        def all_ended() -> bool:
            try:
                with self.rowmill.uploads as http:
                    for upload_id in self._sent.keys() - found.keys():
                        answer = http.get(f"/api/uploads/{upload_id}")
                        upload = {"state": "FORGOTTEN"} if answer.status_code == 404 else answer.json()
                        if upload.get("state") in self._to_go.get(upload_id, {*ENDED, "FORGOTTEN"}):
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
        """Waits until all is at rest, holds what is there against what was sent, and verifies every row: what every case ends in."""
        began = time.monotonic()
        uploads = self.ended()
        self.result.recover_s = max(self.result.recover_s, time.monotonic() - began)
        wrong = [upload for upload in uploads.values() if upload["state"] not in may_end]
        assert not wrong, f"{wrong[0]['state']}: {wrong[0]}\n{self.rowmill.logs()}"
        datasets = sorted({sent.dataset for sent in self._sent.values()})
        for dataset in datasets:
            self._check_dataset(dataset, uploads)
        self.result.uploads += len(uploads)
        assert (self.result.lost, self.result.doubled) == (0, 0), self.result
        self._verify(datasets)
        return uploads

    def _check_dataset(self, dataset: str, uploads: dict[str, dict[str, Any]]) -> None:
        complete = {id: uploads[id] for id, sent in self._sent.items() if sent.dataset == dataset and uploads[id]["state"] == "COMPLETE"}
        expected: dict[str, str] = {}
        for id, upload in sorted(complete.items(), key=lambda item: item[1]["version"]):
            assert upload["records"] == upload["rows"] == upload["indexed"] == len(self._sent[id].rows), upload
            expected |= self._sent[id].rows
        with self.rowmill.readers as http:
            export = http.get(f"/api/datasets/{dataset}/export", params={"format": "csv"})
            if not expected:
                assert export.status_code == 404 or not list(csv.DictReader(io.StringIO(export.text))), export.text
                return
            assert export.status_code == 200, export.text
            found = Counter((row["id"], row["text"]) for row in csv.DictReader(io.StringIO(export.text, newline="")))
            total = http.get(f"/api/datasets/{dataset}/rows", params={"limit": 1}).json()["total"]
        self.result.rows += len(expected)
        self.result.lost += (Counter(expected.items()) - found).total()
        self.result.doubled += (found - Counter(expected.items())).total()
        assert total["relation"] == "gte" or total["value"] == found.total(), f"the index shows {total}, the rows are {found.total()}"

    def _verify(self, datasets: list[str]) -> None:
        """As `rowmill verify --deep`. What was cancelled or undone is cleaned up in the background, so it may take a moment."""
        deadline = time.monotonic() + CLEAN_S
        while left := asyncio.run(differences(self.rowmill, datasets)):
            assert time.monotonic() < deadline, "\n".join([*left[:20], self.rowmill.logs()])
            time.sleep(0.5)


async def differences(rowmill: Rowmill, datasets: list[str]) -> list[str]:
    found: list[str] = []
    async with open_backbone(read_settings(rowmill.environment)) as backbone:
        for dataset in datasets:
            with suppress(NotFound):  # its first upload was forgotten
                found += (await verify(stores_of(backbone), dataset, partial(reread_chunk, backbone.files, backbone.engine))).differences
    return found


@contextmanager
def case(name: str, rowmill: Rowmill, **more: Any) -> Iterator[Load]:
    load = Load(rowmill, Result(f"{name}, {rowmill.home}"), **more)
    RESULTS.append(load.result)
    try:
        yield load
    finally:
        load._pool.shutdown(wait=False, cancel_futures=True)


def eventually(act: Callable[[], httpx.Response]) -> httpx.Response:
    """Its answer, once the service is there to give one."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with suppress(httpx.TransportError):
            answer = act()
            if answer.status_code != 503:
                return answer
        assert time.monotonic() < deadline, f"no answer within {PATIENCE_S} s"
        time.sleep(0.1)


def change_minds(
    load: Load, random_: random.Random, datasets: Sequence[str], uploads: int, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Appends and upserts, and after each of them something is done to one of the last few."""
    sent: list[str] = []
    for number in range(uploads):
        sent.append(load.send(random_.choice(datasets), f"file-{number}", random_.choice(MODES)).result(PATIENCE_S)["id"])
        time.sleep(random_.uniform(0.0, 0.3))
        meanwhile()
        load.result.times += load.change_mind(random_.choice(sent[-4:]), random_.choice(ACTS))
