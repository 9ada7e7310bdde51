"""Versions in the catalog: the current one, which stands before which, and by which columns one was merged."""

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import read_table
from backbone.catalog.schema import datasets, uploads, versions
from backbone.model import Table


async def key_of_version(connection: AsyncConnection, dataset: str, version: int) -> list[str]:
    """Column names; empty when the version was not made by an upsert."""
    query = (
        select(uploads.c.key)
        .join(versions, versions.c.upload_id == uploads.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .where(datasets.c.name == dataset, versions.c.number == version, uploads.c.mode == "upsert")
    )
    return list((await connection.execute(query)).scalar() or [])


async def current_table(connection: AsyncConnection, dataset_id: int) -> Table | None:
    """The table that readers see now; None while there is no version."""
    query = select(versions.c.table_id).join(datasets, _is_current()).where(datasets.c.id == dataset_id)
    table_id = (await connection.execute(query)).scalar()
    return None if table_id is None else await read_table(connection, table_id)


async def keep_rows_of(connection: AsyncConnection, dataset_id: int, version: int, rows: int) -> None:
    """How many rows the version shows, for the record."""
    is_it = (versions.c.dataset_id == dataset_id, versions.c.number == version)
    await connection.execute(update(versions).where(*is_it).values(rows=rows))


def _is_current() -> ColumnElement[bool]:
    return (datasets.c.id == versions.c.dataset_id) & (datasets.c.version == versions.c.number)


async def version_before(connection: AsyncConnection, dataset_id: int, version: int) -> RowMapping | None:
    """The published version that `version` was built upon, if there was one. It may be let go by then (`removed_why` "retention").

    A removal behind a `replace` makes a version anew: its number is new too, though it stands in front of that replace.
    """
    published = (versions.c.dataset_id == dataset_id, versions.c.published_at.is_not(None))
    still_true = versions.c.removed_why.is_(None) | (versions.c.removed_why == "retention")
    anew = select(versions).where(*published, versions.c.stands_before == version, still_true)
    by_number = select(versions).where(*published, versions.c.stands_before.is_(None), versions.c.number < version, still_true)
    for query in (anew, by_number):
        version_row = (await connection.execute(query.order_by(versions.c.number.desc()).limit(1))).mappings().first()
        if version_row is not None:
            return version_row
    return None


async def current_rows(connection: AsyncConnection, dataset_id: int) -> int:
    """How many the version has that readers see; 0 while there is none."""
    query = select(versions.c.rows).join(datasets, _is_current()).where(versions.c.dataset_id == dataset_id)
    return int((await connection.execute(query)).scalar() or 0)
