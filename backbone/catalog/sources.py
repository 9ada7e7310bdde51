"""Sources in the catalog: made, changed, read, removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import note
from backbone.catalog.seen import is_seen
from backbone.catalog.source_tables import source_marks, sources
from backbone.errors import Busy, Conflict, NotFound
from backbone.runtime.principal import asking

SOURCES_MAX: Final = 1_000


class SourceRecord(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    kind: Literal["url", "s3", "database", "api", "folder"]
    dataset: str
    settings: dict[str, Any]
    secret: str | None  # encrypted
    options: dict[str, str]
    schedule: str
    time_zone: str
    jitter_s: int
    paused: bool
    owner: str
    due_at: datetime | None
    starts_at: datetime | None
    created_at: datetime


def no_such_source(name: str) -> NotFound:
    return NotFound("no-such-source", f"There is no source {name[:60]!r}. GET /api/sources lists all there are.")


def to_source(row: RowMapping) -> SourceRecord:
    return SourceRecord(**{name: row[name] for name in SourceRecord.__struct_fields__})


async def database_time(connection: AsyncConnection) -> datetime:
    """The one clock that all processes share."""
    return (await connection.execute(select(func.now()))).scalar_one()


async def keep_source(connection: AsyncConnection, values: Mapping[str, Any]) -> SourceRecord:
    """Raises `Conflict` for a name that is taken, `Busy`."""
    if int((await connection.execute(select(func.count()).select_from(sources))).scalar_one()) >= SOURCES_MAX:
        raise Busy("too-many-sources", f"There are {SOURCES_MAX} sources already. Remove one first.")
    made = insert(sources).values(**values, owner=asking().id).on_conflict_do_nothing(index_elements=["name"]).returning(sources)
    row = (await connection.execute(made)).mappings().first()
    if row is None:
        raise Conflict("source-exists", f"There is a source {values['name']!r} already. PATCH changes it.")
    await note(connection, "source.created", dataset=row["dataset"], object=row["name"], kind=row["kind"])
    return to_source(row)


async def read_source(connection: AsyncConnection, name: str, *, lock: bool = False) -> SourceRecord:
    """Raises `NotFound`, also where its dataset is not for whoever asks."""
    query = select(sources).where(sources.c.name == name)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    if row is None or not asking().sees(row["dataset"]):
        raise no_such_source(name)
    return to_source(row)


async def list_sources(connection: AsyncConnection, limit: int, after: str) -> Sequence[SourceRecord]:
    """By name; those whose datasets whoever asks may see."""
    query = select(sources).where(sources.c.name > after, is_seen(sources.c.dataset, asking().datasets)).order_by(sources.c.name)
    return [to_source(row) for row in (await connection.execute(query.limit(limit))).mappings()]


async def keep_changes(connection: AsyncConnection, source: SourceRecord, values: Mapping[str, Any], what: str) -> SourceRecord:
    """What was refused before may be welcome now, so it is tried again. `what`: names of what changes, for the audit."""
    changed = update(sources).where(sources.c.id == source.id).values(**values).returning(sources)
    row = (await connection.execute(changed)).mappings().one()
    await connection.execute(delete(source_marks).where(source_marks.c.source_id == source.id, source_marks.c.refused))
    await note(connection, "source.changed", dataset=row["dataset"], object=row["name"], what=what)
    return to_source(row)


async def forget_marks(connection: AsyncConnection, source_id: int) -> None:
    """Of another place, or for another dataset, nothing was delivered yet."""
    await connection.execute(delete(source_marks).where(source_marks.c.source_id == source_id))


async def remove_source(connection: AsyncConnection, source: SourceRecord) -> None:
    """With its history. Uploads that it brought stay."""
    await connection.execute(delete(sources).where(sources.c.id == source.id))
    await note(connection, "source.removed", dataset=source.dataset, object=source.name)
