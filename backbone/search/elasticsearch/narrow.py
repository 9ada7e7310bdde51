"""What this index can tell of a search that it cannot answer: which rows its words and its exact filters find. The rows in PostgreSQL, which have no
index of words here, are then sorted, counted or compared among these alone.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any as Json
from typing import Final

import msgspec
from msgspec import Struct, structs

from backbone.model import View
from backbone.query.ast import Condition, Search
from backbone.search.elasticsearch.query_dsl import matching_query
from backbone.search.port import NARROWED_ROWS_MAX, Total

ROWS_AT_ONCE: Final = 10_000  # Elasticsearch gives no more in one answer

Ask = Callable[[Json], Awaitable[bytes]]  # a search body to its answer
IsExact = Callable[[Search], Awaitable[bool]]


class _Hit(Struct):
    sort: tuple[int]


class _Hits(Struct):
    hits: list[_Hit]
    total: Total | None = None  # of the first request alone


class _Answer(Struct):
    hits: _Hits


_read = msgspec.json.Decoder(_Answer).decode


async def narrowed(view: View, search: Search, ask: Ask, is_exact: IsExact) -> Search:
    """As `SearchIndex.narrow`."""
    told = [condition for condition in search.filters if await is_exact(Search(filters=(condition,)))]
    if search.text is None and not told:
        return search
    rows = await _rows(view, Search(text=search.text, filters=tuple(told)), ask)
    if rows is None:
        return search
    return structs.replace(search, text=None, filters=_without(search.filters, told), among=tuple(rows))


def in_order_of(search: Search, among: Search) -> Search:
    """By relevance the words say the order of the rows as well."""
    return among if search.sort else structs.replace(among, text=search.text)


def _without(conditions: Sequence[Condition], told: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if not any(condition is one for one in told))


async def _rows(view: View, search: Search, ask: Ask) -> list[int] | None:
    """All that it finds, by number; None: too many."""
    rows: list[int] = []
    while True:
        found = _read(await ask(_body(view, search, rows[-1] if rows else None))).hits
        if found.total is not None and (found.total.relation != "eq" or found.total.value > NARROWED_ROWS_MAX):
            return None
        rows += [hit.sort[0] for hit in found.hits]
        if len(found.hits) < ROWS_AT_ONCE:
            return rows


def _body(view: View, search: Search, last: int | None) -> Json:
    body: dict[str, Json] = {
        "size": ROWS_AT_ONCE,
        "track_total_hits": NARROWED_ROWS_MAX + 1 if last is None else False,
        "query": matching_query(view, search),
        "sort": [{"_row": "asc"}],
        "stored_fields": "_none_",
    }
    return body if last is None else {**body, "search_after": [last]}
