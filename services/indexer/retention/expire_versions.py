"""Lets old versions go, and sweeps up what only they showed: rows, documents, whole tables, stored files.

Repeatable at any point: what is still there is found again the next time.
"""

from msgspec import Struct
from sqlalchemy import RowMapping, ScalarSelect, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import list_versions, lock_dataset, newest_version, to_table
from backbone.catalog.schema import row_tables, uploads, versions
from backbone.catalog.states import UNDER_WAY
from backbone.catalog.uploads import UploadRecord, to_record
from backbone.eventlog.events import VERSIONS_CHANGED, Event
from backbone.lifecycle.end_upload import lock_tables, row_range
from backbone.model import Table
from backbone.postgres.engine import transaction
from backbone.wiring import Backbone


class Task(Struct, frozen=True):
    """What to do with one table: keep what versions `oldest` to `newest` show, or nothing. `given` is the newest number that any version
    had when this was planned: what is loaded meanwhile, perhaps after an undo that made this table the current one again, is left alone."""

    table: Table
    oldest: int
    newest: int
    given: int
    drop: bool = False


async def sweep(backbone: Backbone, event: Event) -> None:
    """Handles `version.published` and `versions.changed`."""
    dataset_id = int(event.data["dataset_id"])
    async with transaction(backbone.engine) as holding:
        await lock_tables(holding, dataset_id)
        async with transaction(backbone.engine) as connection:
            dataset = await lock_dataset(connection, dataset_id)
            if dataset is None or dataset["removed_at"] is not None:
                return
            await _expire_versions(connection, dataset, max(1, dataset["versions_kept"] or backbone.settings.versions_kept))
            tasks = await _plan(connection, dataset, thorough=event.type == VERSIONS_CHANGED)
        rows_went = [await _carry_out(backbone, task) for task in tasks]
        if any(rows_went) or event.type == VERSIONS_CHANGED:
            await _remove_files(backbone, dataset_id)


async def _expire_versions(connection: AsyncConnection, dataset: RowMapping, kept_max: int) -> None:
    """All but the newest. One that a removal made anew behind a `replace` is as old as its place in front of that, not as its number."""
    kept = await list_versions(connection, dataset["id"])
    newest_first = sorted(kept, key=lambda row: (row["stands_before"] or row["number"], row["stands_before"] is None), reverse=True)
    too_old = [row["number"] for row in newest_first[kept_max:]]
    them = (versions.c.dataset_id == dataset["id"], versions.c.number.in_(too_old))
    await connection.execute(update(versions).where(*them).values(removed_at=func.now(), removed_why="retention"))


async def _plan(connection: AsyncConnection, dataset: RowMapping, *, thorough: bool) -> list[Task]:
    """After a publish only tables whose oldest version has gone; `thorough` also those in which versions behind the last one may have gone."""
    numbers: dict[int, list[int]] = {}
    for version in await list_versions(connection, dataset["id"]):
        numbers.setdefault(version["table_id"], []).append(version["number"])
    under_way = select(uploads.c.table_id).where(uploads.c.dataset_id == dataset["id"], uploads.c.state.in_(UNDER_WAY))
    growing = set((await connection.execute(under_way)).scalars())
    tables = (await connection.execute(select(row_tables).where(row_tables.c.dataset_id == dataset["id"]))).mappings().all()
    given = await newest_version(connection, dataset["id"])
    oldest = await _oldest_shown(connection, dataset["id"])
    tasks = []
    for row in tables:
        kept = numbers.get(row["id"], [])
        if not kept and row["id"] not in growing:
            tasks.append(Task(to_table(row), 0, 0, 0, drop=True))
        elif kept:
            grows = row["id"] in growing or dataset["version"] in kept
            newest = given if grows else max(kept)
            if oldest > row["swept_version"] or (thorough and not grows):
                tasks.append(Task(to_table(row), oldest, newest, given))
    return tasks


async def _oldest_shown(connection: AsyncConnection, dataset_id: int) -> int:
    """0 while retention has let nothing go. What was superseded in versions that were only withdrawn is kept: the next removal needs it."""
    in_line = versions.c.stands_before.is_(None)
    let_go = (versions.c.dataset_id == dataset_id, versions.c.removed_why == "retention", in_line)
    last = (await connection.execute(select(func.max(versions.c.number)).where(*let_go))).scalar()
    return 0 if last is None else int(last) + 1


async def _carry_out(backbone: Backbone, task: Task) -> bool:
    """Documents before rows: the rows say which documents there are. True when rows went."""
    if task.drop:
        await backbone.index.drop(task.table)
        async with transaction(backbone.engine) as connection:
            await backbone.rows.drop_table(connection, task.table)
            await connection.execute(delete(row_tables).where(row_tables.c.id == task.table.id))
        return True
    if backbone.index.keeps_documents:
        async for ids in backbone.history.swept_ids(task.table, task.oldest, (task.newest, task.given)):
            await backbone.index.delete(task.table, ids)
    async with transaction(backbone.engine) as connection:
        rows = await backbone.history.sweep(connection, task.table, task.oldest, (task.newest, task.given))
        await connection.execute(update(row_tables).where(row_tables.c.id == task.table.id).values(swept_version=task.oldest))
    return rows > 0


async def _remove_files(backbone: Backbone, dataset_id: int) -> None:
    """The stored file goes with its last version: when no version that is kept has rows of it."""
    async with transaction(backbone.engine) as connection:
        gone = or_(uploads.c.state.in_(("UNDONE", "DISCARDED")), uploads.c.table_id.is_(None), uploads.c.version < _oldest_kept(dataset_id))
        query = select(uploads).where(
            uploads.c.dataset_id == dataset_id,
            uploads.c.state.in_(("COMPLETE", "UNDONE", "DISCARDED")),
            uploads.c.file_removed_at.is_(None),
            gone,
        )
        found = [to_record(row) for row in (await connection.execute(query)).mappings()]
    for upload in found:
        if await _has_rows(backbone, upload):
            continue
        for key in filter(None, (upload.file_key, upload.reading_key)):
            await backbone.files.delete(key)
        async with transaction(backbone.engine) as connection:
            await connection.execute(update(uploads).where(uploads.c.id == upload.id).values(file_removed_at=func.now()))


def _oldest_kept(dataset_id: int) -> ScalarSelect[int]:
    kept = (versions.c.dataset_id == dataset_id, versions.c.published_at.is_not(None), versions.c.removed_at.is_(None))
    return select(func.coalesce(func.min(versions.c.number), 0)).where(*kept).scalar_subquery()


async def _has_rows(backbone: Backbone, upload: UploadRecord) -> bool:
    if upload.state != "COMPLETE" or upload.table_id is None:
        return False
    async with transaction(backbone.engine) as connection:
        row = (await connection.execute(select(row_tables).where(row_tables.c.id == upload.table_id))).mappings().first()
    return row is not None and await backbone.rows.count_rows(to_table(row), *row_range(upload)) > 0
