"""Other guards for a dataset: from the next file on that is loaded or published."""

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.dataset_guards import DatasetGuards
from backbone.catalog.datasets import dataset_row
from backbone.catalog.schema import datasets
from backbone.lifecycle.reject_limit import rejects_allowed


async def change_guards(connection: AsyncConnection, dataset: str, guards: DatasetGuards) -> None:
    """In the place of those before. Raises `BadRequest`, `NotFound`."""
    rejects_allowed(guards.max_rejects, records=0)
    row = await dataset_row(connection, dataset)
    said = msgspec.to_builtins(guards)
    await connection.execute(update(datasets).where(datasets.c.id == row["id"]).values(guards=said))
    await note(connection, "dataset.changed", dataset=dataset, guards=said)
