"""What runs fetch, each under the id of its upload, written down before the upload begins; and what has been delivered already.

Whoever goes on after a crash looks the uploads up: one that has been queued is delivered, one that came to nothing is fetched again under a new
id, and one that was never begun is begun under the old one, so that of two processes that think it theirs one fails.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.resumables import PASSING
from backbone.catalog.schema import uploads
from backbone.catalog.source_runs import RunRecord
from backbone.catalog.source_tables import source_fetches, source_marks, source_runs, sources
from backbone.errors import Conflict, NotFound

REMOTE_AWAY: Final = "remote-away"


class Fetch(Struct, frozen=True, kw_only=True):
    """`state` of its upload; None: that was never begun."""

    run_id: str
    item: str
    mark: str
    upload_id: str
    state: str | None
    error: dict[str, Any] | None

    @property
    def came_to_nothing(self) -> bool:
        """For no fault of the file: the same again may succeed."""
        return self.state == "FAILED" and (self.error or {}).get("type") in (*PASSING, REMOTE_AWAY)

    @property
    def is_refused(self) -> bool:
        return self.state == "FAILED" and not self.came_to_nothing

    @property
    def is_delivered(self) -> bool:
        return self.state not in (None, "RECEIVING", "FAILED")


async def begin_fetch(connection: AsyncConnection, run: RunRecord, item: str, mark: str, upload_id: str) -> str:
    """The id under which its upload is to be made. Raises `Conflict` when the run is no longer this process's."""
    held = select(source_runs.c.id).where(source_runs.c.id == run.id, source_runs.c.holder == run.holder, source_runs.c.state == "RUNNING")
    if (await connection.execute(held.with_for_update())).scalar() is None:
        raise Conflict("run-lost", f"Run {run.id} is another process's now.")
    before = (
        (await connection.execute(_fetches().where(source_fetches.c.run_id == run.id, source_fetches.c.item == item))).mappings().first()
    )
    if before is not None and before["state"] is None:
        upload_id = before["upload_id"]
    values = {"mark": mark, "upload_id": upload_id, "settled": False}
    new = insert(source_fetches).values(run_id=run.id, item=item, **values)
    await connection.execute(new.on_conflict_do_update(index_elements=["run_id", "item"], set_=values))
    return upload_id


async def open_fetches(connection: AsyncConnection, source_id: int) -> Sequence[Fetch]:
    """Of all runs of the source: of which nobody has said yet what became of them."""
    query = _fetches().where(source_runs.c.source_id == source_id, ~source_fetches.c.settled).order_by(source_fetches.c.run_id)
    return [Fetch(**row) for row in (await connection.execute(query)).mappings()]


async def settle_fetch(connection: AsyncConnection, source_id: int, fetch: Fetch, *, keep_mark: bool) -> None:
    """With `keep_mark`, the item is not fetched again until it changes."""
    is_it = (source_fetches.c.run_id == fetch.run_id, source_fetches.c.item == fetch.item)
    await connection.execute(update(source_fetches).where(*is_it).values(settled=True))
    if keep_mark and fetch.mark:
        values = {"mark": fetch.mark, "refused": fetch.is_refused}
        new = insert(source_marks).values(source_id=source_id, item=fetch.item, **values)
        await connection.execute(new.on_conflict_do_update(index_elements=["source_id", "item"], set_=values))


async def fetches_of(connection: AsyncConnection, run_id: str) -> Sequence[Fetch]:
    return [Fetch(**row) for row in (await connection.execute(_fetches().where(source_fetches.c.run_id == run_id))).mappings()]


async def known_marks(connection: AsyncConnection, source_id: int, items: Sequence[str]) -> Mapping[str, str]:
    query = select(source_marks.c.item, source_marks.c.mark).where(source_marks.c.source_id == source_id, source_marks.c.item.in_(items))
    return {row.item: row.mark for row in await connection.execute(query)}


async def list_runs(connection: AsyncConnection, source_id: int, limit: int, before: str | None) -> Sequence[RowMapping]:
    """The newest first."""
    query = select(source_runs).where(source_runs.c.source_id == source_id)
    if before is not None:
        query = query.where(source_runs.c.id < before)
    return (await connection.execute(query.order_by(source_runs.c.id.desc()).limit(limit))).mappings().all()


async def find_run(connection: AsyncConnection, source_id: int, run_id: str) -> RowMapping | None:
    query = select(source_runs).where(source_runs.c.source_id == source_id, source_runs.c.id == run_id)
    return (await connection.execute(query)).mappings().first()


async def run_and_source(connection: AsyncConnection, run_id: str) -> tuple[RowMapping, str]:
    """The run, and its source's name. Raises `NotFound`."""
    query = select(source_runs, sources.c.name).join(sources, sources.c.id == source_runs.c.source_id).where(source_runs.c.id == run_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound("no-such-run", f"There is no run {run_id}.")
    return row, str(row["name"])


async def last_runs(connection: AsyncConnection, source_ids: Sequence[int]) -> Mapping[int, RowMapping]:
    """By source, the newest of each that has any."""
    query = select(source_runs).distinct(source_runs.c.source_id).where(source_runs.c.source_id.in_(source_ids))
    rows = (await connection.execute(query.order_by(source_runs.c.source_id, source_runs.c.id.desc()))).mappings()
    return {row["source_id"]: row for row in rows}


async def uploads_of(connection: AsyncConnection, run_ids: Sequence[str], per_run: int) -> Mapping[str, Sequence[RowMapping]]:
    """By run: the first uploads that it brought, with their states and findings."""
    number = func.row_number().over(partition_by=source_fetches.c.run_id, order_by=source_fetches.c.upload_id).label("number")
    joined = source_fetches.join(uploads, uploads.c.id == source_fetches.c.upload_id)
    columns = (
        source_fetches.c.run_id,
        source_fetches.c.item,
        uploads.c.id,
        uploads.c.state,
        uploads.c.error,
        uploads.c.findings,
        uploads.c.rows,
    )
    numbered = select(*columns, number).select_from(joined).where(source_fetches.c.run_id.in_(run_ids)).subquery()
    brought: dict[str, list[RowMapping]] = {run_id: [] for run_id in run_ids}
    for row in (await connection.execute(select(numbered).where(numbered.c.number <= per_run).order_by(numbered.c.number))).mappings():
        brought[row["run_id"]].append(row)
    return brought


def _fetches() -> Any:
    columns = (source_fetches.c.run_id, source_fetches.c.item, source_fetches.c.mark, source_fetches.c.upload_id)
    joined = source_fetches.join(source_runs, source_runs.c.id == source_fetches.c.run_id)
    return select(*columns, uploads.c.state, uploads.c.error).select_from(
        joined.outerjoin(uploads, uploads.c.id == source_fetches.c.upload_id)
    )
