"""Facets in Elasticsearch: one request for all facets of a search. Pure.

An index has one shard, so the counts of the most frequent values are exact. Ranges are counted by filters: they work on fields of every
kind, dates kept as keywords included.
"""

from collections.abc import Sequence
from typing import Any as Json

import msgspec
from msgspec import Struct

from backbone.model import Table, View
from backbone.query.ast import Facet, Search
from backbone.search.elasticsearch.exactness import field_name
from backbone.search.elasticsearch.query_dsl import matching_query
from backbone.search.port import FacetCount, range_count, within_bytes
from backbone.types.registry import type_of


class _Bucket(Struct):
    doc_count: int
    key: msgspec.Raw = msgspec.Raw(b"null")
    key_as_string: str | None = None


class _Buckets(Struct):
    buckets: list[_Bucket]


class _Answer(Struct):
    aggregations: dict[str, _Buckets]


def facets_body(view: View, search: Search, facets: Sequence[Facet]) -> Json:
    return {
        "size": 0,
        "track_total_hits": False,
        "query": matching_query(view, search),
        "aggs": {str(number): _aggregation(view.table, facet) for number, facet in enumerate(facets)},
    }


def read_facets(facets: Sequence[Facet], answer: bytes) -> list[tuple[FacetCount, ...]]:
    aggregations = msgspec.json.decode(answer, type=_Answer).aggregations
    return [_read(facet, aggregations[str(number)].buckets) for number, facet in enumerate(facets)]


def _aggregation(table: Table, facet: Facet) -> Json:
    name = field_name(table, facet.column)
    if not facet.bounds:
        return {"terms": {"field": name, "size": facet.top, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
    ranges: list[dict[str, str]] = [{} for _ in range(len(facet.bounds) + 1)]
    for number, bound in enumerate(facet.bounds):
        ranges[number]["lt"] = ranges[number + 1]["gte"] = bound
    return {"filters": {"filters": [{"range": {name: bounds}} for bounds in ranges]}}


def _read(facet: Facet, buckets: list[_Bucket]) -> tuple[FacetCount, ...]:
    if facet.bounds:
        return tuple(range_count(facet, number, bucket.doc_count) for number, bucket in enumerate(buckets))
    return within_bytes(FacetCount(value=_value(facet, bucket), count=bucket.doc_count) for bucket in buckets)


def _value(facet: Facet, bucket: _Bucket) -> msgspec.Raw:
    if bucket.key_as_string is None:
        return bucket.key
    # Booleans come as 1 and dates in milliseconds, with their text beside them.
    is_boolean = type_of(facet.column).json == "boolean"
    return msgspec.Raw(bucket.key_as_string.encode() if is_boolean else msgspec.json.encode(bucket.key_as_string))
