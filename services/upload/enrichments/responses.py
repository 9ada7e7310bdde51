"""Enrichments, their runs and previews as they go out over HTTP. Secrets never do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping

from backbone.catalog.sources import SourceRecord
from services.upload.enrichments.counts import EnrichmentCounts
from services.upload.enrichments.settings import EnrichmentKind, read_definition
from services.upload.sources.responses import RunError, RunState, RunUpload, to_run


class EnrichmentRun(Struct, frozen=True, kw_only=True):
    """DONE once its upload is loaded; LOADING until then; HELD where that waits for a person; UNCHANGED where no row has other fields now.
    `only_new`: of rows alone that had nothing of it."""

    id: str
    enrichment: str
    state: RunState
    cause: Literal["schedule", "request", "upload"]
    only_new: bool
    counts: EnrichmentCounts | None
    upload: RunUpload | None
    findings: int
    error: RunError | None
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None


class EnrichmentRuns(Struct, frozen=True):
    runs: list[EnrichmentRun]
    next_cursor: str | None


class Enrichment(Struct, frozen=True, kw_only=True):
    """`fields`: where each stands in a record, and the title of the column that it becomes."""

    name: str
    kind: EnrichmentKind
    dataset: str
    column: str
    fields: dict[str, str]
    settings: dict[str, Any]
    has_secret: bool
    on_upload: bool
    on_warning: Literal["publish", "hold"]
    schedule: str
    time_zone: str
    next_run_at: datetime | None
    last_run: EnrichmentRun | None
    created_at: datetime


class Enrichments(Struct, frozen=True):
    enrichments: list[Enrichment]
    next_cursor: str | None


class PreviewRow(Struct, frozen=True, kw_only=True):
    """`fields` by the titles of their columns, as they would be written; null unless it was found."""

    row: str
    value: str | None
    outcome: Literal["found", "missing", "failed", "empty"]
    fields: dict[str, str | None] | None = None
    reason: str | None = None


class EnrichmentPreview(Struct, frozen=True, kw_only=True):
    """Of the first ten rows. Nothing of it is kept. `columns`: the types that new columns would have, by their titles."""

    version: int
    rows: list[PreviewRow]
    columns: dict[str, str]
    new_columns: list[str]


def to_enrichment(source: SourceRecord, last_run: EnrichmentRun | None) -> Enrichment:
    definition = read_definition(source.settings)
    values = {name: getattr(source, name) for name in Enrichment.__struct_fields__ if hasattr(source, name)}
    more = {
        "column": definition.column,
        "fields": {field.field: field.title for field in definition.fields},
        "settings": definition.place,
        "has_secret": source.secret is not None,
        "on_warning": source.options.get("on_warning", "publish"),
        "next_run_at": source.starts_at,
        "last_run": last_run,
    }
    return msgspec.convert({**values, **more}, Enrichment)


def to_enrichment_run(row: RowMapping, name: str, brought: Sequence[RowMapping]) -> EnrichmentRun:
    run = to_run(row, name, brought)
    values = {field: getattr(run, field) for field in EnrichmentRun.__struct_fields__ if hasattr(run, field)}
    counts = None if row["counts"] is None else msgspec.convert(row["counts"], EnrichmentCounts)
    upload = run.uploads[-1] if run.uploads else None
    return EnrichmentRun(**{**values, "enrichment": name, "only_new": row["only_new"], "counts": counts, "upload": upload})
