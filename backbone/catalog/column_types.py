"""The types under which a table's values and a file's both keep every character. Pure."""

from collections.abc import Collection, Sequence

from msgspec import structs

from backbone.model import Column
from backbone.types.registry import is_assignable, kind_of


def widened_columns(table: Sequence[Column], file: Sequence[Column]) -> tuple[Column, ...]:
    """The table's columns, and then the file's new ones."""
    known = {column.name for column in table}
    return (*table, *(column for column in file if column.name not in known))


def common_columns(table: Sequence[Column], file: Sequence[Column], empty: Collection[str] = ()) -> tuple[Column, ...]:
    """The same, with types that take what both have. `empty` names columns without a value in the file, which say nothing about types."""
    brought = {column.name: column for column in file if column.name not in empty}
    return widened_columns([_common(column, brought.get(column.name)) for column in table], file)


def _common(column: Column, brought: Column | None) -> Column:
    if brought is None or is_assignable(kind_of(brought), kind_of(column)) or _is_converted(brought, column):
        return column
    if is_assignable(kind_of(column), kind_of(brought)):
        return structs.replace(column, type=brought.type, format=brought.format, declared=None)
    return structs.replace(column, type="text", format=None, declared=None)


def _is_converted(brought: Column, column: Column) -> bool:
    """The user has said how the file writes this type: its values are read that way."""
    return brought.declared is not None and brought.type == column.type
