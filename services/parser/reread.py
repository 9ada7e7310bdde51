"""Reads a chunk of the stored file once more, the exact way, to prove that what was loaded of it is what it says."""

import asyncio

from backbone.books.uploads import UploadRecord
from backbone.model import Chunk, Dialect, Table
from backbone.reading.segments import UnitsDiffer
from backbone.wiring import Backbone
from services.parser.parse_chunk import CountsDiffer, parse_chunk


async def reread_chunk(backbone: Backbone, upload: UploadRecord, chunk: Chunk, table: Table) -> bytes | str:
    """The rows of a loaded chunk as `RowStore.copy_rows` takes them; or a sentence, when the file no longer gives what the scan found.

    Raises `NotFound` when the file is gone, `Unavailable`.
    """
    if chunk.oversized:
        return b""
    data = await backbone.files.read(upload.reading_key or upload.file_key, chunk.offset, chunk.length)
    try:
        return await asyncio.to_thread(_parse, data, upload, chunk, table)
    except UnicodeDecodeError as error:
        return f"the file is damaged: byte {chunk.offset + error.start} is no UTF-8"
    except (CountsDiffer, UnitsDiffer) as error:
        return f"the file is damaged: {error}"


def _parse(data: bytes, upload: UploadRecord, chunk: Chunk, table: Table) -> bytes:
    assert upload.version is not None and upload.first_chunk is not None
    return parse_chunk(
        data,
        chunk=chunk,
        dialect=upload.dialect or Dialect(),
        columns=upload.columns,
        table=table,
        version=upload.version,
        table_chunk=upload.first_chunk + chunk.number,
        key=upload.key,
        exactly=True,
    ).payload
