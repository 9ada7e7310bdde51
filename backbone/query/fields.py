"""Where words are looked for, and how much a column says of its row: the fields that ranking knows, in both homes alike. Pure.

The first columns of text are fields of their own, each with a weight; all others are one field of weight 1. Which columns those are depends on
nothing but their place, so documents that are in an index already stay right when a later file brings columns.
"""

import re
from typing import Final

from msgspec import Struct

from backbone.model import Column, Table

OWN_FIELDS_MAX: Final = 12  # every word of a query is looked up in each
WEIGHT_MAX: Final = 10
TITLE, SHORT, ORDINARY, LEAST = 8, 4, 2, 1
_TITLES: Final = frozenset(
    (
        *("name", "title", "product", "item", "label", "caption", "headline", "subject", "heading", "company", "brand"),
        *("fullname", "firstname", "lastname", "surname", "author", "artist"),
        *(
            "bezeichnung",
            "titel",
            "produkt",
            "artikel",
            "nom",
            "titre",
            "produit",
            "nombre",
            "título",
            "producto",
            "nome",
            "titolo",
            "prodotto",
        ),
    )
)


class Field(Struct, frozen=True, kw_only=True):
    """`name` is that of its column, or empty for the field of all others."""

    name: str
    columns: tuple[Column, ...]
    weight: int
    has_whole_values: bool  # whether a query may be all of a value: not in prose, nor in one of many columns


def search_fields(table: Table) -> tuple[Field, ...]:
    own = () if table.is_wide else tuple(column for column in table.columns[:OWN_FIELDS_MAX] if column.type == "text")
    fields = [Field(name=column.name, columns=(column,), weight=weight_of(column), has_whole_values=not column.prose) for column in own]
    others = tuple(column for column in table.columns if column not in own)
    if others:
        fields.append(Field(name="", columns=others, weight=LEAST, has_whole_values=False))
    return tuple(fields)


def weight_of(column: Column) -> int:
    """What was given for it, or found by its file; else by its name: titles say most, prose least."""
    if column.type != "text":
        return LEAST
    if column.weight is not None:
        return column.weight
    return LEAST if column.prose else TITLE if names_rows(column) else ORDINARY


def weighs(table: Table, column: Column) -> bool:
    """Whether it is a field of its own, and so can have a weight."""
    return any(field.name == column.name for field in search_fields(table))


def names_rows(column: Column) -> bool:
    """Whether a column is called as those are that name their rows: `Product name`, `title`."""
    words = re.findall(r"[^\W\d_]+", column.title.casefold() or column.name)
    return bool(words) and (words[-1] in _TITLES or "".join(words) in _TITLES)
