"""`true` and `false`; declared, any two words."""

from typing import Any, Final

import polars as pl

from backbone.types.definition import Kind, NotOfType, TypeDefinition
from backbone.types.sql_text import literal

_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_FALSE: Final = ("false", "f", "no", "n", "off", "0")


class Boolean(TypeDefinition):
    name = "boolean"
    aliases = ("bool", "logical")
    sql = "boolean"
    json = "boolean"
    is_ordered = False

    def guess(self, value: str) -> Kind | None:
        return ("boolean", None) if value in ("true", "false") else None

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return (value == "true") | (value == "false")

    def accepts(self, format: str | None, other: Kind) -> bool:
        return other[0] == "boolean"

    def check_pattern(self, pattern: str) -> str | None:
        words = pattern.split("/")
        return None if len(words) == 2 and words[0] != words[1] else "must be two words, for true and false: yes/no."

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        true, false = ([word] for word in pattern.split("/")) if pattern else (_TRUE, _FALSE)
        word = value if pattern else value.str.to_lowercase()
        return pl.when(word.is_in(true)).then(pl.lit("true")).when(word.is_in(false)).then(pl.lit("false"))

    def written_sql(self, value: str, pattern: str) -> str | None:
        if not pattern:
            return None
        true, false = pattern.split("/")
        return f"CASE WHEN {value} THEN {literal(true)} WHEN NOT {value} THEN {literal(false)} END"

    def cell_kind(self, format: str | None) -> str:
        return "b"

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        return {"type": "boolean"}

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        return text == "true"

    def read_value(self, value: str, format: str | None) -> str:
        if value not in ("true", "false"):
            raise NotOfType("true or false")
        return value
