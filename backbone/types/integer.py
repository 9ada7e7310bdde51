"""Whole numbers of 64 bits, written without leading zeros or plus."""

import re
from typing import Any, Final

import polars as pl

from backbone.types.definition import Kind, NotOfType, TypeDefinition
from backbone.types.number_formats import check_number_pattern, plain_number, written_number_sql

SURE_INTEGER: Final = r"^(?:0|-?[1-9][0-9]{0,17})$"
_ASKED: Final = re.compile(r"-?[0-9]{1,19}")


class Integer(TypeDefinition):
    name = "integer"
    aliases = ("int", "bigint", "long")
    sql = "bigint"
    json = "number"
    is_number = True
    has_ranges = True

    def guess(self, value: str) -> Kind | None:
        return ("integer", None) if re.fullmatch(r"-?[0-9]+", value) else None

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return value.str.contains(SURE_INTEGER)

    def exactly_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return value.cast(pl.Int64, strict=False).cast(pl.String).eq_missing(value)

    def accepts(self, format: str | None, other: Kind) -> bool:
        return other[0] == "integer"

    def wider(self, format: str | None) -> Kind | None:
        return "decimal", None

    def check_pattern(self, pattern: str) -> str | None:
        return check_number_pattern(pattern)

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        number = plain_number(value, pattern)
        is_whole = number.cast(pl.Int64, strict=False).is_not_null() & number.str.contains(r"^[-+]?[0-9]+$")
        return pl.when(is_whole).then(number)

    def written_sql(self, value: str, pattern: str) -> str | None:
        return written_number_sql(value, pattern)

    def cell_kind(self, format: str | None) -> str:
        return "n"

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        return {"type": "long", "ignore_malformed": True}

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        return text.cast(pl.Int64)

    def read_value(self, value: str, format: str | None) -> str:
        if _ASKED.fullmatch(value) is None or not -(2**63) <= int(value) < 2**63:
            raise NotOfType("a whole number such as 42, from -2^63 to 2^63 - 1")
        return str(int(value))  # one text for -0 and 0, for 07 and 7
