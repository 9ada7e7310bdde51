"""What there is to know of a column type, each type in a module of its own: how its values are found, checked, converted, stored,
compared, searched and handed out. `registry.py` names them all. Pure.

A `format` is `Column.format` (how the values of a timestamp look where they go in and out), a `pattern` is what the user declared of the
way in which a file writes them (`Column.declared`), empty for the usual ways. Texts are polars expressions over columns of strings.
"""

from typing import Any, Final, Literal

import polars as pl

from backbone.model import ColumnType
from backbone.types.sql_text import literal

Kind = tuple[ColumnType, str | None]  # type and format
KEYWORD_CHARACTERS_MAX: Final = 8_191  # of up to 4 bytes each: Lucene takes no term over 32,766 bytes


class NotOfType(ValueError):  # noqa: N818
    """A value in a request is none of this type; the text says what one looks like: `a whole number such as 42`."""


class TypeDefinition:
    """Text is what this class itself describes; other types say what is different with them."""

    name: ColumnType = "text"
    aliases: tuple[str, ...] = ()  # other words for it in `types=`
    sql: str = "text"  # how PostgreSQL keeps it
    json: Literal["number", "boolean", "text"] = "text"
    is_number: bool = False  # has a sum
    is_time: bool = False
    is_ordered: bool = True  # lt, gt, min, max make sense
    has_ranges: bool = False  # facets by ranges do

    # From a file

    def guess(self, value: str) -> Kind | None:
        """The type, with its format, if this one value may be of it."""
        return self.name, None

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        """Settles nearly all values at once; what it takes is right, what it does not take is for `exactly_fits`."""
        return pl.lit(True)

    def exactly_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        """The definition itself: converted and written back it is the same text. False where the sure check is exact."""
        return pl.lit(False)

    def accepts(self, format: str | None, other: Kind) -> bool:
        """Whether every value that fits the other kind fits this one."""
        return True

    def wider(self, format: str | None) -> Kind | None:
        """The kind that a column may still have when a value did not fit."""
        return None

    # Declared by the user

    def check_pattern(self, pattern: str) -> str | None:
        """What is wrong with a pattern that is not empty, as the rest of a sentence; None if it is good."""
        return "is declared as text, which has no format."

    def declared_format(self, pattern: str) -> str | None:
        """`Column.format` of a column that is declared so."""
        return None

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        """The value as PostgreSQL reads it; null for what cannot be converted. `value` has no blanks around it."""
        return pl.col("value")

    def written_sql(self, value: str, pattern: str) -> str | None:
        """The stored value written as the pattern says; None where it is as it would be without."""
        return None

    # In PostgreSQL

    def stored_sql(self, format: str | None) -> str:
        return self.sql

    def compared_sql(self, format: str | None) -> str:
        """The PostgreSQL type by which values are compared."""
        return self.stored_sql(format)

    def text_pattern(self, format: str | None) -> str | None:
        """The pattern of `to_char` by which a value becomes its text; None where a plain cast does."""
        return None

    def text_sql(self, value: str, format: str | None) -> str:
        """A value, which may be computed, as the text that goes out."""
        pattern = self.text_pattern(format)
        return f"({value})::text" if pattern is None else f"to_char({value}, {literal(pattern)})"

    def constant_text_sql(self, value: str, format: str | None) -> str:
        """The same by functions that may stand in an index expression."""
        return self.text_sql(value, format)

    def cell_kind(self, format: str | None) -> str:
        """How a cell of the layout `cells` becomes JSON: `t` text, `n` number, `b` boolean, else a pattern of `to_char`."""
        return self.text_pattern(format) or "t"

    def parameter(self, value: str, format: str | None) -> str:
        """A value of a request as PostgreSQL reads it whatever its settings."""
        return value

    # In Elasticsearch

    def is_counted_in_elasticsearch(self, format: str | None) -> bool:
        """Whether it tells its values apart, and shows them as they are."""
        return True

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        return {"type": "keyword", "ignore_above": KEYWORD_CHARACTERS_MAX}

    # In Arrow and Parquet

    def arrow_sql(self, value: str, format: str | None) -> str:
        """A compared value as the text that `arrow` reads."""
        return f"({value})::text"

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        """Texts of `arrow_sql` as a typed column."""
        return text

    # In requests

    def read_value(self, value: str, format: str | None) -> str:
        """A value in a filter or a range, in the form in which both homes of the index compare it. Raises `NotOfType`."""
        return value
