"""Every request to the API, as a value: what to send, and how to read the answer. Pure; both clients send these."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from rowmill.shapes import (
    Dataset,
    DatasetHits,
    DatasetSettings,
    Page,
    Preview,
    Reject,
    Upload,
)

T = TypeVar("T")
Format = Literal["csv", "ndjson", "json", "parquet", "arrow", "xlsx"]
UploadAct = Literal["publish", "discard", "undo", "cancel", "retry"]
FORMATS: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0
ITEMS_PER_PAGE: Final = 1000
REPEATED: Final = ("filter", "facet")


class SearchOptions(TypedDict, total=False):
    """As in the URL. `filter` takes one `column:op:value` or several; `sort` and `fields` names, `-` before a name for descending."""

    filter: str | Sequence[str]
    sort: str | Sequence[str]
    fields: str | Sequence[str]
    version: int


class GroupOptions(TypedDict, total=False):
    """Which rows are grouped, the order of groups, and how many come with one request."""

    q: str
    filter: str | Sequence[str]
    sort: str | Sequence[str]
    limit: int
    version: int


class PageOptions(SearchOptions, total=False):
    """`limit` is the rows on a page; `total="exact"` counts beyond 10,000."""

    limit: int
    facet: str | Sequence[str]
    highlight: bool
    fuzzy: bool
    total: Literal["bounded", "exact"]


class ListOptions(TypedDict, total=False):
    """Which uploads, in which order (`created`, `name`, `size`, `state`, with `-` before it for descending; newest first when not
    given), and how many come with one request."""

    dataset: str
    state: str
    sort: str
    limit: int


class AuditOptions(TypedDict, total=False):
    """`principal` is the id or the name of a key; `since` and `until` are times as `2026-11-22T08:00:00Z`."""

    principal: str
    action: str
    dataset: str
    since: str
    until: str


@dataclass(frozen=True)
class Call(Generic[T]):
    """`read` makes the answer of its bytes. Raises `msgspec.DecodeError`."""

    method: str
    path: str
    read: Callable[[bytes], T]
    parameters: Sequence[tuple[str, str]] = field(default=())
    content: Mapping[str, Any] | None = None  # sent as JSON
    body: bytes | None = None  # sent as it is
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part(Generic[T]):
    """One page of a list, and where the next one is."""

    items: tuple[T, ...]
    next_cursor: str | None


class _Uploads(Struct):
    uploads: tuple[Upload, ...]
    next_cursor: str | None


class _Rejects(Struct):
    rejects: tuple[Reject, ...]
    next_cursor: str | None


class _Datasets(Struct):
    datasets: tuple[Dataset, ...]
    next_cursor: str | None


class _Groups(Struct):
    groups: tuple[dict[str, Any], ...]
    next_cursor: str | None


class _Hits(Struct):
    datasets: tuple[DatasetHits, ...]
    next_cursor: str | None


def headers(key: str) -> dict[str, str]:
    """Of every request."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def upload(options: Mapping[str, Any]) -> Call[Upload]:
    return Call("POST", "/api/uploads", reader(Upload), parameters(options))


def preview(options: Mapping[str, Any]) -> Call[Preview]:
    return Call("POST", "/api/preview", reader(Preview), parameters(options))


def get_upload(upload: Upload | str) -> Call[Upload]:
    return Call("GET", _upload(upload), reader(Upload))


def act(upload: Upload | str, what: UploadAct) -> Call[Upload]:
    return Call("POST", f"{_upload(upload)}/{what}", reader(Upload))


def remove(upload: Upload | str) -> Call[Upload | None]:
    """Nothing comes back of one that was forgotten at once."""
    read = reader(Upload)
    return Call("DELETE", _upload(upload), lambda content: read(content) if content else None)


def uploads(options: Mapping[str, Any], cursor: str | None) -> Call[Part[Upload]]:
    read = reader(_Uploads)
    return Call("GET", "/api/uploads", lambda content: part(read(content), "uploads"), parameters({**options, "cursor": cursor}))


