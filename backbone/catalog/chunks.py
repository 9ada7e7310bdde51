"""Chunks and rejects in the catalog."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import RowMapping, bindparam, false, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import chunks, rejects
from backbone.catalog.states import ChunkState, chunk_may_become
from backbone.model import Chunk, Reject
from backbone.postgres.named_update import NamedUpdate

REJECTS_BYTES_MAX: Final = 4 * 1024 * 1024  # of raw text, read at once


_INSERT: Final = insert(chunks)
_IS_IT: Final = (chunks.c.upload_id == bindparam("of_upload"), chunks.c.number == bindparam("chunk"))
_LOCKED: Final = select(chunks).where(*_IS_IT).with_for_update()
_LOCKED_IF_FREE: Final = select(chunks).where(*_IS_IT).with_for_update(skip_locked=True)


async def plan_chunks(connection: AsyncConnection, upload_id: str, planned: Iterable[Chunk]) -> None:
    rows = [
        {"upload_id": upload_id, "state": "PLANNED", **{name: getattr(chunk, name) for name in Chunk.__struct_fields__}}
        for chunk in planned
    ]
    if rows:
        await connection.execute(_INSERT, rows)


async def claim_chunk(connection: AsyncConnection, upload_id: str, number: int, state: ChunkState, *, waits: bool = True) -> Chunk | None:
    """Locks the chunk while it is in `state`; None when it is not, or is gone: somebody else did the work.

    Another pod at the same chunk waits here until we commit, then finds it done. That way two pods may fight for a chunk, and a pod
    that dies lets go of it at once. Who does not wait (`waits`) leaves one to the other that has it.
    """
    row = (await connection.execute(_LOCKED if waits else _LOCKED_IF_FREE, {"of_upload": upload_id, "chunk": number})).mappings().first()
    if row is None or row["state"] != state:
        return None
    return to_chunk(row)


async def step_chunk(connection: AsyncConnection, upload_id: str, number: int, state: ChunkState, **values: Any) -> bool:
    """Moves the chunk on where the lifecycle allows it; False where it does not."""
    which = {"of_upload": upload_id, "chunk": number}
    moved = await _update_from(chunk_may_become(state)).execute(connection, which, {"state": state, **values})
    return bool(moved.rowcount)


@cache  # one for each set of states that a state comes from
def _update_from(origins: tuple[ChunkState, ...]) -> NamedUpdate:
    return NamedUpdate(chunks, *_IS_IT, or_(false(), *(chunks.c.state == origin for origin in origins)))


async def list_chunks(connection: AsyncConnection, upload_id: str) -> Sequence[RowMapping]:
    query = select(chunks).where(chunks.c.upload_id == upload_id).order_by(chunks.c.number)
    return (await connection.execute(query)).mappings().all()


async def planned_bytes(connection: AsyncConnection, upload_id: str) -> int:
    """Of the records that are to be loaded, as they stand in the file once it is unpacked."""
    query = select(func.coalesce(func.sum(chunks.c.length), 0)).where(chunks.c.upload_id == upload_id)
    return int((await connection.execute(query)).scalar_one())


async def keep_rejects(connection: AsyncConnection, upload_id: str, chunk: int, misfits: Sequence[Reject]) -> None:
    if misfits:
        rows = [
            {"upload_id": upload_id, "chunk": chunk, **{name: getattr(reject, name) for name in Reject.__struct_fields__}}
            for reject in misfits
        ]
        await connection.execute(insert(rejects), rows)


async def list_rejects(connection: AsyncConnection, upload_id: str, *, limit: int, after_record: int) -> Sequence[RowMapping]:
    """The first behind `after_record`: fewer than `limit` where they are long."""
    behind = select(rejects).where(rejects.c.upload_id == upload_id, rejects.c.record > after_record)
    first = behind.order_by(rejects.c.record).limit(limit).subquery()
    bytes_so_far = func.sum(func.coalesce(func.octet_length(first.c.raw), 0)).over(order_by=first.c.record).label("bytes_so_far")
    sized = select(first, bytes_so_far).subquery()
    query = select(sized).where(sized.c.bytes_so_far <= REJECTS_BYTES_MAX).order_by(sized.c.record)
    return (await connection.execute(query)).mappings().all()


async def has_rejects(connection: AsyncConnection, upload_id: str, *, after_record: int) -> bool:
    query = select(rejects.c.record).where(rejects.c.upload_id == upload_id, rejects.c.record > after_record).limit(1)
    return (await connection.execute(query)).first() is not None


async def rejected_records(connection: AsyncConnection, upload_id: str, chunk: int) -> Sequence[int]:
    """Numbers of the records of a chunk whose rejects are kept."""
    query = select(rejects.c.record).where(rejects.c.upload_id == upload_id, rejects.c.chunk == chunk)
    return (await connection.execute(query)).scalars().all()


def to_chunk(row: RowMapping) -> Chunk:
    return Chunk(**{name: row[name] for name in Chunk.__struct_fields__})
