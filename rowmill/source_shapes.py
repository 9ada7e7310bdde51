"""What the API answers about sources, as frozen values. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct


class RunUpload(Struct, frozen=True, kw_only=True):
    """`item`: what it was fetched from, where the source has several."""

    id: str
    item: str
    state: str
    rows: int = 0
    findings: int = 0


class Run(Struct, frozen=True, kw_only=True):
    """A source fetched once. DONE: what it brought can be searched; UNCHANGED: there was nothing new; HELD: something of it waits for a person."""

    ENDED: ClassVar[tuple[str, ...]] = ("DONE", "HELD", "UNCHANGED", "FAILED")

    id: str
    source: str
    state: str
    cause: str
    uploads: tuple[RunUpload, ...] = ()
    findings: int = 0
    error: Mapping[str, str] | None = None
    due_at: datetime | None = None
    missed: int = 0
    created_at: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED


class Source(Struct, frozen=True, kw_only=True):
    """A place from which files are fetched. Its secret is not told."""

    name: str
    kind: str
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
