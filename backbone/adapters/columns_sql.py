"""How a column is written in SQL: its type, and its value as the reader gets it. Pure text; the one place that knows the layouts.

Layout `columns` has one typed PostgreSQL column per dataset column; layout `cells` keeps all texts of a row in one array, typed on
reading, for tables wider than a PostgreSQL row may be. Both have `_from`, `_until` and `_row` (DESIGN §3).
"""

import re
from typing import Final

from backbone.model import Column, Table

PG_TYPES: Final = {
    "integer": "bigint",
    "decimal": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "text": "text",
}
_PG_FORMATS: Final = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%H": "HH24", "%I": "HH12", "%M": "MI", "%S": "SS", "%p": "AM"}


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text literal that means the same whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    if "\\" not in text:
        return f"'{escaped}'"
    return "E'" + escaped.replace("\\", "\\\\") + "'"


def to_char_pattern(strftime: str) -> str:
    """PostgreSQL's `to_char` pattern for a strftime pattern; what is no directive stands in double quotes."""
    out: list[str] = []
    for part in re.findall(r"%\.\df|%.|[^%]+", strftime):
        if part.startswith("%."):
            out.append(f'"."FF{part[2]}')
        elif part in _PG_FORMATS:
            out.append(_PG_FORMATS[part])
        else:
            out.append('"' + part.replace('"', '\\"') + '"')
    return "".join(out)


def value_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's typed value, for comparing and sorting."""
    if table.layout == "columns":
        return f"{alias}.{quoted(column.name)}"
    cell = f"{alias}._cells[{_position(table, column)}]"
    return cell if column.type == "text" else f"({cell})::{PG_TYPES[column.type]}"


def text_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as text, character for character as it stood in the file."""
    if table.layout == "cells":
        return f"{alias}._cells[{_position(table, column)}]"
    value = value_sql(table, column, alias)
    if column.type == "text":
        return value
    if column.format is not None:
        return f"to_char({value}, {literal(to_char_pattern(column.format))})"
    return f"({value})::text"


def json_sql(table: Table, column: Column, alias: str = "t") -> str:
    """The column's value as it goes into JSON: numbers and booleans as such, all else as its text."""
    if column.type in ("integer", "decimal", "boolean"):
        return value_sql(table, column, alias)
    return text_sql(table, column, alias)


ARGUMENTS_MAX: Final = 100  # a PostgreSQL function takes at most 100 arguments


def json_object_sql(table: Table, alias: str = "t") -> str:
    """All values of a row as one jsonb-free JSON object text, column order kept, nulls included."""
    pairs = [f"{literal(column.name)}, {json_sql(table, column, alias)}" for column in table.columns]
    size = ARGUMENTS_MAX // 2
    groups = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    if len(groups) <= 1:
        return f"json_build_object({', '.join(pairs)})::text"
    # Objects of at most 50 columns each, joined by cutting the braces between them.
    parts = [f"substr(json_build_object({', '.join(group)})::text, 2)" for group in groups]
    middle = " || ', ' || ".join(f"left({part}, -1)" for part in parts)
    return f"'{{' || {middle} || '}}'"


def visible_sql(version: str = "$1", alias: str = "t") -> str:
    """The predicate of DESIGN §3; `version` is a placeholder or a number."""
    return f"{alias}._from <= {version} AND ({alias}._until IS NULL OR {alias}._until > {version})"


def create_table_sql(table: Table) -> list[str]:
    """Statements that make the empty table. `_row` gets a BRIN index, which costs a COPY nothing; B-trees come after the load."""
    if table.layout == "columns":
        cells = "".join(f", {quoted(column.name)} {PG_TYPES[column.type]}" for column in table.columns)
    else:
        cells = ", _cells text[]"
    return [
        f"CREATE TABLE {table.name} (_from integer NOT NULL, _until integer, _row bigint NOT NULL{cells})",
        f"CREATE INDEX {table.name}_place ON {table.name} USING brin (_row) WITH (pages_per_range = 32)",
    ]


def _position(table: Table, column: Column) -> int:
    """1-based, as PostgreSQL counts array elements."""
    return next(place for place, known in enumerate(table.columns, start=1) if known.name == column.name)
