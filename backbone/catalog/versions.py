"""Versions in the catalog: the current one, which stands before which, and by which columns one was merged."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, RowMapping, String, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.datasets import read_table, to_table
from backbone.catalog.schema import datasets, row_tables, uploads, versions
from backbone.errors import NotFound
from backbone.model import Mode, Table, View
from backbone.postgres.named_update import CLOCK, NamedUpdate


class Origin(Struct, frozen=True):
    """How a version came about. Without a key all its rows are new; by a removal it came without a mode."""

    dataset_id: int
    mode: Mode | None
    key: tuple[str, ...]
    id: str | None = None  # of the upload
    first_chunk: int | None = None


async def origin_of_version(connection: AsyncConnection, dataset: str, version: int) -> Origin:
    """Of one that a reader has just been given. Raises `NotFound` where the dataset went meanwhile."""
    query = (
        select(versions.c.dataset_id, uploads.c.mode, uploads.c.key, uploads.c.id, uploads.c.first_chunk)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .join(uploads, versions.c.upload_id == uploads.c.id, isouter=True)
        .where(datasets.c.name == dataset, versions.c.number == version)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        raise NotFound("no-such-version", f"Version {version} of dataset {dataset!r} is no more.")
    return Origin(row.dataset_id, row.mode, tuple(row.key or ()), row.id, row.first_chunk)


async def last_key(connection: AsyncConnection, dataset: str, version: int) -> tuple[str, ...]:
    """The columns by which the newest upload with a key, until that version, was merged; none when there was none."""
    query = (
        select(uploads.c.key)
        .join(versions, versions.c.upload_id == uploads.c.id)
        .join(datasets, datasets.c.id == versions.c.dataset_id)
        .where(datasets.c.name == dataset, versions.c.number <= version, func.jsonb_array_length(uploads.c.key) > 0)
        .order_by(versions.c.number.desc())
        .limit(1)
    )
    return tuple((await connection.execute(query)).scalar() or ())


async def profile_of_version(connection: AsyncConnection, dataset_id: int, version: int) -> tuple[int | None, list[Any]]:
    """The profile of the newest file in it, and the version that it made. Rows that were edited say nothing of a dataset's columns."""
    still_true = versions.c.removed_why.is_(None) | (versions.c.removed_why == "retention")
    query = (
        select(versions.c.number, uploads.c.profile)
        .join(uploads, versions.c.upload_id == uploads.c.id)
        .where(versions.c.dataset_id == dataset_id, versions.c.number <= version, still_true)
        .where(uploads.c.profile.is_not(None), uploads.c.options["edit"].astext.is_(None))
        .order_by(versions.c.number.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return (None, []) if row is None else (row.number, row.profile or [])


async def view_before(connection: AsyncConnection, dataset_id: int, dataset: str, version: int) -> View | None:
    """What readers saw, or see, before that version; None when there was none. Raises `NotFound` when it is no longer kept."""
    before = await version_before(connection, dataset_id, version)
    if before is None:
        return None
    if before["removed_why"] is not None or before["table_id"] is None:
        raise NotFound(
            "no-such-version",
            f"Version {before['number']} of dataset {dataset!r}, with which version {version} would be compared, is no longer kept.",
        )
    return View(dataset=dataset, table=await read_table(connection, before["table_id"]), version=before["number"])


async def current_table(connection: AsyncConnection, dataset_id: int) -> tuple[Table, int] | None:
    """The table that readers see now, and the version; None while there is none."""
    query = select(row_tables, versions.c.number).join(versions, versions.c.table_id == row_tables.c.id).join(datasets, _is_current())
    current = (await connection.execute(query.where(datasets.c.id == dataset_id))).mappings().one_or_none()
    return None if current is None else (to_table(current), current["number"])


_UPDATE: Final = NamedUpdate(versions, versions.c.dataset_id == bindparam("of_dataset"), versions.c.number == bindparam("of_number"))
_SHOW: Final = update(datasets).where(datasets.c.id == bindparam("dataset")).returning(*datasets.c)
# The highest number ever given, and one: numbers are not used twice, so traces of a failed version can never be taken for a later one's.
_ADD: Final = (
    insert(versions)
    .from_select(
        ["dataset_id", "table_id", "upload_id", "number"],
        select(
            bindparam("dataset", type_=BigInteger),
            bindparam("table", type_=BigInteger),
            bindparam("upload", type_=String),
            func.coalesce(func.max(versions.c.number), 0) + 1,
        ).where(versions.c.dataset_id == bindparam("dataset", type_=BigInteger)),
    )
    .returning(versions.c.number)
)


async def add_version(connection: AsyncConnection, dataset_id: int, table_id: int, upload_id: str) -> int:
    """The number of the dataset's next version, which this upload makes. Under the lock of the dataset's row."""
    return int((await connection.execute(_ADD, {"dataset": dataset_id, "table": table_id, "upload": upload_id})).scalar_one())


async def show_version(connection: AsyncConnection, dataset_id: int, version: int) -> RowMapping | None:
    """Readers see it once this is committed. Locks the dataset's row as `lock_dataset` does, and answers the same."""
    return (await connection.execute(_SHOW, {"dataset": dataset_id, "version": version})).mappings().first()


async def note_published(connection: AsyncConnection, dataset_id: int, version: int, **values: Any) -> None:
    """That readers have been given it just now, with other values of its line."""
    await _UPDATE.execute(connection, {"of_dataset": dataset_id, "of_number": version}, {"published_at": CLOCK, **values})


# One that a removal made is of no upload, and is told of in the name of what was removed.
_FOLLOWED: Final = text("""
    SELECT EXISTS (
        SELECT FROM datasets AS d JOIN versions AS current ON current.dataset_id = d.id AND current.number = d.version
        WHERE d.id = :dataset AND current.upload_id IS NOT NULL
            AND current.number > (SELECT max(number) FROM versions WHERE dataset_id = :dataset AND upload_id = :upload)
    )
""")


async def is_followed(connection: AsyncConnection, dataset_id: int, upload_id: str) -> bool:
    """Whether readers see a version that was published after that of the upload: then an event of its own tells of it, and nothing is to be done
    for this one."""
    return bool((await connection.execute(_FOLLOWED, {"dataset": dataset_id, "upload": upload_id})).scalar())


async def keep_for_walk(connection: AsyncConnection, view: View, seconds: float) -> None:
    """Retention leaves the version alone for so long. Where somebody changes its line just now this waits for nobody: then it is not noted."""
    dataset = select(datasets.c.id).where(datasets.c.name == view.dataset).scalar_subquery()
    free = select(versions.c.number).where(versions.c.dataset_id == dataset, versions.c.number == view.version)
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    statement = update(versions).where(
        versions.c.dataset_id == dataset, versions.c.number.in_(free.with_for_update(skip_locked=True, key_share=True))
    )
    await connection.execute(statement.values(walked_until=func.greatest(versions.c.walked_until, until)))


async def keep_rows_of(connection: AsyncConnection, dataset_id: int, version: int, rows: int) -> None:
    """How many rows the version shows, for the record."""
    await _UPDATE.execute(connection, {"of_dataset": dataset_id, "of_number": version}, {"rows": rows})


def _is_current() -> ColumnElement[bool]:
    return (datasets.c.id == versions.c.dataset_id) & (datasets.c.version == versions.c.number)


async def version_before(connection: AsyncConnection, dataset_id: int, version: int) -> RowMapping | None:
    """The published version that `version` was built upon, if there was one. It may be let go by then (`removed_why` "retention").

    A removal behind a `replace` makes a version anew: its number is new too, though it stands in front of that replace.
    """
    published = (versions.c.dataset_id == dataset_id, versions.c.published_at.is_not(None))
    still_true = versions.c.removed_why.is_(None) | (versions.c.removed_why == "retention")
    anew = select(versions).where(*published, versions.c.stands_before == version, still_true)
    by_number = select(versions).where(*published, versions.c.stands_before.is_(None), versions.c.number < version, still_true)
    for query in (anew, by_number):
        version_row = (await connection.execute(query.order_by(versions.c.number.desc()).limit(1))).mappings().first()
        if version_row is not None:
            return version_row
    return None


async def current_rows(connection: AsyncConnection, dataset_id: int) -> int:
    """How many the version has that readers see; 0 while there is none."""
    query = select(versions.c.rows).join(datasets, _is_current()).where(versions.c.dataset_id == dataset_id)
    return int((await connection.execute(query)).scalar() or 0)
