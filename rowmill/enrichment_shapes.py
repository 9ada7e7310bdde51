"""What the API answers about enrichments, as frozen values. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from msgspec import Struct

from rowmill.source_shapes import RunUpload


class FailedLookups(Struct, frozen=True, kw_only=True):
    """`count` distinct values that failed for one reason, and the first of them."""

    reason: str
    count: int
    samples: tuple[str, ...] = ()


class EnrichmentCounts(Struct, frozen=True, kw_only=True):
    """`rows` were looked at, `empty` of them have no value; `found`, `missing` and `failed` are of distinct values; `asked`: requests."""

    rows: int = 0
    empty: int = 0
    found: int = 0
    missing: int = 0
    failed: int = 0
    asked: int = 0
    keyless: int = 0
    reasons: tuple[FailedLookups, ...] = ()


class EnrichmentRun(Struct, frozen=True, kw_only=True):
    """DONE: what it found can be searched; UNCHANGED: no row has other fields now; HELD: its upload waits for a person."""

    ENDED: ClassVar[tuple[str, ...]] = ("DONE", "HELD", "UNCHANGED", "FAILED")

    id: str
    enrichment: str
    state: str
    cause: str
    only_new: bool
    counts: EnrichmentCounts | None = None
    upload: RunUpload | None = None
    findings: int = 0
    error: Mapping[str, str] | None = None
    created_at: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED


class Enrichment(Struct, frozen=True, kw_only=True):
    """Columns of a dataset that come from a remote API. Its secret is not told."""

    name: str
    kind: str
    dataset: str
    column: str
    fields: dict[str, str]
    settings: dict[str, Any]
    has_secret: bool
    on_upload: bool
    on_warning: str
    schedule: str
    time_zone: str
    next_run_at: datetime | None
    last_run: EnrichmentRun | None
    created_at: datetime


class EnrichedRow(Struct, frozen=True, kw_only=True):
    """`fields` by the titles of their columns; None unless it was found."""

    row: str
    value: str | None
    outcome: Literal["found", "missing", "failed", "empty"]
    fields: dict[str, str | None] | None = None
    reason: str | None = None


class EnrichmentPreview(Struct, frozen=True, kw_only=True):
    """What a run would write into the first ten rows. `columns`: types by title."""

    version: int
    rows: tuple[EnrichedRow, ...]
    columns: dict[str, str]
    new_columns: tuple[str, ...]
