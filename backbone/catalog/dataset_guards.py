"""Guards that somebody has set for a dataset: they hold for each of its files, whatever the upload says, so that no option lets pass what
whoever answers for the dataset wants to see first."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets, versions
from backbone.catalog.uploads import UploadRecord


class DatasetGuards(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`max_rejects`: a count or a share of the records, as of an upload; empty: none. `on_warning`: "hold" lets no file with a warning be
    published before somebody has looked."""

    max_rejects: Annotated[str, Meta(max_length=20, examples=["5%"])] = ""
    on_warning: Literal["publish", "hold"] = "publish"


NO_GUARDS = DatasetGuards()


def read_guards(stored: Any) -> DatasetGuards:
    return msgspec.convert(stored or {}, DatasetGuards)


_STANDING: Final = (
    select(datasets.c.guards, versions.c.rows)
    .join(versions, (versions.c.dataset_id == datasets.c.id) & (versions.c.number == datasets.c.version), isouter=True)
    .where(datasets.c.id == bindparam("dataset"))
)


async def standing_of(connection: AsyncConnection, upload: UploadRecord) -> tuple[DatasetGuards, int]:
    """The guards that hold for the upload, and how many rows the version has that readers see; 0 while there is none. Rows that are edited by
    hand or program are no file: no guard holds for them."""
    row = (await connection.execute(_STANDING, {"dataset": upload.dataset_id})).first()
    if row is None:
        return NO_GUARDS, 0
    return NO_GUARDS if upload.options.get("edit") else read_guards(row.guards), row.rows or 0


async def guards_of(connection: AsyncConnection, upload: UploadRecord) -> DatasetGuards:
    """Those that hold for the upload."""
    return (await standing_of(connection, upload))[0]
