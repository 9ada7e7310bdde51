"""The types under which a table's values and a file's both keep every character. Pure."""

from collections.abc import Collection

from msgspec import structs

from backbone.model import Column
from backbone.reading.values import is_assignable


def common_columns(table: tuple[Column, ...], file: tuple[Column, ...], empty: Collection[str] = ()) -> tuple[Column, ...] | None:
    """The table's columns, with types that also take what the file brings, and then the file's new ones. None when the table can take
    the file as it is. `empty` names columns without a value in the file, which say nothing about types."""
    brought = {column.name: column for column in file}
    common = tuple(_common(column, None if column.name in empty else brought.get(column.name)) for column in table)
    if common == table:
        return None
    known = {column.name for column in table}
    return (*common, *(column for column in file if column.name not in known))


def _common(column: Column, brought: Column | None) -> Column:
    if brought is None or is_assignable(brought, column) or _is_converted(brought, column):
        return column
    if is_assignable(column, brought):
        return structs.replace(column, type=brought.type, format=brought.format, declared=None)
    return structs.replace(column, type="text", format=None, declared=None)


def _is_converted(brought: Column, column: Column) -> bool:
    """The user has said how the file writes this type: its values are read that way."""
    return brought.declared is not None and brought.type == column.type
