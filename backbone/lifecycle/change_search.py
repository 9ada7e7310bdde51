"""How a dataset is searched: weights of its columns and its language, obeyed from the next search on, in every version."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.datasets import dataset_row, lock_dataset, no_such_dataset, read_view
from backbone.catalog.search_settings import change_settings, read_settings
from backbone.columns.titles import find_column
from backbone.errors import BadRequest
from backbone.model import Column, Table
from backbone.query.fields import OWN_FIELDS_MAX, weighs


async def change_weights(connection: AsyncConnection, dataset: str, weights: Mapping[str, int | None]) -> None:
    """By a column's name or title; None goes back to what is found. Raises `BadRequest`, `NotFound`."""
    row = await lock_dataset(connection, (await dataset_row(connection, dataset))["id"])
    if row is None:
        raise no_such_dataset(dataset)
    table = (await read_view(connection, dataset)).table
    by_name = {_weighing(table, text).name: weight for text, weight in weights.items()}
    await change_settings(connection, row["id"], read_settings(row["search"]), weights=by_name)
    await note(connection, "dataset.changed", dataset=dataset, weights=by_name)


async def change_language(connection: AsyncConnection, dataset: str, language: str) -> None:
    """One of `backbone.query.stems`, "none", or "found" to go back. Raises `NotFound`."""
    row = await lock_dataset(connection, (await dataset_row(connection, dataset))["id"])
    if row is None:
        raise no_such_dataset(dataset)
    await change_settings(connection, row["id"], read_settings(row["search"]), language=language)
    await note(connection, "dataset.changed", dataset=dataset, language=language)


def _weighing(table: Table, text: str) -> Column:
    column = find_column(text, table.columns)
    if weighs(table, column):
        return column
    what = (
        "has so many columns that all weigh the same" if table.is_wide else f"weighs columns of text among its first {OWN_FIELDS_MAX} only"
    )
    raise BadRequest("bad-weights", f"Column {column.name} ({column.type}) cannot have a weight: the dataset {what}. Leave it out.")
