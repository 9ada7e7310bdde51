"""What the API answers, as frozen values. Members that a newer server adds are kept out, so that an older client goes on working. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file given to a dataset, and what became of it. `progress` goes from 0 to 1."""

    ENDED: ClassVar = ("COMPLETE", "HELD", "FAILED", "CANCELLED", "DISCARDED", "UNDONE", "UNCHANGED")

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

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def is_good(self) -> bool:
        return self.state in ("COMPLETE", "HELD", "UNCHANGED")


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    title: str
    type: str
    format: str | None


@dataclass(frozen=True, kw_only=True)
class Version:
    number: int
    upload: str
    rows: int | None
    published_at: str | None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """`columns` and `versions` are empty in a list of datasets."""

    name: str
    title: str
    version: int
    rows: int | None
    columns: tuple[Column, ...] = ()
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Total:
    """`relation` "gte": at least so many."""

    value: int
    relation: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """`values` by column name; a number with a point is a `Decimal` with all its digits."""

    row: str
    values: Mapping[str, Any]
    score: float | None = None
    highlight: Mapping[str, list[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    dataset: str
    version: int
    total: Total
    rows: tuple[Row, ...]
    next_cursor: str | None
    previous_cursor: str | None
    facets: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetHits:
    """The first rows that a search over all datasets found in one of them."""

    dataset: str
    version: int
    total: Total
    rows: tuple[Row, ...]


def read_upload(content: Any) -> Upload:
    return _read(Upload, content)


def read_dataset(content: Any) -> Dataset:
    return _read(Dataset, content, columns=_all(Column, content.get("columns")), versions=_all(Version, content.get("versions")))


def read_page(content: Any) -> Page:
    return _read(Page, content, total=_read(Total, content["total"]), rows=_all(Row, content["rows"]))


def read_hits(content: Any) -> DatasetHits:
    return _read(DatasetHits, content, total=_read(Total, content["total"]), rows=_all(Row, content["rows"]))


def _all(shape: type[T], contents: Any) -> tuple[T, ...]:
    return tuple(_read(shape, content) for content in contents or ())


def _read(shape: type[T], content: Mapping[str, Any], **replaced: Any) -> T:
    known = {field.name for field in fields(shape)}  # type: ignore[arg-type]
    return shape(**{name: value for name, value in {**content, **replaced}.items() if name in known})
