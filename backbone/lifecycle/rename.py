"""A dataset's name, title and how many of its versions are kept."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.datasets import dataset_row, no_such_dataset
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import datasets
from backbone.catalog.sources import follow_rename
from backbone.errors import Conflict
from backbone.eventlog import events
from backbone.postgres.upload_news import CHANNEL, OF_MANY


async def change_dataset(
    connection: AsyncConnection, dataset: str, *, name: str | None, title: str | None, versions_kept: int | None
) -> None:
    """What is None stays. Raises `NotFound`, `Conflict` for a name that is taken."""
    row = await dataset_row(connection, dataset)
    values: dict[str, Any] = {"name": name, "title": title, "versions_kept": versions_kept}
    changes = {field: value for field, value in values.items() if value is not None}
    if not changes:
        return
    try:
        async with connection.begin_nested():
            is_it = (datasets.c.id == row["id"], datasets.c.removed_at.is_(None))
            changed = await connection.execute(update(datasets).where(*is_it).values(**changes))
    except IntegrityError:
        raise Conflict("name-taken", f"There is a dataset {name!r} already. Choose another name, or rename that one first.") from None
    if not changed.rowcount:  # removed a moment ago
        raise no_such_dataset(dataset)
    await note(connection, "dataset.changed", dataset=dataset, **changes)
    if name is not None:
        await follow_rename(connection, dataset, name)
        await connection.execute(select(func.pg_notify(CHANNEL, OF_MANY)))  # all of its uploads have another name
    if versions_kept is not None:
        await emit(connection, new_event(events.VERSIONS_CHANGED, str(row["id"]), dataset_id=row["id"]))
