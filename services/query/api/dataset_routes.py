"""Datasets over HTTP: which there are, and what is in each."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.dataset_guards import read_guards
from backbone.catalog.datasets import dataset_row, list_datasets, list_versions, read_table, read_view, version_row
from backbone.catalog.pins import read_pins
from backbone.catalog.search_settings import read_settings, with_settings
from backbone.catalog.versions import profile_of_version
from backbone.model import Column
from backbone.postgres.engine import transaction
from backbone.query.fields import weight_of
from backbone.runtime.principal import asking
from backbone.runtime.signed_tokens import seal, unseal
from services.query.api.conditional_response import Asked, answer_or_unchanged
from services.query.api.describe import Read
from services.query.responses import ColumnOut, ColumnProfileOut, Dataset, Datasets, DatasetSummary, VersionOut

DATASETS = "/api/datasets"
BOUND = ("datasets",)
FILTER = (
    "`column:op:value`; eq, ne, lt, lte, gt, gte, in, prefix, exists, and without regard to case and accents contains, ilike (`%tea%`), regex. "
    "Repeatable: all must be met. Joined in one: `(price:lt:10)or(stock:eq:0)`, `(…)and(…)`, `not(…)`."
)
SORT = (
    "Columns, comma between; `-price,name`. Nulls come last. Texts without regard to case and accents; `name:binary` by their code points."
)
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most on one page.")]
Version = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="The dataset as of this version.")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")]


def dataset_routes(engine: AsyncEngine, cursor_key: bytes, versions_kept: int) -> list[ControllerRouterHandler]:
    @get(DATASETS, operation_class=Read, tags=["datasets"])
    async def get_datasets(request: Asked, limit: Limit = 50, cursor: Cursor = None) -> Response[Datasets]:
        """All datasets, by name."""
        after = "" if cursor is None else unseal(cursor_key, BOUND, cursor)
        async with transaction(engine) as connection:
            rows = await list_datasets(connection, limit=limit + 1, after=after, seen=asking().datasets)
        page = [_summary(row) for row in rows[:limit]]
        token = seal(cursor_key, BOUND, page[-1].name) if len(rows) > limit else None
        return answer_or_unchanged(request, Datasets(page, token), next_cursor=token)

    @get(DATASETS + "/{name:str}", operation_class=Read, tags=["datasets"])
    async def get_dataset(
        request: Asked,
        name: FromPath[str],
        version: Version = None,
    ) -> Response[Dataset]:
        """One dataset: its columns, the profile of the newest file in it, and its versions, newest first."""
        async with transaction(engine) as connection:
            dataset = await dataset_row(connection, name)
            versions = await list_versions(connection, dataset["id"])
            shown = next((row for row in versions if row["number"] == dataset["version"]), None)
            if version is not None:
                view = await read_view(connection, name, version)  # raises for a version that nobody can see
                shown = await version_row(connection, dataset["id"], view.version)
            columns: tuple[Column, ...] = ()
            given = read_settings(dataset["search"]).language
            language = given or "none"
            profile_version: int | None = None
            profile: list[Any] = []
            if shown is not None:
                table = with_settings(await read_table(connection, shown["table_id"]), dataset["search"])
                columns, language = table.columns, table.language
                profile_version, profile = await profile_of_version(connection, dataset["id"], shown["number"])
        dataset_out = Dataset(
            name=name,
            title=dataset["title"],
            version=shown["number"] if shown is not None else dataset["version"],
            rows=shown["rows"] if shown is not None else None,
            created_at=dataset["created_at"],
            language=language,
            language_given=given,
            versions_kept=dataset["versions_kept"] or versions_kept,
            guards=read_guards(dataset["guards"]),
            pins=read_pins(dataset["pins"]),
            columns=[_column(column) for column in columns],
            profile_version=profile_version,
            profile=msgspec.convert(profile, list[ColumnProfileOut]),
            versions=[_version(row) for row in versions],
        )
        return answer_or_unchanged(request, dataset_out)

    return [get_datasets, get_dataset]


def _summary(row: RowMapping) -> DatasetSummary:
    return DatasetSummary(name=row["name"], title=row["title"], version=row["version"], rows=row["rows"], created_at=row["created_at"])


def _column(column: Column) -> ColumnOut:
    return ColumnOut(name=column.name, title=column.title, type=column.type, format=column.format, weight=weight_of(column))


def _version(row: RowMapping) -> VersionOut:
    return VersionOut(number=row["number"], upload=row["upload_id"], rows=row["rows"], published_at=row["published_at"])
