"""The shapes in which datasets and rows go out over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from backbone.catalog.dataset_guards import DatasetGuards
from backbone.catalog.pins import Pin
from backbone.model import ColumnType
from backbone.search.port import FacetCount, Total


class Answer(Struct, frozen=True):
    """A page of one version as JSON: values must go out with every digit they came with. The cursors are those that stand in it."""

    content: bytes
    next_cursor: str | None
    previous_cursor: str | None = None


class DatasetSummary(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    version: int
    rows: int | None
    created_at: datetime


class Datasets(Struct, frozen=True):
    datasets: list[DatasetSummary]
    next_cursor: str | None


class ColumnOut(Struct, frozen=True, kw_only=True):
    """`weight`, 1 to 10, is how much a word found in it says of its row: as it was given, or else found by the column's name and values."""

    name: str
    title: str
    type: ColumnType
    format: str | None
    weight: Annotated[int, Meta(ge=1, le=10)]


class ColumnProfileOut(Struct, frozen=True, kw_only=True):
    """What the scan of a whole file found in one of its columns. `distinct` and `top` are estimates for columns of many different
    values, and null in files of more than 200 columns; `mean` is for numbers only; values are texts as they stand in the file, long ones cut."""

    name: str
    type: ColumnType
    nulls: int
    distinct: int | None = None
    min: str | None = None
    max: str | None = None
    mean: float | None = None
    longest: int = 0
    top: list[tuple[str, int]] | None = None


class VersionOut(Struct, frozen=True, kw_only=True):
    number: int
    upload: str | None  # None: made by the removal of an upload
    rows: int | None
    published_at: datetime | None


class Dataset(Struct, frozen=True, kw_only=True):
    """`versions_kept`: its own number, or that of ROWMILL_VERSIONS_KEPT. `language_given`: null where `language` was found."""

    name: str
    title: str
    version: int
    rows: int | None
    created_at: datetime
    language: str  # in which words are found in their other forms too, or `none`
    language_given: str | None
    versions_kept: int
    guards: DatasetGuards
    pins: list[Pin]
    columns: list[ColumnOut]
    profile: list[ColumnProfileOut]
    profile_version: int | None  # which the file made that the profile is of
    versions: list[VersionOut]


class RowOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    row: str
    values: Any  # an object, column name to value; already JSON on its way from the engine
    score: float | None = None
    highlight: dict[str, list[str]] | None = None


class ChunkPlace(Struct, frozen=True, kw_only=True):
    """A byte range of the stored file: number within the upload, bytes from its start, bytes."""

    number: int
    offset: int
    length: int


class RowOrigin(Struct, frozen=True, kw_only=True):
    """The record that became the row: number and line are 1-based, `offset` and `length` are its bytes in the stored file, or with
    `converted` in its UTF-8 copy. Line and bytes are null once the file is gone."""

    upload: str
    file_name: str
    version: int
    record: int
    line: int | None
    offset: int | None
    length: int | None
    converted: bool
    chunk: ChunkPlace


class FormerRow(Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """A row of the same key, seen from version `from` to before version `until`."""

    row: str
    since: int
    until: int | None
    upload: str | None
    values: Any


class OneRow(Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """`visible` in `version`, the asked or the current one. `history` is null for a dataset that never had a key."""

    dataset: str
    version: int
    row: str
    visible: bool
    since: int
    until: int | None
    values: Any
    origin: RowOrigin | None
    history: list[FormerRow] | None


class Note(Struct, frozen=True, kw_only=True):
    """Something to know of an answer that is right, and yet may not be what was meant. `code` is stable. `column` is empty where it is about none."""

    code: Literal["compared-as-text", "typos-of-first-rows"]
    column: str
    message: str


class Rows(Struct, frozen=True, kw_only=True):
    """`suggestions`, where nothing was found: queries with words that the dataset has, which do find something."""

    dataset: str
    version: int
    total: Total
    next_cursor: str | None
    previous_cursor: str | None
    rows: list[RowOut]
    facets: dict[str, list[FacetCount]] | None = None
    notes: list[Note] = []
    suggestions: list[str] = []


class Groups(Struct, frozen=True, kw_only=True):
    dataset: str
    version: int
    next_cursor: str | None
    groups: list[Any]  # objects: the columns grouped by, then the aggregates
    notes: list[Note] = []


class DatasetHits(Struct, frozen=True, kw_only=True):
    """The first hits in one dataset; `link` is the whole search there."""

    dataset: str
    title: str
    version: int
    total: Total
    link: str
    rows: list[RowOut]


class SearchedDatasets(Struct, frozen=True, kw_only=True):
    """`datasets` are those with the best rows, best first, 100 at most; `counts` tells of all in which something was found. `searched` counts the
    datasets of which this is the whole answer, those without a hit too; `not_searched` says of others why not; `next_cursor` goes on with further
    ones, which 100 that may have rows leave over."""

    q: str
    searched: int
    counts: dict[str, Total]
    datasets: list[DatasetHits]
    not_searched: dict[str, str]
    next_cursor: str | None
