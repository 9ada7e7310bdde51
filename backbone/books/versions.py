"""Versions in the books: by which columns one was merged."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.books.tables import datasets, uploads, versions


async def key_of_version(connection: AsyncConnection, dataset: str, version: int) -> list[str]:
    """Column names; empty when the version was not made by an upsert."""
    query = (
        select(uploads.c.key)
        .join(versions, versions.c.upload_id == uploads.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .where(datasets.c.name == dataset, versions.c.number == version, uploads.c.mode == "upsert")
    )
    return list((await connection.execute(query)).scalar() or [])
