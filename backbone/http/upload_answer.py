"""An upload as it goes out over HTTP, made from its row of the catalog. Pure."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping

from backbone.catalog.findings import all_findings
from backbone.catalog.states import FINAL, Stage, UploadState
from backbone.findings import Finding
from backbone.lifecycle.end_upload import UploadError
from backbone.model import Balance, Dialect, Mode


class ChunkCounts(Struct, frozen=True):
    total: int
    loaded: int
    indexed: int
    failed: int = 0


class Timings(Struct, frozen=True):
    receive_s: float | None
    load_s: float | None
    merge_s: float | None
    index_s: float | None
    total_s: float | None


class Upload(Struct, frozen=True, kw_only=True):
    id: str
    dataset: str
    file_name: str
    size_bytes: int | None
    sha256: str | None
    same_as: str | None
    mode: Mode
    key: tuple[str, ...]
    hold: bool
    version: int | None
    state: UploadState
    stage: Stage | None
    progress: float
    rows_per_s: float | None
    eta_s: float | None
    records: int | None
    rows: int
    rejects: int
    indexed: int
    inserted: int | None
    updated: int | None
    unchanged: int | None
    duplicates: int | None
    removed: int | None
    deleted: int | None
    missing: int | None
    chunks: ChunkCounts
    dialect: Dialect | None
    balance: Balance | None
    findings: tuple[Finding, ...]
    error: UploadError | None
    removing: bool
    created_at: datetime
    completed_at: datetime | None
    timings: Timings


def to_upload(row: RowMapping, now: datetime) -> Upload:
    progress = _progress(row)
    values: dict[str, Any] = {name: row[name] for name in Upload.__struct_fields__ if name in row}
    rate = _rate(row, now)
    values |= {
        "progress": progress,
        "rows_per_s": rate,
        "eta_s": _eta_s(row, progress, now),
        "chunks": ChunkCounts(row["chunks_total"], row["chunks_loaded"], row["chunks_indexed"]),
        "removing": row["state"] == "COMPLETE" and row["removing_at"] is not None,
        "timings": _timings(row),
        "findings": all_findings(row["findings"]),
    }
    return msgspec.convert(values, Upload)


def _progress(row: RowMapping) -> float:
    """Loading and indexing count half each; receiving counts nothing, for its length is often not known."""
    if row["state"] in ("COMPLETE", "HELD", "UNCHANGED"):
        return 1.0
    if not row["chunks_total"]:
        return 0.0
    done: int = row["chunks_loaded"] + row["chunks_indexed"]
    return round(done / (2 * int(row["chunks_total"])), 4)


def _rate(row: RowMapping, now: datetime) -> float | None:
    seconds = _between(row["started_at"], row["completed_at"] or now) or 0.0
    return round(row["rows"] / seconds, 1) if seconds > 0 else None  # this process's clock may be behind the database's


def _eta_s(row: RowMapping, progress: float, now: datetime) -> float | None:
    seconds = _between(row["started_at"], now) or 0.0
    if row["state"] in FINAL or seconds <= 0 or not progress:
        return None
    return round(seconds / progress - seconds, 1)


def _timings(row: RowMapping) -> Timings:
    return Timings(
        receive_s=_between(row["created_at"], row["received_at"]),
        load_s=_between(row["started_at"], row["loaded_at"]),
        merge_s=_between(row["loaded_at"], row["merged_at"]),
        index_s=_between(row["started_at"], row["indexed_at"]),
        total_s=_between(row["created_at"], row["completed_at"]),
    )


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start is not None and end is not None else None
