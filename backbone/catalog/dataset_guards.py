"""Guards that somebody has set for a dataset: they hold for each of its files, whatever the upload says, so that no option lets pass what
whoever answers for the dataset wants to see first."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets
from backbone.catalog.uploads import UploadRecord


class DatasetGuards(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`max_rejects`: a count or a share of the records, as of an upload; empty: none. `on_warning`: "hold" lets no file with a warning be
    published before somebody has looked."""

    max_rejects: Annotated[str, Meta(max_length=20, examples=["5%"])] = ""
    on_warning: Literal["publish", "hold"] = "publish"


NO_GUARDS = DatasetGuards()


def read_guards(stored: Any) -> DatasetGuards:
    return msgspec.convert(stored or {}, DatasetGuards)


async def guards_of(connection: AsyncConnection, upload: UploadRecord) -> DatasetGuards:
    """Those that hold for the upload; rows that are edited by hand or program are no file."""
    if upload.options.get("edit") or upload.dataset_id is None:
        return NO_GUARDS
    stored = await connection.execute(select(datasets.c.guards).where(datasets.c.id == upload.dataset_id))
    return read_guards(stored.scalar())
