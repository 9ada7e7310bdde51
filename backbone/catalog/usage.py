"""What a principal has, and how much of it they may have. Where nobody is asked who they are, there is nobody to count for."""

from datetime import timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets, uploads, versions
from backbone.errors import Busy
from backbone.runtime.principal import asking

DAY: Final = timedelta(days=1)


class Usage(Struct, frozen=True, kw_only=True):
    """`bytes_today`: of the files sent in the last 24 hours, as far as they have come. `rows`: of the datasets, in the versions that readers see."""

    datasets: int
    rows: int
    held: int
    bytes_today: int


class KeyLimits(Struct, frozen=True, kw_only=True):
    """The most of each for one principal; 0: no limit."""

    datasets_max: int = 0
    rows_max: int = 0
    held_max: int = 0
    bytes_per_day_max: int = 0


async def usage_of(connection: AsyncConnection, owner: str) -> Usage:
    own = uploads.c.owner == owner
    own_datasets = (datasets.c.owner == owner, datasets.c.removed_at.is_(None))
    seen = versions.join(datasets, (versions.c.dataset_id == datasets.c.id) & (versions.c.number == datasets.c.version))
    queries = (
        select(func.count()).where(*own_datasets),
        select(func.coalesce(func.sum(versions.c.rows), 0)).select_from(seen).where(*own_datasets),
        select(func.count()).where(own, uploads.c.state == "HELD"),
        select(func.coalesce(func.sum(uploads.c.size_bytes), 0)).where(own, uploads.c.created_at > func.now() - DAY),
    )
    row = (await connection.execute(select(*(query.scalar_subquery() for query in queries)))).one()
    return Usage(datasets=row[0], rows=int(row[1]), held=row[2], bytes_today=int(row[3]))


async def check_usage(connection: AsyncConnection, limits: KeyLimits, dataset: str, *, hold: bool) -> None:
    """Before whoever asks begins an upload. Raises `Busy`, which says what has to go first.

    Uploads that begin in the same moment do not see each other: so many as may come in at once may go beyond.
    """
    owner = asking().id
    if not owner or limits == KeyLimits():
        return
    used = await usage_of(connection, owner)
    if limits.bytes_per_day_max and used.bytes_today >= limits.bytes_per_day_max:
        raise Busy("too-many-bytes", f"This key has sent {used.bytes_today} bytes in 24 hours, and {limits.bytes_per_day_max} are allowed.")
    if limits.rows_max and used.rows >= limits.rows_max:
        raise Busy(
            "too-many-rows", f"The datasets of this key have {used.rows} rows, and {limits.rows_max} are allowed. Remove some first."
        )
    if hold and limits.held_max and used.held >= limits.held_max:
        raise Busy(
            "too-many-held", f"{used.held} uploads of this key are held, and {limits.held_max} may be. Publish or discard some first."
        )
    if limits.datasets_max and used.datasets >= limits.datasets_max and not await _is_there(connection, dataset):
        raise Busy(
            "too-many-datasets", f"This key has made {used.datasets} datasets, and {limits.datasets_max} are allowed. Remove some first."
        )


async def _is_there(connection: AsyncConnection, name: str) -> bool:
    return (await connection.execute(select(datasets.c.id).where(datasets.c.name == name))).first() is not None
