"""Which versions are no longer kept, and what only they showed: what is to be swept up, table by table."""

from typing import Final

from msgspec import Struct
from sqlalchemy import RowMapping, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import list_versions, newest_version, to_table
from backbone.catalog.schema import row_tables, uploads, versions
from backbone.catalog.states import UNDER_WAY
from backbone.model import Table

_MAY_EXPIRE: Final = text("""
    WITH kept AS (SELECT number, table_id FROM versions WHERE dataset_id = :dataset AND published_at IS NOT NULL AND removed_at IS NULL),
    expired AS (SELECT max(number) AS last FROM versions WHERE dataset_id = :dataset AND removed_why = 'retention' AND stands_before IS NULL)
    SELECT (SELECT count(*) FROM kept) > greatest(1, coalesce(nullif(d.versions_kept, 0), :versions_kept)) OR EXISTS (
        SELECT FROM row_tables AS t WHERE t.dataset_id = :dataset
            AND (t.swept_version <= (SELECT last FROM expired) OR NOT EXISTS (SELECT FROM kept WHERE kept.table_id = t.id))
    )
    FROM datasets AS d WHERE d.id = :dataset
""")


class Sweep(Struct, frozen=True):
    """What to do with one table: keep what versions `oldest` to `newest` show, or nothing. `numbered` is the newest number that any version
    had when this was planned: what is loaded meanwhile, perhaps after an undo that made this table the current one again, is left alone."""

    table: Table
    oldest: int
    newest: int
    numbered: int
    drop: bool = False


async def may_expire(connection: AsyncConnection, dataset_id: int, versions_kept: int) -> bool:
    """Whether a version is too many, or anything may be left to be swept after a publish: what `plan_sweeps` would find, and a little more.
    `versions_kept`: where the dataset has no number of its own."""
    found = await connection.execute(_MAY_EXPIRE, {"dataset": dataset_id, "versions_kept": versions_kept})
    return bool(found.scalar())


async def expire_versions(connection: AsyncConnection, dataset: RowMapping, kept_max: int) -> None:
    """All but the newest, and those that pages are read of, with all that came after them: what is swept is older than all that is kept.

    One that a removal made anew behind a `replace` is as old as its place in front of that, not as its number.
    """
    kept = await list_versions(connection, dataset["id"])
    newest_first = sorted(kept, key=lambda row: (row["stands_before"] or row["number"], row["stands_before"] is None), reverse=True)
    if len(newest_first) <= kept_max:
        return
    now = (await connection.execute(select(func.now()))).scalar_one()
    walked = [place for place, row in enumerate(newest_first) if row["walked_until"] is not None and row["walked_until"] > now]
    too_old = [row["number"] for row in newest_first[max([kept_max, *(place + 1 for place in walked)]) :]]
    them = (versions.c.dataset_id == dataset["id"], versions.c.number.in_(too_old))
    await connection.execute(update(versions).where(*them).values(removed_at=func.now(), removed_why="retention"))


async def plan_sweeps(connection: AsyncConnection, dataset: RowMapping, *, thorough: bool) -> list[Sweep]:
    """After a publish only tables whose oldest version has gone; `thorough` also those in which versions behind the last one may have gone."""
    numbers: dict[int, list[int]] = {}
    for version in await list_versions(connection, dataset["id"]):
        numbers.setdefault(version["table_id"], []).append(version["number"])
    under_way = select(uploads.c.table_id).where(uploads.c.dataset_id == dataset["id"], uploads.c.state.in_(UNDER_WAY))
    growing = set((await connection.execute(under_way)).scalars())
    tables = (await connection.execute(select(row_tables).where(row_tables.c.dataset_id == dataset["id"]))).mappings().all()
    numbered = await newest_version(connection, dataset["id"])
    oldest = await _oldest_shown(connection, dataset["id"])
    sweeps = []
    for row in tables:
        kept = numbers.get(row["id"], [])
        if not kept and row["id"] not in growing:
            sweeps.append(Sweep(to_table(row), 0, 0, 0, drop=True))
        elif kept:
            grows = row["id"] in growing or dataset["version"] in kept
            newest = numbered if grows else max(kept)
            if oldest > row["swept_version"] or (thorough and not grows):
                sweeps.append(Sweep(to_table(row), oldest, newest, numbered))
    return sweeps


async def mark_swept(connection: AsyncConnection, sweep: Sweep) -> None:
    """In the transaction that has done it."""
    is_it = row_tables.c.id == sweep.table.id
    if sweep.drop:
        await connection.execute(delete(row_tables).where(is_it))
    else:
        await connection.execute(update(row_tables).where(is_it).values(swept_version=sweep.oldest))


async def _oldest_shown(connection: AsyncConnection, dataset_id: int) -> int:
    """0 while retention has let nothing go. What was superseded in versions that were only withdrawn is kept: the next removal needs it."""
    in_line = versions.c.stands_before.is_(None)
    expired = (versions.c.dataset_id == dataset_id, versions.c.removed_why == "retention", in_line)
    last = (await connection.execute(select(func.max(versions.c.number)).where(*expired))).scalar()
    return 0 if last is None else int(last) + 1
