"""A search and a table as Elasticsearch reads them: request bodies and the mapping. Pure.

A document is what `RowStore.documents` gives (`_from`, `_until`, `_row`, `values`, and for wide tables `_text`), and its `words`
(`word_lines.py`): lines of tokens, a field for each column that has a weight, one for all others. Beside them each column that is no prose has one
field of its own kind, for filters and sorts: whole sentences as keywords would cost a fifth of the indexing, and nobody looks one up.
The values that go out are never touched. What the fields cannot answer exactly is not asked of them (`exactness.py`).
"""

from collections.abc import Mapping
from typing import Any as Json
from typing import Final

from backbone.errors import BadRequest
from backbone.model import Column, Table, View
from backbone.query.ast import AllOf, Condition, Filter, NoneOf, Search, Sort
from backbone.query.fields import search_fields
from backbone.query.plan import make_plan
from backbone.search.elasticsearch.exactness import field_name
from backbone.search.elasticsearch.plan_dsl import plan_query
from backbone.search.elasticsearch.visible import visible
from backbone.search.elasticsearch.word_lines import (
    ANALYZERS,
    BESIDE,
    CODES,
    PARTS,
    WORDS,
    is_beside,
    joins_codes,
    lined_field,
    lines_field,
    parts_field,
)
from backbone.search.port import TOTAL_EXACT_MAX
from backbone.types.registry import type_of

BEYOND_ALL_DATES_MS: Final = 10**15
SETTINGS: Final[Mapping[str, Json]] = {
    "auto_expand_replicas": "0-1",
    # Every second segments are written while others are filled. Left to the `refresh` before a publish, one thread would write all of
    # them at the end, with the load waiting for it (a fifth of the time of 500,000 rows).
    "refresh_interval": "1s",
    "translog.durability": "request",  # what is acknowledged is on disk: docs/decisions/0018
    "analysis": ANALYZERS,
}
_TOKENS: Final = {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "positions"}  # no score is made of frequencies
_MARK: Final = {"type": "boolean", "doc_values": False}
_RANGES: Final = ("lt", "lte", "gt", "gte")


def index_body(table: Table, codes_analyzer: str = CODES) -> Json:
    """`codes_analyzer`: `PARTS` for an index that was made without the other one."""
    properties: dict[str, Json] = {
        "_from": {"type": "integer"},
        "_until": {"type": "integer"},
        "_row": {"type": "long"},
        WORDS: {"type": "object", "dynamic": False, "properties": _words(table)},
    }
    if table.is_wide:
        properties["values"] = {"type": "object", "enabled": False}
    else:
        own = {field.name: parts_field(table, field) for field in search_fields(table) if field.name}
        fields = {column.name: _values_field(table, column, own.get(column.name), codes_analyzer) for column in table.columns}
        # Without subobjects a dot in a column's name is a dot, not a tree.
        properties["values"] = {"type": "object", "subobjects": False, "dynamic": False, "properties": fields}
    return {"settings": {**SETTINGS, "number_of_shards": table.shards}, "mappings": {"dynamic": False, "properties": properties}}


def _words(table: Table) -> dict[str, Json]:
    kinds: dict[str, Json] = {}
    for field in search_fields(table):
        kinds[lines_field(table, field)] = _TOKENS
        if field.name:
            kinds[lined_field(table, field)] = _MARK
            kinds[parts_field(table, field)] = _cut_by(PARTS)
    return {name.removeprefix(f"{WORDS}."): kind for name, kind in kinds.items() if name.startswith(f"{WORDS}.")}


def search_body(view: View, search: Search) -> Json:
    body: dict[str, Json] = {
        "size": search.limit + 1,  # one more tells whether a page follows
        "track_total_hits": search.exact_total or TOTAL_EXACT_MAX,
        "query": matching_query(view, search),
        "sort": _order(view.table, search),
        "track_scores": search.text is not None and not search.sort,
    }
    if search.is_keys_only:
        body["_source"] = False
    if search.after is not None:
        if len(search.after) != len(body["sort"]):
            raise BadRequest("bad-cursor", "This cursor belongs to another search. Start again without cursor.")
        body["search_after"] = list(search.after)
    elif search.first_row is not None:
        body["search_after"] = [search.first_row - 1]
    return body


