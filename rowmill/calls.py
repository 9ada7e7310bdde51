"""Every request to the API, as a value: what to send, and how to read the answer. Pure; both clients send these."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar
from urllib.parse import quote

from rowmill.shapes import Dataset, DatasetHits, Page, Upload, read_dataset, read_hits, read_page, read_upload

T = TypeVar("T")
Format = Literal["csv", "ndjson", "parquet", "arrow"]
FORMATS: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0


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
    total: Literal["bounded", "exact"]


class UploadOptions(TypedDict, total=False):
    """What an upload may say; docs/options.md explains each. All of it is found out when not said."""

    file_name: str
    dataset: str
    mode: Literal["append", "upsert", "replace"]
    key: str | Sequence[str]
    hold: bool
    retype: bool
    delimiter: str
    quote: str
    escape: str
    encoding: str
    header: bool
    skip: int
    null: str
    types: str
    ragged: Literal["fill", "reject"]
    max_rejects: str | int
    if_changed: bool
    on_warning: Literal["publish", "hold"]


@dataclass(frozen=True)
class Call(Generic[T]):
    method: str
    path: str
    read: Callable[[Any], T]
    parameters: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class Part(Generic[T]):
    """One page of a list, and where the next one is."""

    items: tuple[T, ...]
    next_cursor: str | None


def upload(options: Mapping[str, Any]) -> Call[Upload]:
    return Call("POST", "/api/uploads", read_upload, _parameters(options))


def get_upload(upload_id: str) -> Call[Upload]:
    return Call("GET", f"/api/uploads/{quote(upload_id, safe='')}", read_upload)


def datasets(cursor: str | None) -> Call[Part[Dataset]]:
    return Call(
        "GET", "/api/datasets", lambda content: _part(content, "datasets", read_dataset), _parameters({"limit": 1000, "cursor": cursor})
    )


def dataset(name: str, version: int | None) -> Call[Dataset]:
    return Call("GET", _dataset(name), read_dataset, _parameters({"version": version}))


def rows(name: str, q: str, options: Mapping[str, Any], cursor: str | None) -> Call[Page]:
    return Call("GET", f"{_dataset(name)}/rows", read_page, _parameters({"q": q, **options, "cursor": cursor}))


def groups(name: str, by: str | Sequence[str], agg: str | Sequence[str], options: Mapping[str, Any], cursor: str | None) -> Call[Part[Any]]:
    given = _parameters({"by": by, "agg": agg, **options, "cursor": cursor})
    return Call("GET", f"{_dataset(name)}/groups", lambda content: _part(content, "groups", dict), given)


def export(name: str, format: Format, q: str, options: Mapping[str, Any]) -> Call[None]:
    return Call("GET", f"{_dataset(name)}/export", lambda _: None, _parameters({"format": format, "q": q, **options}))


def format_of(target: str | PurePath) -> Format:
    """By the end of the file's name. Raises `ValueError`."""
    suffix = PurePath(target).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"the format of {target} is not known by its name; give format=, or end it in one of: {', '.join(FORMATS)}")
    return FORMATS[suffix]


def everywhere(q: str, limit: int, cursor: str | None) -> Call[Part[DatasetHits]]:
    given = _parameters({"q": q, "limit": limit, "cursor": cursor})
    return Call("GET", "/api/search", lambda content: _part(content, "datasets", read_hits), given)


def waits() -> Iterator[float]:
    """Seconds between two looks at an upload: short for small files, never long."""
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(LONGEST_WAIT_S, wait_s * 1.5)


def _dataset(name: str) -> str:
    return f"/api/datasets/{quote(name, safe='')}"


def _part(content: Any, name: str, read: Callable[[Any], T]) -> Part[T]:
    return Part(tuple(read(item) for item in content[name]), content["next_cursor"])


def _parameters(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """None is left out; several filters are several parameters, several names one with commas between."""
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if value is None or value == "":
            continue
        if isinstance(value, bool):
            found.append((name, str(value).lower()))
        elif isinstance(value, str | int | float):
            found.append((name, str(value)))
        elif name in ("filter", "facet"):
            found += [(name, str(each)) for each in value]
        else:
            found.append((name, ",".join(value)))
    return found
