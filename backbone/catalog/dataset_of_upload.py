"""The name of an upload's dataset: of the dataset itself once the upload belongs to one, so that a rename writes no upload; until then the name that it
was sent to. One that is being removed has no name for its readers, but its uploads are told of by the one that it had."""

from typing import Final

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets, uploads

DATASET_NAME: Final = func.coalesce(
    select(func.coalesce(datasets.c.removed_name, case((datasets.c.removed_at.is_(None), datasets.c.name))))
    .where(datasets.c.id == uploads.c.dataset_id)
    .correlate(uploads)
    .scalar_subquery(),
    uploads.c.dataset,
).label("dataset")
NAME_BY_ID: Final = select(DATASET_NAME).where(uploads.c.id == bindparam("upload_id"))


async def dataset_of_upload(connection: AsyncConnection, upload_id: str) -> str | None:
    """None: there is no such upload."""
    name = (await connection.execute(NAME_BY_ID, {"upload_id": upload_id})).scalar()
    return None if name is None else str(name)
