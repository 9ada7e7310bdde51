"""All column types. A new one is a module beside this one, a line here and in `model.ColumnType`, and a test."""

from typing import Final

from backbone.model import Column, ColumnType
from backbone.types.boolean import Boolean
from backbone.types.date import Date
from backbone.types.decimal import Decimal
from backbone.types.definition import Kind, TypeDefinition
from backbone.types.integer import Integer
from backbone.types.text import Text
from backbone.types.timestamp import Timestamp

# In the order in which a value is held against them: the first that takes it is the type that its column may have.
COLUMN_TYPES: Final[dict[ColumnType, TypeDefinition]] = {
    known.name: known for known in (Boolean(), Integer(), Decimal(), Date(), Timestamp(), Text())
}
ALIASES: Final[dict[str, ColumnType]] = {alias: known.name for known in COLUMN_TYPES.values() for alias in (known.name, *known.aliases)}


def type_of(column: Column) -> TypeDefinition:
    return COLUMN_TYPES[column.type]


def kind_of(column: Column) -> Kind:
    return column.type, column.format


def stored_sql(column: Column) -> str:
    """The PostgreSQL type of the column in a table."""
    return type_of(column).stored_sql(column.format)


def compared_sql_type(column: Column) -> str:
    """The PostgreSQL type by which its values are compared."""
    return type_of(column).compared_sql(column.format)


def is_assignable(source: Kind, target: Kind) -> bool:
    """Whether every value that fits the source's type fits the target's."""
    return COLUMN_TYPES[target[0]].accepts(target[1], source)
