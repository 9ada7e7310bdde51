"""Where the rows of a dataset came from, by the catalog: upload, chunk, and the key by which upserts know a row again."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.chunks import to_chunk
from backbone.catalog.schema import chunks, uploads
from backbone.catalog.uploads import SELECT_RECORD, UploadRecord, to_record
from backbone.model import Chunk


async def upload_of_version(connection: AsyncConnection, dataset_id: int, version: int) -> UploadRecord | None:
    """The upload that brought the rows with this `_from`; None when its record is gone."""
    query = SELECT_RECORD.where(uploads.c.dataset_id == dataset_id, uploads.c.version == version)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else to_record(row)


async def upload_ids(connection: AsyncConnection, dataset_id: int, versions: Collection[int]) -> dict[int, str]:
    query = select(uploads.c.version, uploads.c.id).where(uploads.c.dataset_id == dataset_id, uploads.c.version.in_(versions))
    return {row.version: row.id for row in await connection.execute(query)}


async def chunk_at(connection: AsyncConnection, upload: UploadRecord, table_chunk: int) -> Chunk | None:
    """The upload's chunk of this number within its dataset."""
    if upload.first_chunk is None:
        return None
    query = select(chunks).where(chunks.c.upload_id == upload.id, chunks.c.number == table_chunk - upload.first_chunk)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else to_chunk(row)


async def newest_key(connection: AsyncConnection, dataset_id: int) -> tuple[str, ...]:
    """Of the newest upload that had one; empty for a dataset without."""
    keyed = select(uploads.c.key).where(uploads.c.dataset_id == dataset_id, uploads.c.key != [], uploads.c.state == "COMPLETE")
    return tuple((await connection.execute(keyed.order_by(uploads.c.version.desc()).limit(1))).scalar() or ())
