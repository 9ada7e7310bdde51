"""Reads a chunk of the stored file once more, the exact way, to prove that what was loaded of it is what it says."""

import asyncio

from backbone.catalog.uploads import UploadRecord
from backbone.csvread.segments import UnitsDiffer
from backbone.files.port import FileStore
from backbone.model import Chunk, Table
from services.parser.load_chunk import parse
from services.parser.parse_chunk import CountsDiffer


async def reread_chunk(files: FileStore, upload: UploadRecord, chunk: Chunk, table: Table) -> bytes | str:
    """The rows of a loaded chunk as `RowStore.copy_rows` takes them; or a sentence, when the file no longer gives what the scan found.

    Raises `NotFound` when the file is gone, `Unavailable`.
    """
    if chunk.oversized:
        return b""
    data = await files.read(upload.reading_key or upload.file_key, chunk.offset, chunk.length)
    try:
        return (await asyncio.to_thread(parse, data, chunk, upload, table, exactly=True)).payload
    except UnicodeDecodeError as error:
        return f"the file is damaged: byte {chunk.offset + error.start} is no UTF-8"
    except (CountsDiffer, UnitsDiffer) as error:
        return f"the file is damaged: {error}"
