"""How a column is written in SQL: its type, and its value as the reader gets it. Pure text; the one place that knows the layouts.

Layout `columns` has one typed PostgreSQL column per dataset column; layout `cells` keeps a row's values in one text array, in the form in
which they would be COPYed into typed columns, for tables wider than a PostgreSQL row may be. Both have `_from`, `_until` and `_row`
(`docs/design/versions.md`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from backbone.model import Column, Table
from backbone.types.registry import stored_sql, type_of
from backbone.types.sql_text import literal

GROUP_SIZE: Final = 50


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def array_literal(texts: Iterable[str]) -> str:
    """A `text[]` literal. One constant, however many elements: `ARRAY[…]` of 10,000 would be 10,000 expressions to evaluate."""
    elements = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return literal("{" + ",".join(elements) + "}") + "::text[]"


def value_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as it is stored."""
    if table.layout == "columns":
        return f"{alias}.{quoted(column.name)}"
    cell = f"{alias}._cells[{_position(table, column)}]"
    return cell if stored_sql(column) == "text" else f"({cell})::{stored_sql(column)}"


def text_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as text: what stood in the file, or for declared types ISO 8601 and plain numbers."""
    value = value_sql(table, column, alias)
    return value if stored_sql(column) == "text" else type_of(column).text_sql(value, column.format)


def written_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as text in the way that was declared for the file's."""
    written = type_of(column).written_sql(value_sql(table, column, alias), column.declared or "")
    return text_sql(table, column, alias) if written is None else written


def json_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as it goes into JSON: numbers and booleans as such, all else as its text."""
    return text_sql(table, column, alias) if type_of(column).json == "text" else value_sql(table, column, alias)


def json_object_sql(table: Table, alias: str = "t", chosen: Sequence[Column] | None = None) -> str:
    """All values of a row, or the chosen ones, as the text of one JSON object, never by way of jsonb: order and every digit kept, nulls
    included."""
    columns = table.columns if chosen is None else tuple(chosen)
    if table.layout == "cells":
        return _json_of_cells_sql(table, alias, columns)
    # Put together by hand: a fifth faster than json_build_object, without its blanks, and of any number of columns.
    members = [
        f"{literal(comma + json_key(column.name))} || coalesce(to_json({json_sql(table, column, alias)})::text, 'null')"
        for comma, column in zip(["", *[","] * len(columns)], columns, strict=False)
    ]
    # In groups: a chain of thousands of operators is thousands of levels deep, more than PostgreSQL's stack.
    groups = [f"({' || '.join(group)})" for group in _grouped(members, GROUP_SIZE)]
    return "('{' || " + " || ".join(groups) + " || '}')"


def visible_sql(version: str = "$1", alias: str = "t") -> str:
    """The predicate of `docs/design/versions.md`; `version` is a placeholder or a number."""
    return f"{alias}._from <= {version} AND ({alias}._until IS NULL OR {alias}._until > {version})"


def create_table_sql(table: Table) -> list[str]:
    """Statements that make the empty table. `_row` gets a BRIN index, which costs a COPY nothing, as does
    the index of superseded rows, of which a load has none; B-trees come after it."""
    typed = "".join(f", {quoted(column.name)} {stored_sql(column)}" for column in table.columns)
    cells = typed if table.layout == "columns" else ", _cells text[]"
    return [
        f"CREATE TABLE {table.name} (_from integer NOT NULL, _until integer, _row bigint NOT NULL{cells})",
        f"CREATE INDEX {table.name}_place ON {table.name} USING brin (_row) WITH (pages_per_range = 32)",
        f"CREATE INDEX {table.name}_superseded ON {table.name} (_until) WHERE _until IS NOT NULL",
    ]


def add_columns_sql(table: Table, columns: Sequence[Column]) -> list[str]:
    """Statements that add columns behind the table's. Layout `cells` needs none: beyond an array's end is null."""
    if table.layout == "cells" or not columns:
        return []
    added = ", ".join(f"ADD COLUMN {quoted(column.name)} {stored_sql(column)}" for column in columns)
    return [f"ALTER TABLE {table.name} {added}"]


def document_sql(table: Table, alias: str = "t", *, as_visible: bool = False) -> str:
    """A row as the text of a search document (`docs/design/versions.md`). Wide tables bring all their text in `_text`, for their index of few fields.

    `as_visible`: without what superseded it.
    """
    until = "''" if as_visible else f"coalesce(',\"_until\":' || {alias}._until, '')"
    words = f""" || ',"_text":' || {_texts_json_sql(table, alias)}""" if table.is_wide else ""
    return (
        f"""'{{"_from":' || {alias}._from || {until} || ',"_row":' || {alias}._row"""
        f"""{words} || ',"values":' || {json_object_sql(table, alias)} || '}}'"""
    )


def _json_of_cells_sql(table: Table, alias: str, columns: Sequence[Column]) -> str:
    keys = {column.name: json_key(column.name) for column in columns}
    value = (
        "CASE c.kind WHEN 't' THEN to_json(c.cell)::text WHEN 'n' THEN to_json(c.cell::numeric)::text "
        "WHEN 'b' THEN to_json(c.cell::boolean)::text ELSE to_json(to_char(c.cell::timestamp, c.kind))::text END"
    )
    return f"(SELECT '{{' || string_agg(c.key || coalesce({value}, 'null'), ',' {BY_PLACE}) || '}}' FROM {cells_sql(table, columns, alias, keys)})"


BY_PLACE: Final = "ORDER BY c.place"


def cells_sql(table: Table, columns: Sequence[Column], alias: str, keys: Mapping[str, str] | None = None) -> str:
    """The chosen cells of a row, as rows `c` of cell, kind, place (in `columns`) and key.

    Walks the array once. `_cells[1]`, `_cells[2]`, … would each unpack the whole array anew: for 10,000 columns a GB per row.
    """
    indexes = {column.name: str(index) for index, column in enumerate(columns)}
    kinds = array_literal(cell_kind(column) for column in table.columns)
    numbers = "'{" + ",".join(indexes.get(column.name, "NULL") for column in table.columns) + "}'::int[]"
    named = array_literal((keys or {}).get(column.name, "") for column in table.columns)
    unpacked = f"unnest({alias}._cells, {kinds}, {numbers}, {named}) AS u(cell, kind, place, key)"
    return f"(SELECT * FROM {unpacked} WHERE u.place IS NOT NULL) AS c"


def _texts_json_sql(table: Table, alias: str) -> str:
    if table.layout == "cells":
        return f"array_to_json(array_remove({alias}._cells, NULL))::text"
    texts = [text_sql(table, column, alias) for column in table.columns]
    arrays = " || ".join(f"ARRAY[{', '.join(group)}]" for group in _grouped(texts, GROUP_SIZE))
    return f"array_to_json(array_remove({arrays}, NULL))::text"


def json_key(name: str) -> str:
    return msgspec.json.encode(name).decode() + ":"


def cell_kind(column: Column) -> str:
    return type_of(column).cell_kind(column.format)


def _grouped(parts: list[str], size: int) -> list[list[str]]:
    return [parts[start : start + size] for start in range(0, len(parts), size)]


def _position(table: Table, column: Column) -> int:
    """1-based, as PostgreSQL counts array elements."""
    return next(index for index, known in enumerate(table.columns, start=1) if known.name == column.name)
