"""Which rows an upload means that names them by their numbers: for each of its own rows an older one of the dataset."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.uploads import UploadRecord
from backbone.catalog.versions import Origin
from backbone.model import ROWS_PER_CHUNK_BITS, Table
from backbone.rows.history_sql import Meant
from backbone.types.sql_text import literal

_KEEP = text(
    "INSERT INTO row_targets (upload_id, chunk, position, row) SELECT :upload_id, * "
    "FROM unnest(CAST(:chunks AS integer[]), CAST(:positions AS integer[]), CAST(:rows AS bigint[]))"
)


async def keep_targets(connection: AsyncConnection, upload_id: str, targets: Iterable[tuple[tuple[int, int], int]]) -> None:
    """Each a place (chunk of the upload, position in it) and the row that is meant there."""
    kept = list(targets)
    if kept:
        chunks, positions = ([where[index] for where, _ in kept] for index in (0, 1))
        values = {"upload_id": upload_id, "chunks": chunks, "positions": positions, "rows": [row for _, row in kept]}
        await connection.execute(_KEEP, values)


def meant_by(upload: UploadRecord | Origin, table: Table) -> Meant:
    """By the columns of its key, or by numbers; a version that came by a removal means nothing."""
    if upload.id is None:
        return Meant()
    if upload.key:
        return Meant(key=tuple(column for column in table.columns if column.name in upload.key))
    if upload.mode not in ("update", "delete") or upload.first_chunk is None:
        return Meant()
    # The number of a row is made of its chunk's in the dataset and its place there (`model.row_number`).
    row = f"((g.chunk + {upload.first_chunk})::bigint << {ROWS_PER_CHUNK_BITS}) + g.position"
    return Meant(targets=f"SELECT {row}, g.row FROM row_targets AS g WHERE g.upload_id = {literal(upload.id)}")
