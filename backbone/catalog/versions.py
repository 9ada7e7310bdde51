"""Versions in the books: which stands before which, and by which columns one was merged."""

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets, uploads, versions


async def key_of_version(connection: AsyncConnection, dataset: str, version: int) -> list[str]:
    """Column names; empty when the version was not made by an upsert."""
    query = (
        select(uploads.c.key)
        .join(versions, versions.c.upload_id == uploads.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .where(datasets.c.name == dataset, versions.c.number == version, uploads.c.mode == "upsert")
    )
    return list((await connection.execute(query)).scalar() or [])


async def version_before(connection: AsyncConnection, dataset_id: int, version: int) -> RowMapping | None:
    """The published version that `version` was built upon, if there was one. It may be let go by then (`removed_why` "retention").

    A removal behind a `replace` makes a version anew: its number is new too, though it stands in front of that replace.
    """
    published = (versions.c.dataset_id == dataset_id, versions.c.published_at.is_not(None))
    still_true = versions.c.removed_why.is_(None) | (versions.c.removed_why == "retention")
    anew = select(versions).where(*published, versions.c.stands_before == version, still_true)
    by_number = select(versions).where(*published, versions.c.stands_before.is_(None), versions.c.number < version, still_true)
    for query in (anew, by_number):
        found = (await connection.execute(query.order_by(versions.c.number.desc()).limit(1))).mappings().first()
        if found is not None:
            return found
    return None


async def current_rows(connection: AsyncConnection, dataset_id: int) -> int:
    """How many the version has that readers see; 0 while there is none."""
    query = (
        select(versions.c.rows)
        .join(datasets, (datasets.c.id == versions.c.dataset_id) & (datasets.c.version == versions.c.number))
        .where(versions.c.dataset_id == dataset_id)
    )
    return int((await connection.execute(query)).scalar() or 0)
