"""A dataset's name, title and how many of its versions are kept."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone import events
from backbone.books.datasets import dataset_row
from backbone.books.outbox import emit, new_event
from backbone.books.tables import datasets, uploads
from backbone.errors import Conflict


async def change_dataset(
    connection: AsyncConnection, dataset: str, *, name: str | None, title: str | None, versions_kept: int | None
) -> None:
    """What is None stays. Raises `NotFound`, `Conflict` for a name that is taken."""
    row = await dataset_row(connection, dataset)
    values = {"name": name, "title": title, "versions_kept": versions_kept}
    given = {field: value for field, value in values.items() if value is not None}
    if not given:
        return
    if name is not None and name != dataset:
        await _take_name(connection, row["id"], name)
    await connection.execute(update(datasets).where(datasets.c.id == row["id"]).values(**given))
    if versions_kept is not None:
        await emit(connection, new_event(events.VERSIONS_CHANGED, str(row["id"]), dataset_id=row["id"]))


async def _take_name(connection: AsyncConnection, dataset_id: int, name: str) -> None:
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 1))))  # two could take it at once
    if (await connection.execute(select(datasets.c.id).where(datasets.c.name == name))).first() is not None:
        raise Conflict("name-taken", f"There is a dataset {name!r} already. Choose another name, or rename that one first.")
    await connection.execute(update(uploads).where(uploads.c.dataset_id == dataset_id).values(dataset=name))
