"""Datasets, their tables and versions in the catalog, and the view that a reader gets."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, RowMapping, Select, bindparam, func, null, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.recovered_rows import copy_recovered
from backbone.catalog.schema import datasets, row_tables, uploads, versions
from backbone.catalog.search_settings import with_settings
from backbone.catalog.seen import is_seen
from backbone.errors import NotFound
from backbone.model import WORDS_RULE, Column, Documents, Reread, Table, View
from backbone.runtime.principal import ALL, asking

NOT_REREAD: Final = Reread()

_MAKE_DATASET: Final = insert(datasets).on_conflict_do_nothing().returning(datasets.c.id)
_SHARE_NAMED: Final = select(datasets.c.id).where(datasets.c.name == bindparam("name")).with_for_update(read=True, key_share=True)
_BY_ID: Final = select(datasets).where(datasets.c.id == bindparam("dataset"))
_LOCKED: Final = _BY_ID.with_for_update(key_share=True)
_LOCKED_WITH_NAME: Final = _BY_ID.with_for_update()
_TABLE_BY_ID: Final = select(row_tables).where(row_tables.c.id == bindparam("table"))
_TABLE_OF_VERSION: Final = (
    select(row_tables)
    .join(versions, versions.c.table_id == row_tables.c.id)
    .where(versions.c.dataset_id == bindparam("dataset"), versions.c.number == bindparam("number"))
)
_MAKE_TABLE: Final = insert(row_tables).returning(row_tables)


async def ensure_dataset(connection: AsyncConnection, name: str) -> int:
    """Until the transaction ends nobody else can rename or remove it: what is queued there would go with it."""
    values = {"name": name, "title": name, "owner": asking().id}
    while True:
        for statement, parameters in ((_MAKE_DATASET, values), (_SHARE_NAMED, {"name": name})):
            dataset_id = (await connection.execute(statement, parameters)).scalar()
            if dataset_id is not None:
                return int(dataset_id)


async def lock_dataset(connection: AsyncConnection, dataset_id: int, *, with_name: bool = False) -> RowMapping | None:
    """Versions of a dataset change under this lock only, and its queue moves under it. None: the dataset is gone.

    FOR NO KEY UPDATE: two uploads that have just named it (a foreign key: each shares its row) and both want to start would otherwise wait
    for each other for ever. `with_name`: for whoever takes its name away, and so waits first for all that have named it.
    """
    return (await connection.execute(_LOCKED_WITH_NAME if with_name else _LOCKED, {"dataset": dataset_id})).mappings().first()


def no_such_dataset(name: str) -> NotFound:
    return NotFound("no-such-dataset", f"There is no dataset {name!r}. GET /api/datasets lists all there are.")


async def dataset_row(connection: AsyncConnection, name: str) -> RowMapping:
    """Raises `NotFound`."""
    row = (await connection.execute(select(datasets).where(datasets.c.name == name))).mappings().first()
    if row is None:
        raise no_such_dataset(name)
    return row


async def list_datasets(
    connection: AsyncConnection, *, limit: int, after: str, seen: Sequence[str] = (ALL,), named: Sequence[str] = (ALL,)
) -> Sequence[RowMapping]:
    """By name; those alone that are `seen`, and that are `named`: names, and beginnings of names with `*`."""
    rows = select(versions.c.rows).where(versions.c.dataset_id == datasets.c.id, versions.c.number == datasets.c.version).scalar_subquery()
    query = (
        select(datasets, rows.label("rows"))
        .where(datasets.c.name > after, datasets.c.removed_at.is_(None), is_seen(datasets.c.name, seen), is_seen(datasets.c.name, named))
        .order_by(datasets.c.name)
        .limit(limit)
    )
    return (await connection.execute(query)).mappings().all()


async def list_versions(connection: AsyncConnection, dataset_id: int) -> Sequence[RowMapping]:
    """Those that can be read, newest first."""
    kept = (versions.c.published_at.is_not(None), versions.c.removed_at.is_(None))
    query = select(versions).where(versions.c.dataset_id == dataset_id, *kept)
    return (await connection.execute(query.order_by(versions.c.number.desc()))).mappings().all()


async def version_row(connection: AsyncConnection, dataset_id: int, number: int) -> RowMapping:
    """One of those that `read_view` reads, the held one among them."""
    query = select(versions).where(versions.c.dataset_id == dataset_id, versions.c.number == number)
    return (await connection.execute(query)).mappings().one()


async def table_of_version(connection: AsyncConnection, dataset_id: int, version: int) -> Table | None:
    """None: there is no such version, or its table is gone."""
    row = (await connection.execute(_TABLE_OF_VERSION, {"dataset": dataset_id, "number": version})).mappings().first()
    return None if row is None else to_table(row)


async def read_view(connection: AsyncConnection, name: str, version: int | None = None) -> View:
    """The dataset at its published version, at an older one, or at the one that is held. Raises `NotFound`."""
    # One statement, so one instant: read one after the other, an undo in between would leave a version that has just gone.
    row = (await connection.execute(_VIEW, {"name": name, "version": version})).mappings().first()
    if row is not None:
        table = with_settings(to_table(row), row["search"])
        return View(dataset=name, table=table, version=row["number"], longest_row=row["longest_row"])
    dataset = await dataset_row(connection, name)
    if version is None:
        raise NotFound("no-version-yet", f"Dataset {name!r} has no published version: its first upload is under way, failed or was undone.")
    raise NotFound("no-such-version", await _why_not(connection, dataset, version))


async def read_views(connection: AsyncConnection, names: Sequence[str]) -> dict[str, View]:
    """Those of these datasets that have a published version, as of one moment."""
    published = (versions.c.number == datasets.c.version, versions.c.removed_at.is_(None), versions.c.published_at.is_not(None))
    query = (
        select(row_tables, versions.c.number, datasets.c.search, datasets.c.longest_row, datasets.c.name)
        .join(versions, versions.c.table_id == row_tables.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .where(datasets.c.name.in_(names), *published)
    )
    rows = (await connection.execute(query)).mappings()
    return {row["name"]: _view(row) for row in rows}


def _view(row: RowMapping) -> View:
    table = with_settings(to_table(row), row["search"])
    return View(dataset=row["name"], table=table, version=row["number"], longest_row=row["longest_row"])


async def views_standing(connection: AsyncConnection, views: Sequence[View]) -> set[str]:
    """Names of those datasets of which `read_view` would give the same view of this version now."""
    tables = {(view.dataset, view.version): view.table.id for view in views}
    query = select(datasets.c.name, versions.c.number, versions.c.table_id).join(versions, versions.c.dataset_id == datasets.c.id)
    stands = (versions.c.removed_at.is_(None), versions.c.published_at.is_not(None))
    rows = await connection.execute(query.where(tuple_(datasets.c.name, versions.c.number).in_(list(tables)), *stands))
    return {name for name, number, table in rows if tables[name, number] == table}


async def view_stands(connection: AsyncConnection, view: View) -> bool:
    """Whether `read_view` would give the same view now."""
    table_id = await connection.execute(_TABLE, {"name": view.dataset, "version": view.version})
    return bool(table_id.scalar() == view.table.id)


def _readable(columns: Select[Any]) -> Select[Any]:
    """Of the dataset `:name` the version `:version`, or the published one when that is null."""
    # Its own version is held: an upload that was tried again has had others.
    is_held = (uploads.c.state == "HELD") & (uploads.c.version == versions.c.number)
    return (
        columns.join(versions, versions.c.table_id == row_tables.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .join(uploads, uploads.c.id == versions.c.upload_id, isouter=True)
        .where(
            datasets.c.name == bindparam("name"),
            versions.c.number == func.coalesce(bindparam("version", type_=Integer), datasets.c.version),
        )
        .where(versions.c.removed_at.is_(None), versions.c.published_at.is_not(None) | is_held)
    )


# Every read asks for its view before and after. Made once: putting a statement together takes longer than its answer.
_VIEW: Final = _readable(select(row_tables, versions.c.number, datasets.c.search, datasets.c.longest_row))
_TABLE: Final = _readable(select(row_tables.c.id))


_GONE: Final = {
    "undone": "was undone",
    "withdrawn": "is no more, because an upload in it was removed",
    "retention": "is no longer kept",
}


async def _why_not(connection: AsyncConnection, dataset: RowMapping, wanted: int) -> str:
    query = select(versions.c.removed_why).where(versions.c.dataset_id == dataset["id"], versions.c.number == wanted)
    gone = _GONE.get(str((await connection.execute(query)).scalar()), "does not exist")
    return f"Version {wanted} of dataset {dataset['name']!r} {gone}; the current one is {dataset['version']}. Start again without cursor."


async def read_table(connection: AsyncConnection, table_id: int) -> Table:
    return to_table((await connection.execute(_TABLE_BY_ID, {"table": table_id})).mappings().one())


async def find_table(connection: AsyncConnection, table_id: int) -> Table | None:
    row = (await connection.execute(_TABLE_BY_ID, {"table": table_id})).mappings().first()
    return None if row is None else to_table(row)


async def tables_of(connection: AsyncConnection, dataset_id: int) -> list[Table]:
    query = select(row_tables).where(row_tables.c.dataset_id == dataset_id)
    return [to_table(row) for row in (await connection.execute(query)).mappings()]


async def make_table(
    connection: AsyncConnection,
    dataset_id: int,
    columns: Sequence[Column],
    layout: str,
    reread: Reread = NOT_REREAD,
    documents: Documents = "there",
    shards: int = 1,
) -> Table:
    values = {
        "dataset_id": dataset_id,
        "columns": msgspec.to_builtins(columns),
        "layout": layout,
        "words_rule": WORDS_RULE,
        "documents": documents,
        "shards": shards,
        **({"reread": msgspec.to_builtins(reread)} if reread != NOT_REREAD else {}),
    }
    return to_table((await connection.execute(_MAKE_TABLE, values)).mappings().one())


async def mark_documents(connection: AsyncConnection, table: Table, documents: Documents) -> Table:
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(documents=documents))
    return msgspec.structs.replace(table, documents=documents)


async def mark_shards(connection: AsyncConnection, table: Table, shards: int) -> Table:
    """Before its index is made."""
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(shards=shards))
    return msgspec.structs.replace(table, shards=shards)


async def lock_table_with_old_index(connection: AsyncConnection) -> Table | None:
    """One of them, for this transaction alone."""
    query = select(row_tables).where(row_tables.c.documents == "old").order_by(row_tables.c.id).limit(1).with_for_update()
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else to_table(row)


async def mark_words_rule(connection: AsyncConnection, table: Table) -> Table:
    """All documents of the table's index are made by the rule of today."""
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(words_rule=WORDS_RULE))
    return msgspec.structs.replace(table, words_rule=WORDS_RULE)


