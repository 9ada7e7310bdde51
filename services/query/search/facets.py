"""`facet=…`, read against the columns of a table; and round bounds for ranges that name none.

facet=name                 the 10 most frequent values (text, boolean); round ranges (numbers, dates and times)
facet=name:top:50          the 50 most frequent values
facet=price:ranges         round ranges, about 10, from the smallest to the greatest value found
facet=price:ranges:0,9.99  up to 0, 0 to 9.99, from 9.99
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Struct

from backbone.columns.titles import find_column, split_column
from backbone.errors import BadRequest
from backbone.model import Column, View
from backbone.query.ast import Facet, Filter, Search, Sort
from backbone.search.port import SearchIndex
from backbone.types.datetime_formats import read_moment
from backbone.types.registry import type_of
from services.query.search.filters import read_value
from services.query.search.round_bounds import round_bounds

TOP: Final = 10
TOP_MAX: Final = 1_000
BOUNDS_MAX: Final = 50
FACETS_MAX: Final = 20
_DIGITS: Final = re.compile(r"[0-9]{1,6}")
VALUES_MAX: Final = 5_000  # of all facets of a request


class FacetRequest(Struct, frozen=True):
    """`bounds` is None where they are still to be found."""

    column: Column
    top: int = TOP
    bounds: tuple[str, ...] | None = ()


def parse_facets(texts: Sequence[str], columns: Sequence[Column]) -> tuple[FacetRequest, ...]:
    """Raises `BadRequest` ("bad-facet", "unknown-column")."""
    if len(texts) > FACETS_MAX:
        raise BadRequest("bad-facet", f"At most {FACETS_MAX} facets at once.")
    requests = tuple(_parse_facet(text, columns) for text in texts)
    names = [request.column.name for request in requests]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise BadRequest("bad-facet", f"facet={repeated} is asked for {names.count(repeated)} times, and is counted once. Ask once.")
    if (values := sum(request.top for request in requests if request.bounds == ())) > VALUES_MAX:
        raise BadRequest(
            "bad-facet", f"The facets ask for {values} values in all; at most {VALUES_MAX} go into one answer. Ask for fewer of each."
        )
    return requests


async def find_bounds(index: SearchIndex, view: View, search: Search, requests: Sequence[FacetRequest]) -> list[Facet]:
    """Asks for the smallest and the greatest value where a request names no bounds. Raises as `SearchIndex.search`."""
    facets: list[Facet] = []
    for request in requests:
        bounds = request.bounds
        if bounds is None:
            ends = [await _end(index, view, search, request.column, descending) for descending in (False, True)]
            bounds = round_bounds(request.column, ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else ()
        facets.append(Facet(request.column, request.top, bounds))
    return facets


async def _end(index: SearchIndex, view: View, search: Search, column: Column, descending: bool) -> str | None:
    there = (*search.filters, Filter(column, "exists", ("true",)))
    one = msgspec.structs.replace(search, filters=there, sort=(Sort(column, descending),), limit=1, after=None)
    hits = (await index.search(view, one)).hits
    if not hits:
        return None
    value = bytes(msgspec.json.decode(hits[0].values, type=dict[str, msgspec.Raw])[column.name])
    return str(msgspec.json.decode(value)) if value.startswith(b'"') else value.decode()


def _parse_facet(text: str, columns: Sequence[Column]) -> FacetRequest:
    name, how = split_column(text)
    column = find_column(name, columns)
    has_ranges = type_of(column).has_ranges
    kind, _, rest = how.partition(":")
    if kind == "":
        return FacetRequest(column, bounds=None if has_ranges else ())
    if kind == "top":
        return FacetRequest(column, top=_read_top(rest or str(TOP), text))
    if kind != "ranges" or not has_ranges:
        raise BadRequest("bad-facet", f"facet={text} is none of: column, column:top:20, and for numbers and dates column:ranges:0,10.")
    return FacetRequest(column, bounds=_read_bounds(rest, column, text) if rest else None)


def _read_top(text: str, facet: str) -> int:
    if _DIGITS.fullmatch(text) is None or not 0 < int(text) <= TOP_MAX:
        raise BadRequest("bad-facet", f"facet={facet}: top takes 1 to {TOP_MAX}.")
    return int(text)


def _read_bounds(text: str, column: Column, facet: str) -> tuple[str, ...]:
    bounds = tuple(read_value(edge, column, facet) for edge in text.split(","))
    if len(bounds) > BOUNDS_MAX:
        raise BadRequest("bad-facet", f"facet={facet}: at most {BOUNDS_MAX} bounds.")
    sizes = [_size(edge, column) for edge in bounds]
    if any(low >= high for low, high in pairwise(sizes)):  # type: ignore[operator]
        raise BadRequest("bad-facet", f"facet={facet}: bounds must grow from left to right.")
    return bounds


def _size(bound: str, column: Column) -> Decimal | datetime:
    return read_moment(bound, column.format) if type_of(column).is_time else Decimal(bound)
