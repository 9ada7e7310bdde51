"""Whoever watches all uploads hears at once of each that comes, changes or goes, and of those alone that they may see."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from backbone.postgres.embedded.server import leave_embedded
from backbone.runtime.key_text import new_key
from rowmill import Client
from tests.flows.pods import STOP_TIMEOUT_S, Rowmill, running, wait_for

PATIENCE_S = 30.0


class Watcher:
    """Reads the stream in a thread of its own; `heard` are ids, `lines` all that came."""

    def __init__(self, url: str, key: str = "") -> None:
        self.heard: list[str] = []
        self.lines: list[str] = []
        self.has_ended = False
        self._url, self._headers = url, bearer(key) if key else {}
        threading.Thread(target=self._read, daemon=True).start()
        wait_for(lambda: bool(self.lines), PATIENCE_S, "the stream is open")

    def told_of_many(self) -> int:
        return sum('"many":true' in line for line in self.lines)

    def _read(self) -> None:
        try:
            with httpx.stream("GET", f"{self._url}/api/uploads/events", headers=self._headers, timeout=60) as answer:
                assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
                for line in answer.iter_lines():
                    self.lines.append(line)
                    if line.startswith("data:"):
                        self.heard += msgspec.json.decode(line.removeprefix("data:"))["uploads"]
        except httpx.HTTPError:
            pass
        self.has_ended = True


def test_an_upload_is_heard_of_when_it_comes_changes_and_goes(rowmill: Rowmill) -> None:
    with rowmill.uploads as http:
        watcher = Watcher(str(http.base_url))
        done = rowmill.load(b"n\n1\n", dataset="heard-of")
        wait_for(lambda: done["id"] in watcher.heard, PATIENCE_S, "it is heard of")
        renamed = len(watcher.heard)
        assert http.patch(f"/api/uploads/{done['id']}", json={"file_name": "other.csv"}).status_code == 200
        wait_for(lambda: done["id"] in watcher.heard[renamed:], PATIENCE_S, "a new name is heard of")


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[tuple[Rowmill, str]]:
    first = new_key()
    environment = {"ROWMILL_HOME": str(tmp_path), "ROWMILL_AUTH": "keys", "ROWMILL_FIRST_KEY": first}
    with running("embedded", {"all": []}, environment) as rowmill:
        yield rowmill, first
    leave_embedded(tmp_path)


def test_a_key_hears_of_what_it_sees_and_a_stop_waits_for_no_watcher(keyed: tuple[Rowmill, str]) -> None:
    rowmill, first = keyed
    url = rowmill.pods["all"].url
    with Client(url, key=first) as client:
        narrow = client.create_key("narrow", ["read"], datasets=["mine-*"]).key
        watcher, all_seeing = Watcher(url, narrow), Watcher(url, first)
        hidden = client.upload(_file(rowmill, "a.csv"), dataset="others-1")
        shown = client.upload(_file(rowmill, "b.csv"), dataset="mine-1")
        wait_for(lambda: shown.id in watcher.heard and {hidden.id, shown.id} <= set(all_seeing.heard), PATIENCE_S, "both are heard of")
        assert hidden.id not in watcher.heard
        for number, (before, after) in enumerate((("mine-1", "others-2"), ("others-1", "mine-2")), 1):
            rename(rowmill, first, before, after)
            wait_for(lambda told=number: watcher.told_of_many() == told, PATIENCE_S, "that many have another name is heard of")
        heard = watcher.heard.count(shown.id)
        for upload in (shown, hidden):
            with rowmill.uploads as http:
                http.patch(f"/api/uploads/{upload.id}", json={"file_name": "c.csv"}, headers=bearer(first)).raise_for_status()
        wait_for(lambda: hidden.id in watcher.heard, PATIENCE_S, "what is seen by its name of now is heard of")
        assert watcher.heard.count(shown.id) == heard
    asked_at = time.monotonic()
    rowmill.pods["all"].process.terminate()
    assert rowmill.pods["all"].process.wait(STOP_TIMEOUT_S) == 0
    assert time.monotonic() - asked_at < 10  # ROWMILL_SHUTDOWN_S is 20
    wait_for(lambda: watcher.has_ended, PATIENCE_S, "the stream has ended")


def rename(rowmill: Rowmill, key: str, before: str, after: str) -> None:
    with rowmill.readers as http:
        http.patch(f"/api/datasets/{before}", json={"name": after}, headers=bearer(key)).raise_for_status()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _file(rowmill: Rowmill, name: str) -> Path:
    path = Path(rowmill.environment["ROWMILL_HOME"]) / name
    path.write_bytes(name.encode() + b"\n1\n")
    return path
