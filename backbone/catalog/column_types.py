"""The types that a table's columns have when a file is loaded: every character of the table's values and of the file's is kept, and what
the user has declared is done or refused. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from backbone.errors import Rejected
from backbone.findings import Finding, Suggestion
from backbone.model import Column
from backbone.types.registry import is_assignable, kind_of


def widened_columns(table: Sequence[Column], file: Sequence[Column]) -> tuple[Column, ...]:
    """The table's columns, and then the file's new ones."""
    known = {column.name for column in table}
    return (*table, *(structs.replace(column, nulls=()) for column in file if column.name not in known))


def common_columns(table: Sequence[Column], file: Sequence[Column], *, retype: bool = True) -> tuple[Column, ...]:
    """The same, with the types under which the file can be loaded: a declared type is obeyed, a column without a value so far gets the
    file's type, and with `retype` every column one that takes both. Raises `Rejected` ("type-conflict")."""
    brought = {column.name: column for column in file}
    return widened_columns([_common(column, brought.get(column.name), retype) for column in table], file)


def remembered_columns(before: Sequence[Column], file: Sequence[Column]) -> tuple[Column, ...]:
    """The file's columns for a table of its own, with what was declared of those that the dataset had before."""
    declared = {column.name: column for column in before if column.declared is not None}
    return tuple(structs.replace(_remembered(column, declared), nulls=()) for column in file)


def is_retyped(before: Sequence[Column], after: Sequence[Column]) -> bool:
    return any(kind_of(old) != kind_of(new) for old, new in zip(before, after, strict=False))


def remembered_formats(table: Sequence[Column], file: Sequence[Column]) -> tuple[Finding, ...]:
    """What the file says nothing of, and is read as an earlier file was declared to be."""
    brought = {column.name: column for column in file}
    return tuple(
        _told(column)
        for column in table
        if column.declared is not None and _is_silent(brought.get(column.name)) and _matters(column, brought[column.name])
    )


def _common(column: Column, brought: Column | None, retype: bool) -> Column:
    if brought is None or (brought.undecided and brought.declared is None):
        return column
    if column.undecided:
        return structs.replace(column, type=brought.type, format=brought.format, declared=brought.declared, undecided=False)
    if brought.declared is not None:
        return _declared(column, brought, retype)
    if not retype or is_assignable(kind_of(brought), kind_of(column)) or column.declared:
        return column
    if is_assignable(kind_of(column), kind_of(brought)):
        return structs.replace(column, type=brought.type, format=brought.format, declared=None)
    return structs.replace(column, type="text", format=None, declared=None)


def _declared(column: Column, brought: Column, retype: bool) -> Column:
    """Values of the file are read as it declares them, so what the table takes of them has to be of that type, or wider."""
    if column.type == brought.type and kind_of(column) == kind_of(brought):
        return structs.replace(column, declared=brought.declared)
    if column.type == brought.type != "text" and not _differ_in_zone(column, brought):
        return structs.replace(column, declared=brought.declared)
    if column.type != "text" and is_assignable(kind_of(brought), kind_of(column)):
        return column
    if is_assignable(kind_of(column), kind_of(brought)):
        return structs.replace(column, type=brought.type, format=brought.format, declared=brought.declared)
    if retype:
        return structs.replace(column, type="text", format=None, declared=None)
    raise Rejected(
        "type-conflict",
        f"types= declares {column.title or column.name} as {_written(brought)}, but in the dataset it is {column.type}, whose values are not all "
        "of that type. Leave the declaration out, declare it as text, give retype=true (both are then kept as text), or use mode=replace.",
        column=column.name,
    )


def _differ_in_zone(column: Column, brought: Column) -> bool:
    return ("%z" in (column.format or "")) != ("%z" in (brought.format or ""))


def _remembered(column: Column, declared: Mapping[str, Column]) -> Column:
    before = declared.get(column.name)
    if before is None or column.declared is not None:
        return column
    return structs.replace(column, type=before.type, format=before.format, declared=before.declared, undecided=False)


def _is_silent(brought: Column | None) -> bool:
    return brought is not None and brought.declared is None and not brought.undecided


def _matters(column: Column, brought: Column) -> bool:
    return bool(column.declared) or column.type != brought.type


def _told(column: Column) -> Finding:
    title = column.title or column.name
    return Finding(
        code="format-remembered",
        level="info",
        column=title,
        message=f"Column {title} is read as {_written(column)}, as an earlier file of the dataset declared it. Where this file writes it "
        "otherwise, say so with types=.",
        suggest=Suggestion(
            option="types", value=f'"{title}":{_written(column)}' if set(title) & set(',:"()') else f"{title}:{_written(column)}"
        ),
    )


def _written(column: Column) -> str:
    return f"{column.type}({column.declared})" if column.declared else column.type
