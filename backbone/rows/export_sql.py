"""The SQL of an export: what `COPY (SELECT …) TO STDOUT` sends of the rows of a view. Pure.

COPY takes no parameters, so values stand in the statement as literals.
"""

from collections.abc import Sequence

from backbone.model import Column, Table, View
from backbone.postgres.columns_sql import BY_PLACE, array_literal, cells_sql, json_object_sql, text_sql, value_sql, visible_sql, written_sql
from backbone.postgres.predicates_sql import Parameters, compared_sql, filter_sql, order_keys
from backbone.postgres.words_sql import matches_sqls
from backbone.query.ast import Extract, Search
from backbone.query.formulas import BEGINS_FORMULA, BEGINS_WITH_CONTROL
from backbone.query.plan import make_plan
from backbone.types.registry import compared_sql_type, stored_sql, type_of
from backbone.types.sql_text import literal

KEEPS_IT_APART = "\\1'\\2"


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


def parts_sql(view: View) -> str:
    """The first row of each of `$2` parts of the rows, and how many it has. The version is `$1`."""
    numbered = f"SELECT t._row, ntile($2) OVER (ORDER BY t._row) AS part FROM {view.table.name} AS t WHERE {visible_sql()}"
    return f"SELECT min(n._row), count(*) FROM ({numbered}) AS n GROUP BY n.part ORDER BY n.part"


def writes_whole_records(table: Table, extract: Extract) -> bool:
    """Whether the record is one text that is CSV already, not a list of values for COPY's own CSV format."""
    return table.layout == "cells" or len(extract.columns) == 1


def _csv_record_sql(table: Table, extract: Extract) -> str:
    """A select list of texts, or the whole record as one text (`writes_whole_records`).

    A lone null cell would come out as an empty line, which every CSV reader skips: there it is written as a quoted nothing.
    """
    if table.layout == "cells":
        text = _cell_text_sql(extract.columns, extract.form)
        guarded = f"CASE WHEN c.kind = 'n' THEN {text} ELSE {_guarded_sql(text)} END" if extract.form == "safe" else text
        return f"(SELECT string_agg({_csv_cell_sql(guarded)}, ',' {BY_PLACE}) FROM {cells_sql(table, extract.columns, 't')})"
    texts = [_text_sql(table, column, extract.form) for column in extract.columns]
    return _csv_cell_sql(texts[0]) if len(texts) == 1 else ", ".join(texts)


def _cell_text_sql(columns: Sequence[Column], form: str) -> str:
    formatted = "c.cell::timestamp::text" if form == "plain" else "to_char(c.cell::timestamp, c.kind)"
    usual = f"CASE WHEN c.kind IN ('t', 'n', 'b') THEN c.cell ELSE {formatted} END"
    others = [(index, text) for index, column in enumerate(columns) if (text := _other_cell_sql(column, form)) is not None]
    return f"CASE c.place {' '.join(f'WHEN {index} THEN {text}' for index, text in others)} ELSE {usual} END" if others else usual


def _other_cell_sql(column: Column, form: str) -> str | None:
    """Of a column whose kind does not say how it is written."""
    if form == "plain":
        type = compared_sql_type(column)
        return type_of(column).arrow_sql(f"c.cell::{type}", column.format) if type != stored_sql(column) else None
    return None if form == "canonical" else type_of(column).written_sql(f"c.cell::{stored_sql(column)}", column.declared or "")


def _text_sql(table: Table, column: Column, form: str) -> str:
    if form == "plain":
        text = type_of(column).arrow_sql(compared_sql(table, column), column.format)
    else:
        text = text_sql(table, column) if form == "canonical" else written_sql(table, column)
    return _guarded_sql(text) if form == "safe" and not type_of(column).is_number else text


def _guarded_sql(text: str) -> str:
    guarded = f"regexp_replace({text}, {literal(BEGINS_FORMULA)}, {literal(KEEPS_IT_APART)}, 'g')"
    return f"(SELECT CASE WHEN g.text ~ {literal(BEGINS_WITH_CONTROL)} THEN '''' || g.text ELSE g.text END FROM (SELECT {guarded} AS text OFFSET 0) AS g)"


def _csv_cell_sql(text: str) -> str:
    return f"""'"' || replace(coalesce({text}, ''), '"', '""') || '"'"""


def _rows_sql(view: View, extract: Extract) -> str:
    table, parameters = view.table, Literals(view.version)
    where = [visible_sql(str(int(view.version)))]
    if extract.text is not None:
        where += matches_sqls(table, make_plan(extract.text, table), parameters, indexed=False)
    where += [filter_sql(table, filter, parameters) for filter in extract.filters]
    where += [f"t._row {sign} {int(row)}" for sign, row in zip((">=", "<"), extract.rows, strict=True) if row is not None]
    order = ", ".join(key.order_sql(key.sql) for key in order_keys(table, Search(sort=extract.sort)))
    return f"FROM {table.name} AS t WHERE {' AND '.join(f'({condition})' for condition in where)} ORDER BY {order}"
