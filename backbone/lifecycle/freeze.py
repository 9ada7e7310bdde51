"""Holds a dataset still for a moment, so that documents can be put anew from rows that nobody changes meanwhile."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import lock_dataset
from backbone.catalog.schema import datasets, uploads
from backbone.errors import Unavailable
from backbone.lifecycle.end_upload import is_unclean
from backbone.lifecycle.locks import lock_upload
from backbone.model import MERGING


async def freeze_dataset(connection: AsyncConnection, dataset_id: int) -> bool:
    """Until the transaction ends, no row of a settled upload is superseded, brought back or removed. False when that is under way:
    then end the transaction and come again.

    Locks in the order in which the cleaning takes them: first the uploads that could be undone or discarded, then the dataset's row,
    without which none can start.
    """
    held = select(uploads.c.id).where(_may_be_taken_back(dataset_id)).order_by(uploads.c.id)
    before = (await connection.execute(held)).scalars().all()
    try:
        for upload_id in before:
            await lock_upload(connection, upload_id, alone=False)
    except Unavailable:
        return False
    await lock_dataset(connection, dataset_id)
    upserting = (uploads.c.state == "PROCESSING") & uploads.c.mode.in_(sorted(MERGING))
    busy = select(uploads.c.id).where(uploads.c.dataset_id == dataset_id, or_(upserting, is_unclean())).limit(1)
    same = (await connection.execute(held)).scalars().all() == before
    return same and (await connection.execute(busy)).first() is None


def _may_be_taken_back(dataset_id: int) -> ColumnElement[bool]:
    current = select(datasets.c.version).where(datasets.c.id == dataset_id).scalar_subquery()
    return (uploads.c.dataset_id == dataset_id) & or_(uploads.c.state == "HELD", uploads.c.version == current)
