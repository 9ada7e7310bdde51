"""Sources and their runs as they go out over HTTP. Secrets never do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping

from backbone.catalog.findings import all_findings
from backbone.catalog.sources import SourceRecord
from backbone.catalog.states import UploadState
from services.upload.sources.settings import Kind

RunState = Literal["WAITING", "RUNNING", "LOADING", "DONE", "HELD", "UNCHANGED", "FAILED"]
UPLOADS_SHOWN: Final = 100
UNDER_WAY: Final = ("RECEIVING", "PENDING", "PROCESSING")
UNDONE: Final = ("FAILED", "CANCELLED")


class RunError(Struct, frozen=True):
    type: str
    detail: str


class RunUpload(Struct, frozen=True, kw_only=True):
    """`item`: what it was fetched from, where the source has several."""

    id: str
    item: str
    state: UploadState
    rows: int
    findings: int


class Run(Struct, frozen=True, kw_only=True):
    """DONE once all that it brought is loaded; LOADING until then; HELD where something of it waits for a person; UNCHANGED where there was nothing
    new. `due_at`: the time of the schedule that it is for, and `missed` further ones that it makes up. `uploads`: the first hundred."""

    id: str
    source: str
    state: RunState
    cause: Literal["schedule", "request", "upload"]
    due_at: datetime | None
    missed: int
    uploads: list[RunUpload]
    findings: int
    error: RunError | None
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None


class Runs(Struct, frozen=True):
    runs: list[Run]
    next_cursor: str | None


class Source(Struct, frozen=True, kw_only=True):
    """`next_run_at` is null without a schedule, and while it is paused."""

    name: str
    kind: Kind
    dataset: str
    settings: dict[str, Any]
    has_secret: bool
    options: dict[str, str]
    schedule: str
    time_zone: str
    jitter_s: int
    paused: bool
    next_run_at: datetime | None
    last_run: Run | None
    created_at: datetime


class Sources(Struct, frozen=True):
    sources: list[Source]
    next_cursor: str | None


def to_out(source: SourceRecord, last_run: Run | None) -> Source:
    values = {name: getattr(source, name) for name in Source.__struct_fields__ if hasattr(source, name)}
    more = {"has_secret": source.secret is not None, "next_run_at": None if source.paused else source.starts_at, "last_run": last_run}
    return msgspec.convert({**values, **more}, Source)


def to_run(row: RowMapping, source: str, brought: Sequence[RowMapping]) -> Run:
    uploads = [_to_upload(upload) for upload in brought]
    state, error = _state_of(row, brought)
    values = {name: row[name] for name in Run.__struct_fields__ if name in row}
    more = {"source": source, "state": state, "error": error, "uploads": uploads, "findings": sum(upload.findings for upload in uploads)}
    return msgspec.convert({**values, **more}, Run)


def _to_upload(row: RowMapping) -> RunUpload:
    findings = len(all_findings(row["findings"]))
    return RunUpload(id=row["id"], item=row["item"], state=row["state"], rows=row["rows"], findings=findings)


def _state_of(row: RowMapping, brought: Sequence[RowMapping]) -> tuple[RunState, Mapping[str, str] | None]:
    """Of a run that brought all it had to, what became of its uploads."""
    if row["state"] != "DONE":
        return row["state"], row["error"]
    states = [upload["state"] for upload in brought]
    if any(state in UNDER_WAY for state in states):
        return "LOADING", None
    if (failed := next((upload for upload in brought if upload["state"] in UNDONE), None)) is not None:
        detail = (failed["error"] or {}).get("detail", f"It was {failed['state'].lower()}.")
        return "FAILED", {"type": "upload-failed", "detail": f"Upload {failed['id']}: {detail}"}
    if "HELD" in states:
        return "HELD", None
    return ("UNCHANGED" if states and all(state == "UNCHANGED" for state in states) else "DONE"), None
