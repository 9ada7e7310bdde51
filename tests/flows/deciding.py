"""One file given to Rowmill as people give it, and what became of it: the answer, the upload, its findings, the dataset's titles and rows."""

import csv
import io
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.flows.pods import Rowmill

Table = list[list[str]]


@dataclass
class Outcome:
    """`rows` are the dataset's afterwards, as its CSV export has them, an empty text for null; `titles` their columns' titles."""

    status: int
    problem: str = ""
    upload: dict[str, Any] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    rows: Table = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.upload.get("state", "REFUSED"))

    @property
    def levels(self) -> set[str]:
        return {finding["level"] for finding in self.upload.get("findings", [])}

    @property
    def is_told(self) -> bool:
        """A person hears that something is not as it should be: refused, or a warning."""
        return self.state in ("REFUSED", "FAILED") or bool({"warning", "stop"} & self.levels)

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        found = [finding["suggest"] for finding in self.upload.get("findings", []) if finding["suggest"]]
        return [(suggestion["option"], suggestion["value"]) for suggestion in found]

    def __str__(self) -> str:
        return f"{self.status} {self.problem} {self.state} {self.upload.get('error')} {self.upload.get('findings')} {self.titles} {self.rows[:8]}"


def new_dataset() -> str:
    return f"d-{secrets.token_hex(5)}"


def give(rowmill: Rowmill, body: bytes, *, dataset: str = "", headers: Any = None, **options: Any) -> Outcome:
    """Uploads without any option but those named, and waits until it has ended."""
    options = {"file_name": "t.csv", "dataset": dataset or new_dataset(), **options}
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params=options, content=body, headers=headers or {})
    if answer.status_code != 202:
        return Outcome(answer.status_code, problem=answer.text)
    upload = rowmill.wait(answer.json())
    return Outcome(answer.status_code, "", upload, *contents(rowmill, upload["dataset"]))


def contents(rowmill: Rowmill, dataset: str) -> tuple[list[str], Table]:
    with rowmill.readers as http:
        described = http.get(f"/api/datasets/{dataset}")
        exported = http.get(f"/api/datasets/{dataset}/export")
    if described.status_code != 200 or exported.status_code != 200:
        return [], []
    titles = [column["title"] for column in described.json()["columns"]]
    return titles, list(csv.reader(io.StringIO(exported.content.decode(), newline="")))[1:]
