"""What this index answers exactly, and what it might not: then the rows in PostgreSQL are asked instead. Pure.

Fields of Elasticsearch are near to the values, not always equal to them: a keyword takes no text beyond 8,191 characters, a double keeps 15
digits of a decimal, a date the milliseconds of a time, and a missing integer sorts as the smallest or the greatest one. For most requests
the kind of the column says which it is; for some it depends on the values. Those are a `Doubt`: a question about the version, which never
changes, so the answer to it can be kept.
"""

from collections.abc import Iterator, Sequence
from typing import Any as Json
from typing import Final, Literal

from msgspec import Struct

from backbone.errors import BadRequest
from backbone.model import Column, Table, View
from backbone.query.ast import Facet, Filter, Search, Sort, filters_of
from backbone.search.elasticsearch.visible import visible
from backbone.types.datetime_formats import is_exact_in_milliseconds
from backbone.types.decimal import DIGITS_FIELD, DOUBLE_DIGITS
from backbone.types.definition import KEYWORD_CHARACTERS_MAX
from backbone.types.registry import type_of

PREFIX_CHARACTERS_MAX: Final = 256  # longer ones make automata that Elasticsearch refuses
INTEGER_ENDS: Final = (-(2**63), 2**63 - 1)
_EQUAL: Final = ("eq", "ne", "in")
_ONLY_ROWS: Final = ("contains", "ilike", "regex")  # compared without case and accents, by PostgreSQL alone


class NotIndexed(BadRequest):
    """A search that this index has no fields for. The rows in PostgreSQL can answer it."""


class Doubt(Struct, frozen=True):
    """Whether a column has, in this version, texts too long for a keyword, decimals too long for a double, or integers at the ends."""

    column: str
    kind: Literal["long texts", "long decimals", "extreme integers"]


def doubts(table: Table, search: Search, facets: Sequence[Facet] = ()) -> set[Doubt]:
    """What must be untrue for this search to be answered exactly. Raises `NotIndexed` where it cannot be."""
    filters = [filter for condition in search.filters for filter in filters_of(condition)]
    named = [filter.column for filter in filters if filter.op != "exists"] + [sort.column for sort in search.sort]
    for column in (*named, *(facet.column for facet in facets)):
        field_name(table, column)
    doubtful = {doubt for filter in filters for doubt in _of_filter(filter)}
    doubtful |= {doubt for sort in search.sort for doubt in _of_order(sort)}
    return doubtful | {doubt for facet in facets for doubt in _of_facet(facet)}


def field_name(table: Table, column: Column) -> str:
    """Raises `NotIndexed` where it has none."""
    if column.prose or table.is_wide:
        kind = "is prose" if column.prose else "is one of too many"
        raise NotIndexed(
            "column-not-indexed", f"Column {column.name} {kind}: the search index cannot filter or sort by it.", column=column.name
        )
    return f"values.{column.name}"


def doubt_body(view: View, doubt: Doubt) -> Json:
    """A search for one row that the doubt is true of."""
    query = visible(view.version)
    name = f"values.{doubt.column}"
    if doubt.kind == "extreme integers":
        query["filter"].append({"terms": {name: list(INTEGER_ENDS)}})
    else:
        ignored = f"{name}.{DIGITS_FIELD}" if doubt.kind == "long decimals" else name
        query["filter"].append({"term": {"_ignored": ignored}})
    return {"size": 0, "terminate_after": 1, "track_total_hits": 1, "query": {"bool": query}}


def _of_filter(filter: Filter) -> Iterator[Doubt]:
    column, op = filter.column, filter.op
    if op == "exists":
        return
    if op in _ONLY_ROWS:
        raise _not_exact(column)
    if op == "prefix" and len(filter.values[0]) > PREFIX_CHARACTERS_MAX:
        raise _not_exact(column)
    if any(_is_too_long(value, column) for value in filter.values):
        raise _not_exact(column)
    if column.type != "text" or op not in _EQUAL:  # a text too long for its field equals none that is asked for
        yield from _of_values(column)


def _of_order(sort: Sort) -> Iterator[Doubt]:
    column = sort.column
    if column.type == "text" and not sort.binary:
        raise _not_exact(column)  # the index has no keys of a language's order
    if column.type == "integer":
        yield Doubt(column.name, "extreme integers")
    yield from _of_values(column)


def _of_facet(facet: Facet) -> Iterator[Doubt]:
    column = facet.column
    if not facet.bounds and not type_of(column).is_counted_in_elasticsearch(column.format):
        raise _not_exact(column)
    if any(_is_too_long(bound, column) for bound in facet.bounds):
        raise _not_exact(column)
    yield from _of_values(column)


def _of_values(column: Column) -> Iterator[Doubt]:
    """Where a field may have lost what tells two values apart, or the value itself."""
    is_date_field = type_of(column).elasticsearch(column.format)["type"] == "date"
    if is_date_field and not is_exact_in_milliseconds(column.format):
        raise _not_exact(column)
    if column.type == "decimal":
        yield Doubt(column.name, "long decimals")
    elif column.type == "text":
        yield Doubt(column.name, "long texts")


def _is_too_long(value: str, column: Column) -> bool:
    if column.type == "decimal":
        return len(value.lstrip("-").replace(".", "").strip("0")) > DOUBLE_DIGITS or len(value) > 2 * DOUBLE_DIGITS
    return len(value) > KEYWORD_CHARACTERS_MAX


def _not_exact(column: Column) -> NotIndexed:
    detail = f"What is asked of column {column.name} can be answered exactly by its rows only."
    return NotIndexed("column-not-indexed", detail, column=column.name)
