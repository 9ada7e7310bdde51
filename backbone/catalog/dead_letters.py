"""Dead letters in the catalog: the same in both homes of the event log, to be listed, looked at and replayed by a person.

The newest of them are kept, up to a limit: a bug that kills every event must not fill the disk.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.outbox import emit, new_event
from backbone.catalog.schema import dead_letters, uploads
from backbone.catalog.webhook_news import tell_webhooks
from backbone.errors import Conflict, NotFound
from backbone.eventlog.events import Event


async def keep_letter(connection: AsyncConnection, letter: Event, kept_max: int) -> None:
    """The same letter twice is kept once."""
    values = {
        "id": letter.id,
        "subject": _storable(letter.subject),
        "data": {name: _storable(value) for name, value in letter.data.items()},
    }
    kept = await connection.execute(insert(dead_letters).values(**values).on_conflict_do_nothing())
    if kept.rowcount:
        await tell_webhooks(connection, "dead-letter", None, letter.id)
    oldest_kept = select(dead_letters.c.number).order_by(dead_letters.c.number.desc()).offset(kept_max - 1).limit(1)
    await connection.execute(delete(dead_letters).where(dead_letters.c.number < oldest_kept.scalar_subquery()))


def _storable(value: str | int) -> str | int:
    """PostgreSQL's text has no place for NUL."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _with_state() -> Select[*tuple[Any, ...]]:
    """A letter, and the state of the upload that it is about, where it is about one."""
    state = select(uploads.c.state).where(uploads.c.id == func.split_part(dead_letters.c.subject, "/", 1)).scalar_subquery()
    return select(dead_letters, state.label("upload_state"))


async def list_letters(
    connection: AsyncConnection, *, limit: int, before: int | None = None, waiting: bool = False
) -> Sequence[RowMapping]:
    """The newest first; `before` a number, and only those `waiting` to be replayed, if so wanted."""
    query = _with_state().order_by(dead_letters.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(dead_letters.c.number < before)
    if waiting:
        query = query.where(dead_letters.c.replayed_at.is_(None))
    return (await connection.execute(query)).mappings().all()


async def count_waiting(connection: AsyncConnection) -> int:
    """Those that were not replayed."""
    query = select(func.count()).select_from(dead_letters).where(dead_letters.c.replayed_at.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def read_letter(connection: AsyncConnection, letter_id: str) -> RowMapping:
    """Raises `NotFound`."""
    row = (await connection.execute(_with_state().where(dead_letters.c.id == letter_id))).mappings().first()
    if row is None:
        raise NotFound("no-such-dead-letter", f"There is no dead letter {letter_id}. `rowmill dead-letters list` shows all there are.")
    return row


async def replayable(connection: AsyncConnection) -> Sequence[str]:
    """Those that have not been replayed and hold a whole event, oldest first: the order in which they happened."""
    query = select(dead_letters.c.id).where(dead_letters.c.replayed_at.is_(None), dead_letters.c.data.has_key("event"))
    return (await connection.execute(query.order_by(dead_letters.c.number))).scalars().all()


async def replay_letter(connection: AsyncConnection, letter_id: str, by: str = "") -> Event:
    """Has the original event published again, under a new id, so that it may die again in its own name. `by`: who, for the audit; else whoever asks.
    Raises `Conflict`, `NotFound`."""
    letter = await read_letter(connection, letter_id)
    if "event" not in letter["data"]:
        raise Conflict("no-event", f"Dead letter {letter_id} holds bytes that were never an event. There is nothing to replay.")
    event = msgspec.json.decode(letter["data"]["event"], type=Event)
    again = msgspec.structs.replace(new_event(event.type, event.subject, **event.data), traceparent=event.traceparent)
    await emit(connection, again)
    await note(connection, "dead-letter.replayed", object=letter_id, by=by, type=event.type)
    await connection.execute(update(dead_letters).where(dead_letters.c.id == letter_id).values(replayed_at=func.now()))
    return again
