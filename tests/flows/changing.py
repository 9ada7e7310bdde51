"""Changes a dataset of a running Rowmill and its model alike, and remembers what every version has shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.flows.pods import ENDED, Rowmill, wait_for
from tests.flows.reading import told
from tests.model import Dataset, File, Outcome, Row, Upload

WAIT_S = 60.0


@dataclass
class Changing:
    rowmill: Rowmill
    name: str
    http: httpx.Client
    readers: httpx.Client
    model: Dataset = field(default_factory=Dataset)
    shown: dict[int, list[Row]] = field(default_factory=dict)  # by version, those that are no more as well

    @classmethod
    @contextmanager
    def begin(cls, rowmill: Rowmill, name: str) -> Iterator[Self]:
        with rowmill.uploads as http, rowmill.readers as readers:
            yield cls(rowmill, f"{name}-{uuid4().hex[:12]}", http, readers)

    def send(self, file: File, mode: str = "append", key: str = "", **options: str) -> Upload:
        asked = {"dataset": self.name, "mode": mode, **({"key": key} if key else {}), **options}
        answer = self.http.post("/api/uploads", params=asked, content=file.csv())
        assert answer.status_code == 202, answer.text
        return Upload(answer.json()["id"], file, mode, tuple(key.split(",")) if key else ())

    def load(self, file: File, mode: str = "append", key: str = "", **options: str) -> tuple[dict[str, Any], Outcome]:
        return self.finish(self.send(file, mode, key, **options))

    def finish(self, upload: Upload) -> tuple[dict[str, Any], Outcome]:
        """Waits until it is published. Answers what Rowmill tells of it, and what the model does."""
        found = self.wait(upload)
        assert found["state"] == "COMPLETE", found
        outcome = self.model.load(upload)
        self._remember()
        assert found["version"] == self.model.current
        return found, outcome

    def fail(self, upload: Upload) -> None:
        """Waits until it has failed of its rejects. The number of its version is used up."""
        found = self.wait(upload)
        assert (found["state"], found["error"]["type"]) == ("FAILED", "too-many-rejects"), found
        self.model.hold(upload)
        self.model.discard()

    def hold(self, upload: Upload) -> tuple[dict[str, Any], Outcome]:
        """Waits until it is held."""
        found = self.wait(upload)
        assert found["state"] == "HELD", found
        return found, self.model.hold(upload)

    def publish(self) -> None:
        assert self._act_on_held("publish")["state"] == "COMPLETE"
        self.model.publish()
        self._remember()

    def discard(self) -> None:
        assert self._act_on_held("discard")["state"] == "DISCARDED"
        self.model.discard()

    def undo(self) -> None:
        newest = self.model.versions[self.model.current].made_by
        assert newest is not None
        assert self._act(newest, "undo")["state"] == "UNDONE"
        self.model.undo()

    def remove(self, upload: Upload) -> None:
        answer = self.http.delete(f"/api/uploads/{upload.id}")
        assert answer.status_code == 202, answer.text
        wait_for(lambda: self.look(upload)["state"] == "UNDONE", WAIT_S, f"{upload.id} is removed from {self.name}")
        self.model.remove(upload)
        self._remember()

    def repair(self) -> None:
        self.rowmill.repair(self.name)

    def look(self, upload: Upload) -> dict[str, Any]:
        return told(self.http.get(f"/api/uploads/{upload.id}"))

    def wait(self, upload: Upload) -> dict[str, Any]:
        """The upload once it has ended."""
        found: dict[str, Any] = {}

        def ended() -> bool:
            found.update(self.look(upload))
            return found["state"] in ENDED

        try:
            wait_for(ended, WAIT_S, f"upload {upload.id} to {self.name} has ended")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {found}\n{self.rowmill.logs()}") from None
        return found

    def _act_on_held(self, action: str) -> dict[str, Any]:
        assert self.model.held is not None
        upload = self.model.held[1].made_by
        assert upload is not None
        return self._act(upload, action)

    def _act(self, upload: Upload, action: str) -> dict[str, Any]:
        return told(self.http.post(f"/api/uploads/{upload.id}/{action}"))

    def _remember(self) -> None:
        self.shown[self.model.current] = self.model.rows