def rejects(upload: Upload | str, limit: int, cursor: str | None) -> Call[Part[Reject]]:
    read = reader(_Rejects)
    asked = parameters({"limit": limit, "cursor": cursor})
    return Call("GET", f"{_upload(upload)}/rejects", lambda content: part(read(content), "rejects"), asked)


def datasets(cursor: str | None) -> Call[Part[Dataset]]:
    read = reader(_Datasets)
    asked = parameters({"limit": ITEMS_PER_PAGE, "cursor": cursor})
    return Call("GET", "/api/datasets", lambda content: part(read(content), "datasets"), asked)


def dataset(name: str, version: int | None) -> Call[Dataset]:
    return Call("GET", _dataset(name), reader(Dataset), parameters({"version": version}))


def change(name: str, changes: Mapping[str, Any]) -> Call[DatasetSettings]:
    content = {field: value for field, value in changes.items() if value is not None}
    return Call("PATCH", _dataset(name), reader(DatasetSettings), content=content)


def rows(name: str, q: str, options: Mapping[str, Any], cursor: str | None) -> Call[Page]:
    return Call("GET", f"{_dataset(name)}/rows", reader(Page), parameters({"q": q or None, **options, "cursor": cursor}))


def groups(name: str, by: str | Sequence[str], agg: str | Sequence[str], options: Mapping[str, Any], cursor: str | None) -> Call[Part[Any]]:
    read = reader(_Groups)
    asked = parameters({"by": by, "agg": agg, **options, "cursor": cursor})
    return Call("GET", f"{_dataset(name)}/groups", lambda content: part(read(content), "groups"), asked)


def export(name: str, format: Format, q: str, options: Mapping[str, Any]) -> Call[None]:
    return Call("GET", f"{_dataset(name)}/export", lambda _: None, parameters({"format": format, "q": q or None, **options}))


def format_of(target: str | PurePath) -> Format:
    """By the end of the file's name. Raises `ValueError`."""
    suffix = PurePath(target).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"the format of {target} is not known by its name; give format=, or end it in one of: {', '.join(FORMATS)}")
    return FORMATS[suffix]


def everywhere(q: str, datasets: str | Sequence[str], limit: int, cursor: str | None) -> Call[Part[DatasetHits]]:
    read = reader(_Hits)
    asked = parameters({"q": q, "datasets": datasets or None, "limit": limit, "cursor": cursor})
    return Call("GET", "/api/search", lambda content: part(read(content), "datasets"), asked)


def waits() -> Iterator[float]:
    """Seconds between two looks at an upload: short for small files, never long."""
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(LONGEST_WAIT_S, wait_s * 1.5)


def _dataset(name: str) -> str:
    return f"/api/datasets/{quote(name, safe='')}"


def _upload(upload: Upload | str) -> str:
    return f"/api/uploads/{quote(upload if isinstance(upload, str) else upload.id, safe='')}"


def reader(shape: type[T]) -> Callable[[bytes], T]:
    """A number with a point is a Decimal wherever the shape does not ask for a float."""
    return msgspec.json.Decoder(shape, float_hook=Decimal).decode


def part(page: Any, name: str) -> Part[Any]:
    return Part(getattr(page, name), page.next_cursor)


def _quoted(text: str) -> str:
    """A title that holds a comma stands in double quotes."""
    return '"' + text.replace('"', '""') + '"' if "," in text and not text.startswith('"') else text


def parameters(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """None is left out, an empty text is not: it may say "none". Several filters are several parameters, several names one with commas."""
    parameters: list[tuple[str, str]] = []
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, bool):
            parameters.append((name, str(value).lower()))
        elif isinstance(value, str | int | float):
            parameters.append((name, str(value)))
        elif name in REPEATED:
            parameters += [(name, str(item)) for item in value]
        else:
            parameters.append((name, ",".join(str(item) if name == "agg" else _quoted(str(item)) for item in value)))
    return parameters
