"""The SQL of an export: what `COPY (SELECT …) TO STDOUT` sends of the rows of a view. Pure.

COPY takes no parameters, so values stand in the statement as literals.
"""

from collections.abc import Sequence
from typing import Final

from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import BY_PLACE, array_literal, cells_sql, json_object_sql, literal, text_sql, value_sql, visible_sql
from backbone.postgres.predicates_sql import Parameters, filter_sql, matches_sql, order_keys, text_sqls
from backbone.query.ast import FORMULA_STARTS, Extract, Search

_NUMBERS: Final = ("integer", "decimal")


class Literals(Parameters):
    """In the place of placeholders, the values themselves."""

    def add(self, value: str, type: str = "text") -> str:
        return f"{literal(value)}::text" + ("" if type == "text" else f"::{type}")

    def add_list(self, values: list[str], type: str) -> str:
        return f"{array_literal(values)}::{type}[]"


def csv_records_sql(view: View, extract: Extract) -> str:
    return f"SELECT {_csv_record_sql(view.table, extract)} {_rows_sql(view, extract)}"


def json_lines_sql(view: View, extract: Extract) -> str:
    return f"SELECT {json_object_sql(view.table, chosen=extract.columns)} {_rows_sql(view, extract)}"


def decimal_sizes_sql(view: View, columns: Sequence[Column]) -> str:
    """Columns: name, the most digits before the point, the most behind it; for those with a value. The version is `$1`."""
    table = view.table
    measured = "max(length(abs(trunc(v.value))::text)), max(scale(v.value))"
    if table.layout == "cells":
        names = {column.name: column.name for column in columns}
        cells = f"SELECT c.key, c.cell::numeric AS value FROM {cells_sql(table, columns, 't', names)}"
    else:
        pairs = ", ".join(f"({literal(column.name)}, {value_sql(table, column)})" for column in columns)
        cells = f"SELECT * FROM (VALUES {pairs}) AS c(key, value)"
    rows = f"{table.name} AS t CROSS JOIN LATERAL ({cells}) AS v(key, value)"
    return f"SELECT v.key, {measured} FROM {rows} WHERE v.value IS NOT NULL AND {visible_sql()} GROUP BY v.key"


def writes_whole_records(table: Table, extract: Extract) -> bool:
    """Whether the record is one text that is CSV already, not a list of values for COPY's own CSV format."""
    return table.layout == "cells" or len(extract.columns) == 1


def _csv_record_sql(table: Table, extract: Extract) -> str:
    """A select list of texts, or the whole record as one text (`writes_whole_records`).

    A lone null cell would come out as an empty line, which every CSV reader skips: there it is written as a quoted nothing.
    """
    if table.layout == "cells":
        formatted = "c.cell::timestamp::text" if extract.form == "plain" else "to_char(c.cell::timestamp, c.kind)"
        text = f"CASE WHEN c.kind IN ('t', 'n', 'b') THEN c.cell ELSE {formatted} END"
        guarded = f"CASE WHEN c.kind = 'n' THEN {text} ELSE {_guarded_sql(text)} END" if extract.form == "safe" else text
        return f"(SELECT string_agg({_csv_cell_sql(guarded)}, ',' {BY_PLACE}) FROM {cells_sql(table, extract.columns, 't')})"
    texts = [_text_sql(table, column, extract.form) for column in extract.columns]
    return _csv_cell_sql(texts[0]) if len(texts) == 1 else ", ".join(texts)


def _text_sql(table: Table, column: Column, form: str) -> str:
    text = f"({value_sql(table, column)})::text" if form == "plain" else text_sql(table, column)
    return _guarded_sql(text) if form == "safe" and column.type not in _NUMBERS else text


def _guarded_sql(text: str) -> str:
    return f"CASE WHEN left({text}, 1) = ANY({array_literal(FORMULA_STARTS)}) THEN '''' || {text} ELSE {text} END"


def _csv_cell_sql(text: str) -> str:
    return f"""'"' || replace(coalesce({text}, ''), '"', '""') || '"'"""


def _rows_sql(view: View, extract: Extract) -> str:
    table, parameters = view.table, Literals(view.version)
    where = [visible_sql(str(int(view.version)))]
    if extract.text is not None:
        where += text_sqls(table, extract.text, matches_sql(extract.text, parameters), parameters, indexed=False)
    where += [filter_sql(table, filter, parameters) for filter in extract.filters]
    order = ", ".join(key.order_sql(key.sql) for key in order_keys(table, Search(sort=extract.sort)))
    return f"FROM {table.name} AS t WHERE {' AND '.join(f'({condition})' for condition in where)} ORDER BY {order}"
