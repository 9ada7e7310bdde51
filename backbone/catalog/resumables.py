"""Files that are sent in pieces: how much of each has come, and which stored pieces it is made of. Any pod takes any piece: what must not be
done twice is a guarded UPDATE."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import pieces, resumables, uploads
from backbone.errors import Busy, Conflict, NotFound
from backbone.runtime.principal import asking

RESUMABLES_FOLDER: Final = "resumable/"
# An upload that ended so was not refused for what is in the file: it can be made of the same pieces once more.
USED_UP: Final = ("too-many-bytes", "too-many-held", "too-many-datasets")
PASSING: Final = ("receiver-lost", "shutting-down", "body-cut-off", "server-away", "disk-full", "read-only", *USED_UP)
BEGUN_MAX: Final = 1_000  # files of one principal that wait for their next piece
UNCLAIMED_S: Final = 30.0  # between the claim and the upload's first line in the catalog


class Piece(Struct, frozen=True):
    """`length` bytes from `offset`, stored under `key`."""

    offset: int
    length: int
    key: str


class Resumable(Struct, frozen=True, kw_only=True):
    id: str
    size_bytes: int
    received_bytes: int
    metadata: str  # as it was sent
    options: dict[str, str]
    owner: str  # the id of whoever began it
    upload_id: str | None  # what became of it, once all of it had come
    finished_at: datetime | None
    touched_at: datetime
    is_expired: bool

    @property
    def is_whole(self) -> bool:
        return self.received_bytes == self.size_bytes


def pieces_folder(resumable_id: str) -> str:
    return f"{RESUMABLES_FOLDER}{resumable_id}/"


async def create_resumable(
    connection: AsyncConnection, resumable_id: str, size_bytes: int, metadata: str, options: Mapping[str, str]
) -> None:
    """Raises `Busy`."""
    begun = select(func.count()).where(resumables.c.owner == asking().id, resumables.c.finished_at.is_(None))
    if int((await connection.execute(begun)).scalar_one()) >= BEGUN_MAX:
        raise Busy("too-many-begun", f"{BEGUN_MAX} files were begun and not sent to their end. Send or stop (DELETE) some first.")
    values = {"id": resumable_id, "size_bytes": size_bytes, "metadata": metadata, "options": dict(options), "owner": asking().id}
    await connection.execute(insert(resumables).values(**values))


async def read_resumable(connection: AsyncConnection, resumable_id: str, kept_s: float) -> Resumable:
    """Raises `NotFound`, also where it is another principal's."""
    query = select(resumables, _is_old(kept_s).label("is_expired")).where(resumables.c.id == resumable_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None or not asking().owns(row["owner"]):
        raise NotFound("no-such-resumable", f"There is no file {resumable_id[:60]} to go on with. POST /api/resumable begins a new one.")
    return Resumable(**{name: row[name] for name in Resumable.__struct_fields__})


async def add_piece(connection: AsyncConnection, resumable_id: str, piece: Piece) -> None:
    """Raises `Conflict` when the file does not end where the piece begins: somebody else was faster, or it is gone."""
    ends_here = (resumables.c.id == resumable_id, resumables.c.received_bytes == piece.offset)
    values = {"received_bytes": piece.offset + piece.length, "touched_at": func.now()}
    if (await connection.execute(update(resumables).where(*ends_here).values(**values))).rowcount == 0:
        raise Conflict("wrong-offset", f"File {resumable_id} no longer ends at byte {piece.offset}. HEAD tells where to go on.")
    await connection.execute(insert(pieces).values(resumable_id=resumable_id, offset=piece.offset, length=piece.length, key=piece.key))


async def list_pieces(connection: AsyncConnection, resumable_id: str) -> Sequence[Piece]:
    """In the order of the file."""
    query = select(pieces.c.offset, pieces.c.length, pieces.c.key).where(pieces.c.resumable_id == resumable_id).order_by(pieces.c.offset)
    return [Piece(*row) for row in (await connection.execute(query)).all()]


async def claim_whole(connection: AsyncConnection, resumable_id: str, upload_id: str) -> bool:
    """True for one caller: it makes an upload of the pieces, under this id."""
    is_it = (resumables.c.id == resumable_id, _is_unclaimed())
    claimed = await connection.execute(update(resumables).where(*is_it).values(upload_id=upload_id, touched_at=func.now()))
    return bool(claimed.rowcount)


async def unclaimed(connection: AsyncConnection, limit: int) -> Sequence[str]:
    """Whole files of which nobody makes an upload: whoever took the last piece has died, or a server was away."""
    is_left = resumables.c.touched_at < func.now() - timedelta(seconds=UNCLAIMED_S)
    query = select(resumables.c.id).where(_is_unclaimed(), is_left).order_by(resumables.c.touched_at).limit(limit)
    return (await connection.execute(query)).scalars().all()


def _is_unclaimed() -> ColumnElement[bool]:
    its_upload = select(uploads.c.id).where(uploads.c.id == resumables.c.upload_id)
    came_to_nothing = its_upload.where(uploads.c.state == "FAILED", uploads.c.error["type"].astext.in_(PASSING))
    was_never_begun = and_(~its_upload.exists(), resumables.c.touched_at < func.now() - timedelta(seconds=UNCLAIMED_S))
    is_whole = and_(resumables.c.received_bytes == resumables.c.size_bytes, resumables.c.finished_at.is_(None))
    return and_(is_whole, or_(resumables.c.upload_id.is_(None), came_to_nothing.exists(), was_never_begun))


async def mark_finished(connection: AsyncConnection, resumable_id: str) -> None:
    """Its pieces are needed no more."""
    await connection.execute(update(resumables).where(resumables.c.id == resumable_id).values(finished_at=func.now()))
    await connection.execute(delete(pieces).where(pieces.c.resumable_id == resumable_id))


async def expire_resumable(connection: AsyncConnection, resumable_id: str) -> None:
    """Nobody goes on with it from now on, and whoever clears up finds it until it is forgotten."""
    values = {"received_bytes": -1, "touched_at": text("'epoch'::timestamptz")}
    await connection.execute(update(resumables).where(resumables.c.id == resumable_id).values(**values))


async def forget_resumable(connection: AsyncConnection, resumable_id: str) -> None:
    await connection.execute(delete(resumables).where(resumables.c.id == resumable_id))


async def expired_resumables(connection: AsyncConnection, kept_s: float, limit: int) -> Sequence[str]:
    query: Any = select(resumables.c.id).where(_is_old(kept_s)).order_by(resumables.c.touched_at).limit(limit)
    return (await connection.execute(query)).scalars().all()


def _is_old(kept_s: float) -> ColumnElement[bool]:
    return resumables.c.touched_at < func.now() - timedelta(seconds=kept_s)
