"""Numbers with any digits behind the point, all of which are kept: 1.10 is not written 1.1."""

import re
from typing import Any, Final

import polars as pl

from backbone.types.definition import Kind, NotOfType, TypeDefinition
from backbone.types.number_formats import check_number_pattern, plain_number, written_number_sql

DIGITS_MAX: Final = 38  # of Arrow's decimal128
DECIMAL_CHARACTERS_MAX: Final = 1000  # well within PostgreSQL's numeric, which keeps trailing zeros
# Without negative zero, which PostgreSQL does not have.
DECIMAL: Final = r"^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$|^-(?:[1-9][0-9]*(?:\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)$"
_CONVERTED: Final = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$"
_ASKED: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
DOUBLE_DIGITS: Final = 15  # decimals of so many digits have a double each, in the same order
DIGITS_FIELD: Final = "~digits"  # under a decimal in Elasticsearch; no column's name has such a character


class Decimal(TypeDefinition):
    name = "decimal"
    aliases = ("number", "numeric", "float", "double", "real")
    sql = "numeric"
    json = "number"
    is_number = True
    has_ranges = True

    def guess(self, value: str) -> Kind | None:
        return ("decimal", None) if re.match(DECIMAL, value) else None

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return value.str.contains(DECIMAL) & (value.str.len_bytes() <= DECIMAL_CHARACTERS_MAX)

    def accepts(self, format: str | None, other: Kind) -> bool:
        return other[0] in ("integer", "decimal")

    def check_pattern(self, pattern: str) -> str | None:
        return check_number_pattern(pattern)

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        number = plain_number(value, pattern)
        return pl.when(number.str.contains(_CONVERTED) & (number.str.len_bytes() <= DECIMAL_CHARACTERS_MAX)).then(number)

    def written_sql(self, value: str, pattern: str) -> str | None:
        return written_number_sql(value, pattern)

    def cell_kind(self, format: str | None) -> str:
        return "n"

    def is_counted_in_elasticsearch(self, format: str | None) -> bool:
        return False  # there it is a double

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        # The texts that a double may be too short for are ignored by the field beneath, and so can be asked for (`_ignored`).
        longer = {"type": "keyword", "doc_values": False, "ignore_above": DOUBLE_DIGITS}
        return {"type": "double", "ignore_malformed": True, "fields": {DIGITS_FIELD: longer}}

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        return text.cast(pl.Decimal(DIGITS_MAX, fraction))

    def read_value(self, value: str, format: str | None) -> str:
        if len(value) > DECIMAL_CHARACTERS_MAX or _ASKED.fullmatch(value) is None:
            raise NotOfType(f"a number such as 9.99, of at most {DECIMAL_CHARACTERS_MAX} characters")
        is_zero = not value.strip("-0.")
        return value.removeprefix("-") if is_zero else value
