"""A page of hits out of Elasticsearch's answer. Pure."""

import msgspec

from backbone.model import Table, View
from backbone.query.ast import Search
from backbone.search.elasticsearch.answers import Found, Hits
from backbone.search.elasticsearch.fill_nulls import fill_nulls
from backbone.search.elasticsearch.query_dsl import is_backward
from backbone.search.port import Hit, Page


def read_page(view: View, search: Search, answered: Hits) -> Page:
    hits = tuple(
        Hit(row=int(hit.id), values=_values(hit, view.table), position=hit.sort, score=hit.score) for hit in answered.hits[: search.limit]
    )
    if is_backward(search):
        hits = hits[::-1]
    return Page(hits=hits, total=answered.total, more=len(answered.hits) > search.limit)


def _values(hit: Found, table: Table) -> msgspec.Raw:
    return msgspec.Raw(b"{}") if hit.source is None else fill_nulls(hit.source.values, table.columns)
