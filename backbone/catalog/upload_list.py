"""The list of uploads: a page of it costs what it shows, whatever it is sorted and filtered by, and where not all datasets are seen, a look at their names."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import CTE, BigInteger, Column, ColumnElement, RowMapping, Select, Text, any_, func, literal, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.catalog.schema import datasets, uploads
from backbone.catalog.seen import is_seen
from backbone.catalog.uploads import SHOWN
from backbone.runtime.principal import ALL

DATASETS_MAX: Final = 200  # whose numbers are asked for one by one
# By what a list is sorted, each with an index. What is the same in it, and in when it began, is in the order of the ids.
SORTABLE: Final[dict[str, tuple[ColumnElement[Any], ...]]] = {
    "created": (uploads.c.created_at,),
    "name": (func.left(uploads.c.file_name, 255, type_=Text),),
    "size": (func.coalesce(uploads.c.size_bytes, 0),),
    "state": (uploads.c.state, uploads.c.created_at),
}
# Where each stands in the list. What is shown of it is read for a page alone.
_PLACES: Final = {
    sort: select(uploads.c.id, *(key.label(f"place_{number}") for number, key in enumerate(keys))) for sort, keys in SORTABLE.items()
}


async def list_uploads(
    connection: AsyncConnection,
    *,
    dataset: str | None,
    state: str | None,
    sort: str,
    descending: bool,
    limit: int,
    after: Sequence[Any] | None,
    seen: Sequence[str] = (ALL,),
) -> Sequence[RowMapping]:
    """At most `limit` uploads behind `after`, what the last one seen is sorted by (`place`) and its id; of the datasets that are `seen` alone. In a
    transaction whose statements see the same (`as_of_one_moment`): an upload comes to belong to a dataset, and a dataset to a name."""
    query = _PLACES[sort]
    if state is not None:
        query = query.where(uploads.c.state == state)
    if after is not None:
        query = query.where(_behind(sort, descending, after))
    page = partial(_page, descending=descending, limit=limit)
    keys = (*SORTABLE[sort], uploads.c.id)
    if dataset is None and ALL in seen:
        found = _first(page(query, keys))
    else:
        named = _named(datasets.c.name, dataset, seen) | _named(datasets.c.removed_name, dataset, seen)
        wanted = select(datasets.c.id).where(named)
        numbers = (await connection.execute(wanted.limit(DATASETS_MAX + 1))).scalars().all()
        nameless = uploads.c.dataset_id.is_(None) & _named(uploads.c.dataset, dataset, seen)
        parts = (query.where(_is_one_of(numbers, wanted)), query.where(nameless))
        both = union_all(*(select(_first(page(part, keys))) for part in parts)).subquery()
        found = _first(page(select(both), (*(both.c[name] for name in _names(sort)), both.c.id)))
    places = tuple(found.c[name] for name in _names(sort))
    shown = select(*SHOWN, *places).join(found, found.c.id == uploads.c.id)
    rows: Sequence[RowMapping] = (await connection.execute(page(shown, (*places, found.c.id)))).mappings().all()
    return rows


def _first(page: Select[Any]) -> CTE:
    """Found before anything else is weighed: else the limit of the whole chooses a way that costs less to begin with, and more in all."""
    return page.cte().prefix_with("MATERIALIZED")


def _names(sort: str) -> list[str]:
    return [f"place_{number}" for number in range(len(SORTABLE[sort]))]


def _named(name: Column[str], dataset: str | None, seen: Sequence[str]) -> ColumnElement[bool]:
    return is_seen(name, seen) if dataset is None else is_seen(name, seen) & (name == dataset)


def _is_one_of(numbers: Sequence[int], wanted: Select[tuple[int]]) -> ColumnElement[bool]:
    """Of some PostgreSQL knows how many uploads each has. One is read in the order of its index, and of very many it is found out upload by upload."""
    if len(numbers) == 1:
        return uploads.c.dataset_id == numbers[0]
    if len(numbers) > DATASETS_MAX:
        return uploads.c.dataset_id.in_(wanted)
    return uploads.c.dataset_id == any_(literal(list(numbers), ARRAY(BigInteger)))


def _page(query: Select[Any], keys: Sequence[ColumnElement[Any]], descending: bool, limit: int) -> Select[Any]:
    return query.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(limit)


def _behind(sort: str, descending: bool, after: Sequence[Any]) -> ColumnElement[bool]:
    # As a whole: "behind the first, or equal and behind the second" would walk the index from its beginning.
    keys = (*SORTABLE[sort], uploads.c.id)
    here, there = tuple_(*keys), tuple_(*(literal(value, key.type) for key, value in zip(keys, after, strict=True)))
    return here < there if descending else here > there


def place(row: RowMapping, sort: str) -> list[Any]:
    """Where a row of `list_uploads` stands in the list."""
    return [*(row[name] for name in _names(sort)), row["id"]]
