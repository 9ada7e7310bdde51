"""Which rows an upload means that names them by their numbers: for each of its own rows an older one of the dataset."""

from collections.abc import Iterable

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import row_targets
from backbone.catalog.uploads import UploadRecord
from backbone.catalog.versions import Origin
from backbone.model import Table, row_number
from backbone.rows.history_sql import Meant


async def keep_targets(connection: AsyncConnection, upload_id: str, targets: Iterable[tuple[tuple[int, int], int]]) -> None:
    """Each a place (chunk of the upload, position in it) and the row that is meant there."""
    values = [{"upload_id": upload_id, "chunk": chunk, "position": position, "row": row} for (chunk, position), row in targets]
    if values:
        await connection.execute(insert(row_targets), values)


async def meant_by_version(connection: AsyncConnection, origin: Origin, table: Table) -> Meant:
    """As `meant_by`, of the upload that made the version; by a removal it means nothing."""
    return await meant_by(connection, origin, table) if origin.id is not None else Meant()


async def meant_by(connection: AsyncConnection, upload: UploadRecord | Origin, table: Table) -> Meant:
    """By the columns of its key, or by numbers."""
    if upload.key:
        return Meant(key=tuple(column for column in table.columns if column.name in upload.key))
    if upload.mode not in ("update", "delete") or upload.first_chunk is None:
        return Meant()
    query = select(row_targets).where(row_targets.c.upload_id == upload.id).order_by(row_targets.c.chunk, row_targets.c.position)
    targets = (await connection.execute(query)).mappings()
    return Meant(targets=tuple((row_number(upload.first_chunk + one["chunk"], one["position"]), one["row"]) for one in targets))
