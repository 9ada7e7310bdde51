"""Days: ISO 8601 in and out, whatever way a file has of writing them."""

import re
from datetime import datetime
from typing import Any, Final

import polars as pl

from backbone.model import ColumnType
from backbone.types.datetime_formats import (
    is_big_to_small,
    is_writable,
    iso_text,
    java_pattern,
    read_moment,
    to_char_pattern,
    write_moment,
)
from backbone.types.definition import Kind, NotOfType, TypeDefinition
from backbone.types.sql_text import literal
from backbone.types.times import SURE_DAY, check_time_pattern, is_same_time, is_written_so

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EXAMPLE: Final = datetime(2026, 1, 31, 12)


class Date(TypeDefinition):
    name: ColumnType = "date"
    sql = "date"
    is_time = True
    has_ranges = True
    constant_pattern = "YYYY-MM-DD"

    def guess(self, value: str) -> Kind | None:
        return ("date", None) if _ISO.fullmatch(value) else None

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return value.str.contains(f"^{SURE_DAY}$")

    def exactly_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        return is_same_time(value, value.str.to_date("%Y-%m-%d", strict=False), "%Y-%m-%d")

    def accepts(self, format: str | None, other: Kind) -> bool:
        return other == (self.name, format)

    def check_pattern(self, pattern: str) -> str | None:
        return check_time_pattern(pattern, with_time=False)

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        form = pattern or "%Y-%m-%d"
        time = value.str.to_date(form, strict=False)
        return pl.when(is_written_so(value, time, form)).then(time.dt.to_string("%Y-%m-%d"))

    def written_sql(self, value: str, pattern: str) -> str | None:
        return f"to_char({value}, {literal(to_char_pattern(pattern))})" if pattern and is_writable(pattern) else None

    def text_pattern(self, format: str | None) -> str | None:
        return None if format is None else to_char_pattern(format)

    def constant_text_sql(self, value: str, format: str | None) -> str:
        return f"rowmill_time_text({value}, {literal(self.text_pattern(format) or self.constant_pattern)})"

    def parameter(self, value: str, format: str | None) -> str:
        return iso_text(format, value)

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        if is_big_to_small(format):
            return super().elasticsearch(format)
        return {"type": "date", "format": java_pattern(format or "%Y-%m-%d"), "locale": "en", "ignore_malformed": True}

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        return text.str.head(10).str.to_date("%Y-%m-%d")

    def read_value(self, value: str, format: str | None) -> str:
        try:
            return write_moment(read_moment(value, format), format)
        except ValueError:
            pass
        try:
            return self._of_iso(value, format)
        except ValueError:
            raise NotOfType(f"a {self.name} such as {write_moment(_EXAMPLE, format)}") from None

    def _of_iso(self, value: str, format: str | None) -> str:
        return write_moment(datetime.fromisoformat(value).replace(tzinfo=None), format)