def matching_query(view: View, search: Search) -> Json:
    query = visible(view.version)
    for condition in search.filters:
        part, clause = _condition(view.table, condition)
        query[part].append(clause)
    if search.text is not None:
        query["must"] = [plan_query(view.table, make_plan(search.text, view.table))]
    return {"bool": query}


def _order(table: Table, search: Search) -> list[Json]:
    """Backward, everything is turned round, and the page with it when it is there."""
    down, up = ("asc", "desc") if is_backward(search) else ("desc", "asc")
    keys = [_sort(table, sort, up if not sort.descending else down, is_backward(search)) for sort in search.sort]
    if not keys and search.text is not None:
        keys.append({"_score": down})
    return [*keys, {"_row": up}]


def is_position_in_rows(search: Search) -> bool:
    """Whether a walk began in the rows themselves, before their documents were there: those of the rows say the total, too."""
    keys = len(search.sort) or int(search.text is not None)
    return search.after is not None and len(search.after) == keys + 2


def is_backward(search: Search) -> bool:
    return search.backward and search.after is not None


def _sort(table: Table, sort: Sort, direction: str, backward: bool) -> Json:
    order: dict[str, Json] = {"order": direction, "missing": "_first" if backward else "_last"}
    if _field(sort.column)["type"] == "date":
        order["format"] = "epoch_millis"  # the place in a cursor is read back in this format, not in the column's
        # Elasticsearch tells the place of a missing date as null, and fails when it gets it back.
        order["missing"] = -BEYOND_ALL_DATES_MS if sort.descending else BEYOND_ALL_DATES_MS
    return {field_name(table, sort.column): order}


def _condition(table: Table, condition: Condition) -> tuple[str, Json]:
    """The clause, and the part of the `bool` query it belongs to."""
    if isinstance(condition, Filter):
        return _filter(table, condition)
    if isinstance(condition, NoneOf):
        return "must_not", _whole(table, condition.condition)
    parts = [_whole(table, part) for part in condition.conditions]
    return "filter", {"bool": {"filter": parts} if isinstance(condition, AllOf) else {"should": parts, "minimum_should_match": 1}}


def _whole(table: Table, condition: Condition) -> Json:
    part, clause = _condition(table, condition)
    return clause if part == "filter" else {"bool": {part: [clause]}}


def _filter(table: Table, filter: Filter) -> tuple[str, Json]:
    """The clause, and the part of the `bool` query it belongs to."""
    name, op, values = field_name(table, filter.column), filter.op, filter.values
    if op == "exists":
        return ("filter" if values[0] == "true" else "must_not"), _exists(name)
    if op in _RANGES:
        return "filter", {"range": {name: {op: values[0]}}}
    if op == "in":
        return "filter", {"terms": {name: list(values)}}
    if op == "prefix":
        return "filter", {"prefix": {name: {"value": values[0]}}}
    return ("must_not" if op == "ne" else "filter"), {"term": {name: values[0]}}


def _exists(name: str) -> Json:
    """A value that its field could not take (a text too long for a keyword, a number too big) is there all the same."""
    return {"bool": {"should": [{"exists": {"field": name}}, {"term": {"_ignored": name}}]}}


def _values_field(table: Table, column: Column, parts: str | None, codes_analyzer: str) -> dict[str, Json]:
    """`parts` is where the words of the column are cut; None where they come in a line."""
    if parts == f"values.{column.name}":
        return _cut_by(PARTS)
    if parts is None:
        return _field(column)
    if joins_codes(table, column):
        return _field(column) | {"fields": {CODES: _cut_by(codes_analyzer)}}
    return _field(column) | ({"fields": {BESIDE: _cut_by(PARTS)}} if is_beside(table) else {"copy_to": parts})


def _cut_by(analyzer: str) -> dict[str, Json]:
    return {**_TOKENS, "analyzer": analyzer, "search_analyzer": "whitespace"}


def _field(column: Column) -> dict[str, Json]:
    if column.prose:
        return {"type": "keyword", "index": False, "doc_values": False}
    return type_of(column).elasticsearch(column.format)
