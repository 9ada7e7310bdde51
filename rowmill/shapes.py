"""What the API answers, as frozen values. Members that a newer server adds are left out, so that an older client goes on working. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from msgspec import Struct


class Place(Struct, frozen=True, kw_only=True):
    """Where in a file. `record` and `line` count from 1; 0 where there is none, as in a preamble."""

    record: int = 0
    line: int = 0
    text: str = ""


class Suggestion(Struct, frozen=True, kw_only=True):
    """The upload option that decides otherwise, as an argument of `upload`."""

    option: str
    value: str


class Finding(Struct, frozen=True, kw_only=True):
    """A decision about the file, or a repair of it. `message` says what was done, and what to do if that is wrong."""

    code: str
    level: Literal["info", "warning", "stop"]
    message: str
    count: int = 1
    column: str | None = None
    places: tuple[Place, ...] = ()
    suggest: Suggestion | None = None


class Upload(Struct, frozen=True, kw_only=True):
    """One file sent to a dataset, and what became of it. `progress` goes from 0 to 1."""

    ENDED: ClassVar[tuple[str, ...]] = ("COMPLETE", "HELD", "FAILED", "CANCELLED", "DISCARDED", "UNDONE", "UNCHANGED")

    id: str
    dataset: str
    file_name: str
    state: str
    stage: str | None
    progress: float
    version: int | None
    records: int | None
    rows: int
    rejects: int
    size_bytes: int | None
    error: Mapping[str, Any] | None
    timings: Mapping[str, Any]
    mode: str = "append"
    indexed: int = 0
    inserted: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    duplicates: int | None = None
    removed: int | None = None
    deleted: int | None = None
    missing: int | None = None
    findings: tuple[Finding, ...] = ()
    removing: bool = False
    created_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def is_good(self) -> bool:
        return self.state in ("COMPLETE", "HELD", "UNCHANGED")


class Reject(Struct, frozen=True, kw_only=True):
    """A record that could not be loaded: its place in the file, counted from 1, the reason, and its text as it stood there."""

    record: int
    line: int
    reason: str
    detail: str
    raw: str


class Column(Struct, frozen=True, kw_only=True):
    """`weight`, in a dataset, is how much a word found in it says of its row: 1 to 10."""

    name: str
    title: str
    type: str
    format: str | None = None
    weight: int | None = None


class PreviewReject(Struct, frozen=True, kw_only=True):
    record: int
    reason: str
    detail: str


class Preview(Struct, frozen=True, kw_only=True):
    """What a file would become, from its first bytes. `records` are those seen; `whole` when they are all."""

    dialect: Mapping[str, Any]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    rejects: tuple[PreviewReject, ...]
    records: int
    whole: bool
    findings: tuple[Finding, ...] = ()


class Version(Struct, frozen=True, kw_only=True):
    """`upload` is None where the removal of an upload made it."""

    number: int
    upload: str | None
    rows: int | None
    published_at: str | None


class Dataset(Struct, frozen=True, kw_only=True):
    """`columns` and `versions` are empty in a list of datasets."""

    name: str
    title: str
    version: int
    rows: int | None
    language: str = "none"
    columns: tuple[Column, ...] = ()
    versions: tuple[Version, ...] = ()


class DatasetSettings(Struct, frozen=True, kw_only=True):
    """What was said of a dataset. `upload` is the id of the one that gives columns other types, where that was asked for."""

    name: str
    title: str
    version: int
    versions_kept: int
    weights: Mapping[str, int] = {}
    language: str | None = None
    upload: str | None = None


class Total(Struct, frozen=True, kw_only=True):
    """`relation` "gte": at least so many."""

    value: int
    relation: str


class Row(Struct, frozen=True, kw_only=True):
    """`values` by column name; a number with a point is a `Decimal` with all its digits."""

    row: str
    values: Mapping[str, Any]
    score: float | None = None
    highlight: Mapping[str, list[str]] | None = None


class Page(Struct, frozen=True, kw_only=True):
    """`suggestions`, where nothing was found: queries with words of the dataset, which do find something."""

    dataset: str
    version: int
    total: Total
    rows: tuple[Row, ...]
    next_cursor: str | None
    previous_cursor: str | None
    facets: Mapping[str, Any] | None = None
    suggestions: tuple[str, ...] = ()


class DatasetHits(Struct, frozen=True, kw_only=True):
    """The first rows that a search over all datasets found in one of them."""

    dataset: str
    version: int
    total: Total
    rows: tuple[Row, ...]


class Key(Struct, frozen=True, kw_only=True):
    """What a key may do; not what it is. `datasets`: names, and beginnings of names with `*` behind them."""

    id: str
    name: str
    scopes: tuple[str, ...]
    datasets: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class MadeKey(Key, frozen=True, kw_only=True):
    """`key` is told this once."""

    key: str


class AuditEvent(Struct, frozen=True, kw_only=True):
    """A change, or (`refused`) a request that was turned away. `principal` is the name of the key that asked; `object` the id of the
    upload or key that it is about."""

    number: int
    at: datetime
    action: str
    principal_id: str
    principal: str
    request_id: str
    dataset: str | None = None
    object: str | None = None
    detail: Mapping[str, Any] = {}


class Me(Struct, frozen=True, kw_only=True):
    """Who asks; `id` is empty where nobody is asked. `usage`: what was made with the key, and the most that may be (`held`, `held_max`, …)."""

    id: str
    name: str
    scopes: tuple[str, ...]
    datasets: tuple[str, ...]
    usage: Mapping[str, int] | None = None


class InHand(Struct, frozen=True, kw_only=True):
    """An event that a process is busy with; `upload_id` is empty where it is about none."""

    group: str
    event: str
    subject: str
    upload_id: str
    since: datetime
    seconds: float


class Worker(Struct, frozen=True, kw_only=True):
    """A process. `is_lost`: nothing was heard of it for 15 seconds; `waiting_for`: servers that do not answer it."""

    id: str
    host: str
    pid: int
    version: str
    services: tuple[str, ...]
    started_at: datetime
    seen_at: datetime
    is_lost: bool
    handled: int
    per_minute: float
    hands: int
    in_hand: tuple[InHand, ...]
    waiting_for: tuple[str, ...]


class Queue(Struct, frozen=True, kw_only=True):
    """What waits for a group of consumers, and how old the oldest of it is; None when nobody can tell."""

    group: str
    events: int | None
    oldest_s: float | None
    consumers: int


class Workers(Struct, frozen=True, kw_only=True):
    """`dead_letters`: those that were not replayed."""

    workers: tuple[Worker, ...]
    queues: tuple[Queue, ...]
    dead_letters: int


class DeadLetter(Struct, frozen=True, kw_only=True):
    """An event that could not be handled. `event` and `traceback` are there when one is asked for by its id."""

    id: str
    subject: str
    group: str
    event_type: str
    reason: str
    detail: str
    died_at: datetime
    replayed_at: datetime | None
    upload_state: str | None
    is_event: bool
    event: dict[str, Any] | None = None
    traceback: str | None = None
