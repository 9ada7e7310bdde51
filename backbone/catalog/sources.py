"""Sources in the catalog: made, changed, read, removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, cast

from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.audit import Action, note
from backbone.catalog.seen import is_seen
from backbone.catalog.source_tables import source_marks, sources
from backbone.errors import Busy, Conflict, NotFound
from backbone.runtime.principal import asking

SOURCES_MAX: Final = 1_000  # enrichments among them
Noun = Literal["source", "enrichment"]
Done = Literal["created", "changed", "removed", "run"]
ENRICHING: Final = ("lookup", "list")


class SourceRecord(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    kind: Literal["url", "s3", "database", "api", "folder", "lookup", "list"]
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
    on_upload: bool
    created_at: datetime


def no_such_source(name: str, noun: Noun = "source") -> NotFound:
    return NotFound(f"no-such-{noun}", f"There is no {noun} {name[:60]!r}. GET /api/{noun}s lists all there are.")


def noun_of(kind: str) -> Noun:
    """An enrichment is kept as a source is: it has a secret, a schedule and runs."""
    return "enrichment" if kind in ENRICHING else "source"


def is_noun(noun: Noun) -> ColumnElement[bool]:
    return sources.c.kind.in_(ENRICHING) if noun == "enrichment" else sources.c.kind.not_in(ENRICHING)


def to_source(row: RowMapping) -> SourceRecord:
    return SourceRecord(**{name: row[name] for name in SourceRecord.__struct_fields__})


async def database_time(connection: AsyncConnection) -> datetime:
    """The one clock that all processes share."""
    return (await connection.execute(select(func.now()))).scalar_one()


async def keep_source(connection: AsyncConnection, values: Mapping[str, Any]) -> SourceRecord:
    """Raises `Conflict` for a name that is taken, `Busy`."""
    if int((await connection.execute(select(func.count()).select_from(sources))).scalar_one()) >= SOURCES_MAX:
        raise Busy("too-many-sources", f"There are {SOURCES_MAX} sources and enrichments already. Remove one first.")
    made = insert(sources).values(**values, owner=asking().id).on_conflict_do_nothing(index_elements=["name"]).returning(sources)
    row = (await connection.execute(made)).mappings().first()
    if row is None:
        noun = noun_of(values["kind"])
        raise Conflict(f"{noun}-exists", f"There is a source or enrichment {values['name']!r} already. PATCH changes it.")
    await note_change(connection, to_source(row), "created", kind=row["kind"])
    return to_source(row)


async def note_change(connection: AsyncConnection, source: SourceRecord, done: Done, **more: Any) -> None:
    """For the audit."""
    action = cast("Action", f"{noun_of(source.kind)}.{done}")
    await note(connection, action, dataset=source.dataset, object=source.name, **more)


async def read_source(connection: AsyncConnection, name: str, *, lock: bool = False, noun: Noun = "source") -> SourceRecord:
    """Raises `NotFound`, also where its dataset is not for whoever asks."""
    query = select(sources).where(sources.c.name == name, is_noun(noun))
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    if row is None or not asking().sees(row["dataset"]):
        raise no_such_source(name, noun)
    return to_source(row)


async def list_sources(connection: AsyncConnection, limit: int, after: str, noun: Noun = "source") -> Sequence[SourceRecord]:
    """By name; those whose datasets whoever asks may see."""
    query = (
        select(sources).where(sources.c.name > after, is_noun(noun), is_seen(sources.c.dataset, asking().datasets)).order_by(sources.c.name)
    )
    return [to_source(row) for row in (await connection.execute(query.limit(limit))).mappings()]


async def keep_changes(connection: AsyncConnection, source: SourceRecord, values: Mapping[str, Any], what: str) -> SourceRecord:
    """What was refused before may be welcome now, so it is tried again. `what`: names of what changes, for the audit."""
    changed = update(sources).where(sources.c.id == source.id).values(**values).returning(sources)
    row = (await connection.execute(changed)).mappings().one()
    await connection.execute(delete(source_marks).where(source_marks.c.source_id == source.id, source_marks.c.refused))
    await note_change(connection, to_source(row), "changed", what=what)
    return to_source(row)


async def follow_rename(connection: AsyncConnection, before: str, after: str) -> None:
    """An enrichment is of a dataset, whatever that is called; a source brings files to a name."""
    await connection.execute(update(sources).where(sources.c.dataset == before, is_noun("enrichment")).values(dataset=after))


async def forget_marks(connection: AsyncConnection, source_id: int) -> None:
    """Of another place, or for another dataset, nothing was delivered yet."""
    await connection.execute(delete(source_marks).where(source_marks.c.source_id == source_id))


async def remove_source(connection: AsyncConnection, source: SourceRecord) -> None:
    """With its history. Uploads that it brought stay."""
    await connection.execute(delete(sources).where(sources.c.id == source.id))
    await note_change(connection, source, "removed")
