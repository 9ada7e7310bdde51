"""Reads a chunk of the stored file once more, the exact way, to prove that what was loaded of it is what it says."""

import asyncio

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.chunks import list_chunks
from backbone.catalog.uploads import UploadRecord
from backbone.csvread.segments import UnitsDiffer
from backbone.files.port import FileStore
from backbone.model import Chunk, Column, Table
from backbone.postgres.engine import transaction
from services.parser.load_chunk import parse
from services.parser.parse_chunk import CountsDiffer
from services.parser.titles import remapped


async def reread_chunk(files: FileStore, engine: AsyncEngine, upload: UploadRecord, chunk: Chunk, table: Table) -> bytes | str:
    """The rows of a loaded chunk as `RowStore.copy_rows` takes them; or a sentence, when the file no longer gives what the scan found.

    Raises `NotFound` when the file is gone, `Unavailable`.
    """
    if chunk.oversized:
        return b""
    data = await files.read(upload.reading_key or upload.file_key, chunk.offset, chunk.length)
    columns = await _columns(files, engine, upload, table)
    if isinstance(columns, str):
        return columns
    try:
        return (await asyncio.to_thread(parse, data, chunk, structs.replace(upload, columns=columns), table, exactly=True)).payload
    except UnicodeDecodeError as error:
        return f"the file is damaged: byte {chunk.offset + error.start} is no UTF-8"
    except (CountsDiffer, UnitsDiffer) as error:
        return f"the file is damaged: {error}"


async def _columns(files: FileStore, engine: AsyncEngine, upload: UploadRecord, table: Table) -> tuple[Column, ...] | str:
    """By the titles of the file itself, not by the mapping that was stored when it was loaded."""
    async with transaction(engine) as connection:
        begin = min((int(row["offset"]) for row in await list_chunks(connection, upload.id)), default=0)
    head = await files.read(upload.reading_key or upload.file_key, 0, begin) if begin else b""
    columns = await asyncio.to_thread(remapped, head, upload, table)
    if isinstance(columns, str) or len({column.name for column in columns}) == len(columns):
        return columns
    return "two columns of the file are mapped to one of the dataset"
