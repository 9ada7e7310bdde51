"""Facets in PostgreSQL: one statement for all facets of a search, so that its rows are found once. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from backbone.model import Table
from backbone.postgres.columns_sql import json_sql
from backbone.postgres.predicates_sql import Parameters, compared_sql
from backbone.query.ast import Facet
from backbone.search.port import FACET_BYTES_MAX, FacetCount, range_count
from backbone.types.registry import compared_sql_type, stored_sql, type_of

_NO_VALUE: Final = "NULL::text"


def facets_sql(table: Table, facets: Sequence[Facet], where: str, parameters: Parameters) -> str:
    """Columns: number of the facet, place in it, value as JSON or null, count."""
    values = ", ".join(f"{compared_sql(table, facet.column)} AS value{number}" for number, facet in enumerate(facets))
    shown = "".join(f", {json_sql(table, facet.column)} AS shown{number}" for number, facet in enumerate(facets))
    counted = " UNION ALL ".join(f"({_counted(number, facet, parameters)})" for number, facet in enumerate(facets))
    return (
        f"WITH found AS MATERIALIZED (SELECT {values}{shown} FROM {table.name} AS t WHERE {where}) "
        f"SELECT * FROM ({counted}) AS counted ORDER BY facet, place"
    )


def read_facets(facets: Sequence[Facet], records: Iterable[Any]) -> list[tuple[FacetCount, ...]]:
    counts: list[list[FacetCount]] = [[] for _ in facets]
    for number, position, value, count in records:
        facet = facets[number]
        if facet.bounds:
            counts[number].append(range_count(facet, position, count))
        else:
            counts[number].append(FacetCount(value=msgspec.Raw(value.encode()), count=count))
    return [tuple(of_facet) for of_facet in counts]


def _counted(number: int, facet: Facet, parameters: Parameters) -> str:
    return _ranges(number, facet, parameters) if facet.bounds else _top(number, facet)


def _top(number: int, facet: Facet) -> str:
    value = f"value{number}"
    # Two texts of one number (1.1 and 1.10) are one value: any of them is shown.
    top = (
        f"SELECT {number} AS facet, row_number() OVER (ORDER BY count(*) DESC, {value}) AS place, "
        f"to_json(min(shown{number}::text){_json_type(facet)})::text AS value, count(*) AS count "
        f"FROM found WHERE {value} IS NOT NULL GROUP BY {value} ORDER BY place LIMIT {int(facet.top)}"
    )
    summed = f"SELECT top.*, sum(octet_length(value)) OVER (ORDER BY place) AS bytes FROM ({top}) AS top"
    return f"SELECT facet, place, value, count FROM ({summed}) AS summed WHERE bytes <= {FACET_BYTES_MAX}"


def _json_type(facet: Facet) -> str:
    """Of the value that is shown: what is no number or boolean in JSON is text."""
    return "" if type_of(facet.column).json == "text" else f"::{stored_sql(facet.column)}"


def _ranges(number: int, facet: Facet, parameters: Parameters) -> str:
    """`width_bucket` gives 0 before the first bound, and so on: the place of the range."""
    column = facet.column
    type = compared_sql_type(column)
    bounds = parameters.add_list([type_of(column).parameter(bound, column.format) for bound in facet.bounds], type)
    return (
        f"SELECT {number} AS facet, place, {_NO_VALUE} AS value, count(found.value{number}) AS count "
        f"FROM generate_series(0, {len(facet.bounds)}) AS place "
        f"LEFT JOIN found ON width_bucket(found.value{number}, {bounds}) = place GROUP BY place"
    )
