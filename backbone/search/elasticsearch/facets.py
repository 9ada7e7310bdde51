"""Facets in Elasticsearch: one request for all facets of a search, and a second one where shards may have named too few values.

Each shard of an index names the values that are the most frequent in itself, so one that is among the most frequent of all of them together may be
missing, or counted in some shards only. Each is asked for many more than are wanted, and Elasticsearch tells how many rows a value can have, at most,
in all the shards that did not name it. Where no value that is out of sight can be among those that are wanted, those that are in sight are counted
once more, by name. Where it is not certain, as of a column whose values are all different, the rows have to be counted.

Ranges are counted by filters: they work on fields of every kind, dates kept as keywords included.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any as Json
from typing import Final

import msgspec
from msgspec import Struct

from backbone.model import Table, View
from backbone.query.ast import Facet, Search
from backbone.search.elasticsearch.exactness import field_name
from backbone.search.elasticsearch.query_dsl import matching_query
from backbone.search.port import FacetCount, range_count, within_bytes
from backbone.types.registry import type_of

NAMED_BY_EACH_SHARD: Final = 5_000  # of each facet: whoever puts the lists of a hundred shards together has them all in memory
BESIDE: Final = 500  # values behind those that are wanted, by which these are seen to be the most frequent

Ask = Callable[[Json], Awaitable[bytes]]  # a search body to its answer
Counts = tuple[FacetCount, ...]


class _Bucket(Struct):
    doc_count: int
    key: msgspec.Raw = msgspec.Raw(b"null")
    key_as_string: str | None = None


class _Counted(Struct):
    buckets: list[_Bucket]
    doc_count_error_upper_bound: int = 0  # rows of one value in the shards that have it and did not name it


class _Answer(Struct):
    aggregations: dict[str, _Counted]


async def count_facets(view: View, search: Search, facets: Sequence[Facet], ask: Ask) -> list[Counts | None]:
    """None where it is not certain which values are the most frequent."""
    table = view.table
    counted = _answer(await ask(_body(view, search, {place: _aggregation(table, facet) for place, facet in enumerate(facets)})))
    in_sight = {
        place: _recount(table, facet, counted[place].buckets)
        for place, facet in enumerate(facets)
        if not _is_whole(facet, counted[place]) and _are_in_sight(facet, counted[place])
    }
    if in_sight:
        counted |= _answer(await ask(_body(view, search, in_sight)))
    return [_read(facet, counted[place].buckets) if _is_whole(facet, counted[place]) else None for place, facet in enumerate(facets)]


def _body(view: View, search: Search, aggregations: Mapping[int, Json]) -> Json:
    return {
        "size": 0,
        "track_total_hits": False,
        "query": matching_query(view, search),
        "aggs": {str(place): aggregation for place, aggregation in aggregations.items()},
    }


def _answer(answer: bytes) -> dict[int, _Counted]:
    return {int(place): counted for place, counted in msgspec.json.decode(answer, type=_Answer).aggregations.items()}


def _aggregation(table: Table, facet: Facet) -> Json:
    if not facet.bounds:
        if table.shards == 1:
            return _terms(table, facet, size=facet.top)
        return _terms(table, facet, size=facet.top + BESIDE, shard_size=NAMED_BY_EACH_SHARD)
    ranges: list[dict[str, str]] = [{} for _ in range(len(facet.bounds) + 1)]
    for number, bound in enumerate(facet.bounds):
        ranges[number]["lt"] = ranges[number + 1]["gte"] = bound
    return {"filters": {"filters": [{"range": {field_name(table, facet.column): bounds}} for bounds in ranges]}}


def _recount(table: Table, facet: Facet, buckets: Sequence[_Bucket]) -> Json:
    """Of these values alone, so that each shard names all of them that it has: fewer than it may, by which Elasticsearch knows that these are all."""
    named = [bucket.key if bucket.key_as_string is None else bucket.key_as_string for bucket in buckets]
    return _terms(table, facet, size=len(named), shard_size=len(named) + 1, include=named)


def _terms(table: Table, facet: Facet, **more: Json) -> Json:
    return {"terms": {"field": field_name(table, facet.column), "order": [{"_count": "desc"}, {"_key": "asc"}], **more}}


def _is_whole(facet: Facet, counted: _Counted) -> bool:
    """Whether the shards have named all values that they have: then all counts are exact."""
    return bool(facet.bounds) or counted.doc_count_error_upper_bound == 0


def _are_in_sight(facet: Facet, counted: _Counted) -> bool:
    """Whether the values that are wanted are among the buckets. One that is not, was named by some shards for no more rows than the last one that
    is, and may be in others for as many as they can have left out."""
    if len(counted.buckets) < facet.top or counted.doc_count_error_upper_bound < 0:
        return False
    out_of_sight = counted.buckets[-1].doc_count + counted.doc_count_error_upper_bound
    return counted.buckets[facet.top - 1].doc_count > out_of_sight


def _read(facet: Facet, buckets: Sequence[_Bucket]) -> Counts:
    if facet.bounds:
        return tuple(range_count(facet, number, bucket.doc_count) for number, bucket in enumerate(buckets))
    return within_bytes(FacetCount(value=_value(facet, bucket), count=bucket.doc_count) for bucket in buckets[: facet.top])


def _value(facet: Facet, bucket: _Bucket) -> msgspec.Raw:
    if bucket.key_as_string is None:
        return bucket.key
    # Booleans come as 1 and dates in milliseconds, with their text beside them.
    is_boolean = type_of(facet.column).json == "boolean"
    return msgspec.Raw(bucket.key_as_string.encode() if is_boolean else msgspec.json.encode(bucket.key_as_string))
