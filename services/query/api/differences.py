"""What differs between two versions of a dataset, neither of which need be the neighbour of the other."""

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.catalog.versions import last_key
from backbone.columns.titles import find_column
from backbone.errors import BadRequest, Busy
from backbone.model import Column, View
from backbone.postgres.engine import transaction
from backbone.rows.history import Change, RowHistory
from services.query.snapshot import Snapshot


class Compared(Struct, frozen=True):
    """`key`: titles or names of columns; empty: not said."""

    dataset: str
    version: int
    since: int
    key: tuple[str, ...]
    kind: str


async def read_differences(
    engine: AsyncEngine, history: RowHistory, view: View, asked: Compared, after: tuple[bool, int], limit: int
) -> tuple[tuple[str, ...], list[Change]]:
    """The key by which rows are paired, and at most `limit` differences. Raises `BadRequest`, `NotFound`, `Busy`."""
    if asked.since >= asked.version:
        raise BadRequest("bad-since", f"since={asked.since} has to be before version {asked.version}, which is compared with it.")
    before = await Snapshot.open(engine, asked.dataset, asked.since)
    columns = await _key(engine, view, asked)
    rows = await history.compared(view, columns, before.view, kind=asked.kind, after=after, limit=limit)
    if not await before.still_current():
        raise Busy("versions-change", f"Version {asked.since} of dataset {asked.dataset!r} is being changed. Try again.")
    return tuple(column.name for column in columns), rows


async def _key(engine: AsyncEngine, view: View, asked: Compared) -> tuple[Column, ...]:
    """Empty: rows are paired by their numbers."""
    if asked.key:
        return tuple(find_column(text, view.table.columns) for text in asked.key)
    async with transaction(engine) as connection:
        names = await last_key(connection, asked.dataset, asked.version)
    known = {column.name: column for column in view.table.columns}
    return tuple(known[name] for name in names) if all(name in known for name in names) else ()