async def current_version(connection: AsyncConnection, dataset_id: int) -> int:
    """The number of the version that readers see; 0: none yet."""
    return int((await connection.execute(select(datasets.c.version).where(datasets.c.id == dataset_id))).scalar_one())


async def newest_version(connection: AsyncConnection, dataset_id: int) -> int:
    """The highest number ever given: numbers are not used twice, so traces of a failed version can never be taken for a later one's."""
    query = select(func.coalesce(func.max(versions.c.number), 0)).where(versions.c.dataset_id == dataset_id)
    return int((await connection.execute(query)).scalar_one())


def to_table(row: RowMapping | dict[str, Any]) -> Table:
    columns = msgspec.convert(row["columns"], tuple[Column, ...])
    reread = msgspec.convert(row["reread"] or {}, Reread)
    return Table(
        id=row["id"],
        columns=columns,
        layout=row["layout"],
        reread=reread,
        words_rule=row["words_rule"],
        language=row["language"],
        documents=row["documents"],
        shards=row["shards"],
    )


async def keep_reread(connection: AsyncConnection, table: Table, reread: Reread) -> None:
    await connection.execute(update(row_tables).where(row_tables.c.id == table.id).values(reread=_stored(reread)))


async def inherit(connection: AsyncConnection, source: Table, target: Table) -> None:
    """What was recovered and swept of a table whose rows a new one takes over."""
    await copy_recovered(connection, source.id, target.id)
    swept = select(row_tables.c.swept_version).where(row_tables.c.id == source.id).scalar_subquery()
    newest = func.greatest(row_tables.c.swept_version, swept)
    await connection.execute(update(row_tables).where(row_tables.c.id == target.id).values(swept_version=newest))


def _stored(reread: Reread) -> Any:
    return msgspec.to_builtins(reread) if reread != NOT_REREAD else null()
