"""One search over many tables, their first pages by relevance: few statements, as planning one for each table takes longer than reading it.

Small tables that are alike in their columns are searched as one: their rows one after another, each with the place of its table. All others are
parts of a statement, each planned by itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import structs

from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import json_object_sql, quoted, visible_sql
from backbone.postgres.predicates_sql import Parameters
from backbone.postgres.words_sql import matches_sqls, score_sql
from backbone.query.ast import Search
from backbone.query.fields import weight_of
from backbone.query.plan import make_plan
from backbone.search.port import Page
from backbone.search.postgres.page_reader import ranked_page
from backbone.search.postgres.pages_sql import PageQuery

TABLES_AT_ONCE: Final = 50  # in one statement: a longer one is planned longer than it saves
ALIKE_AT_ONCE: Final = 250
SHORT_ROW_CHARACTERS: Final = 1_000  # of tables that are searched as one, for the rows that match are sorted with all their values

Part = tuple[View, Search]


def in_few_statements(parts: Sequence[Part], indexed: set[int]) -> list[list[int]]:
    """The places of the parts that go together. `indexed`: ids of tables that have an index of words, which each is asked by itself."""
    alike: dict[tuple[Table, Search], list[int]] = {}
    alone: list[int] = []
    for place, (view, search) in enumerate(parts):
        if view.table.id not in indexed and _may_be_searched_as_one(view):
            alike.setdefault((_looks(view.table), search), []).append(place)
        else:
            alone.append(place)
    alone += [places.pop() for places in alike.values() if len(places) == 1]
    return [*_cut(sorted(alone), TABLES_AT_ONCE), *(some for places in alike.values() for some in _cut(places, ALIKE_AT_ONCE))]


async def ranked_together(raw: Any, parts: Sequence[Part], indexed: set[int]) -> list[Page]:
    """Of parts that go together."""
    parameters = Parameters()
    is_as_one = len(parts) > 1 and len({(_looks(view.table), search) for view, search in parts}) == 1
    as_one = is_as_one and all(_may_be_searched_as_one(view) and view.table.id not in indexed for view, _ in parts)
    statement = _as_one_sql(parts, parameters) if as_one else _side_by_side_sql(parts, indexed, parameters)
    records: list[list[Any]] = [[] for _ in parts]
    for number, *record in await raw.fetch(statement, *parameters.values):
        records[number].append(record)
    return [ranked_page(search, found) for (_, search), found in zip(parts, records, strict=True)]


def _side_by_side_sql(parts: Sequence[Part], indexed: set[int], parameters: Parameters) -> str:
    """Columns: the part's place, and those of `PageQuery.ranked_sql`."""
    return " UNION ALL ".join(
        f"SELECT {number} AS number, found.* FROM ({PageQuery(view, search, view.table.id in indexed, parameters).ranked_sql(None)}) "
        "AS found(row, values, score, total)"
        for number, (view, search) in enumerate(parts)
    )


def _as_one_sql(parts: Sequence[Part], parameters: Parameters) -> str:
    """The same columns. OFFSET 0 keeps the words out of each table's own plan."""
    search, table = parts[0][1], parts[0][0].table
    assert search.text is not None
    plan = make_plan(search.text, table)
    names = "".join(f", t.{quoted(column.name)}" for column in table.columns)
    rows = " UNION ALL ".join(
        f"SELECT {number} AS _part, t._row{names} FROM {view.table.name} AS t WHERE {visible_sql(str(int(view.version)))}"
        for number, (view, _) in enumerate(parts)
    )
    where = " AND ".join(f"({each})" for each in matches_sqls(table, plan, parameters, indexed=False))
    weighed = f"SELECT t.*, {score_sql(table, plan, parameters)} AS _score FROM ({rows} OFFSET 0) AS t WHERE {where}"
    placed = (
        "SELECT *, row_number() OVER (PARTITION BY _part ORDER BY _score DESC, _row) AS _place, count(*) OVER (PARTITION BY _part) AS _total "
        f"FROM ({weighed}) AS weighed"
    )
    return f"SELECT t._part, t._row, {json_object_sql(table)}, t._score, t._total FROM ({placed}) AS t WHERE t._place <= {int(search.limit) + 1}"


def _may_be_searched_as_one(view: View) -> bool:
    """Tables without documents are small."""
    return view.table.documents == "none" and view.table.layout == "columns" and view.longest_row <= SHORT_ROW_CHARACTERS


def _looks(table: Table) -> Table:
    """What of a table says how it is searched: the same for tables that are alike."""
    return structs.replace(table, id=0, columns=tuple(map(_look, table.columns)))


def _look(column: Column) -> Column:
    return structs.replace(column, title="", nulls=(), undecided=False, language=None, codes=False, weight=weight_of(column))


def _cut(places: Sequence[int], most: int) -> Iterable[list[int]]:
    return (list(places[begin : begin + most]) for begin in range(0, len(places), most))
