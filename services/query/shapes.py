"""The shapes in which datasets and rows go out over HTTP (DESIGN §8)."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from backbone.model import ColumnType
from backbone.ports.search_index import Total


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
    name: str
    title: str
    type: ColumnType
    format: str | None


class VersionOut(Struct, frozen=True, kw_only=True):
    number: int
    upload: str
    rows: int | None
    published_at: datetime | None


class Dataset(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    version: int
    rows: int | None
    created_at: datetime
    columns: list[ColumnOut]
    versions: list[VersionOut]


class RowOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    row: str
    values: Any  # an object, column name to value; already JSON on its way from the engine
    score: float | None = None
    highlight: dict[str, list[str]] | None = None


class Rows(Struct, frozen=True, kw_only=True):
    dataset: str
    version: int
    total: Total
    next_cursor: str | None
    rows: list[RowOut]
