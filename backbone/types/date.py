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
# Such as `2026-01-31T12:00:00.5+05:00`, or only its beginning.
_ASKED: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[-+]\d\d(:?\d\d)?)?)?", re.ASCII)
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
        """In the column's own form, or in ISO 8601. What the column's form cannot say (a zone, a time of day, a finer fraction) is refused,
        for a value without it would be another one."""
        moment = self._own_moment(value, format)
        if moment is None and _ASKED.fullmatch(value):
            moment = self._iso_moment(value, format)
        if moment is not None:
            text = write_moment(moment, format)
            if read_moment(text, format) == moment:
                return text
        raise NotOfType(f"a {self.name} such as {write_moment(_EXAMPLE, format)}{self._limit(value, format)}")

    def _own_moment(self, value: str, format: str | None) -> datetime | None:
        if format is None and _ISO.fullmatch(value) is None:
            return None  # Python would read weeks (2024-W01) and days without dashes
        try:
            return read_moment(value, format)
        except ValueError:
            return None

    def _iso_moment(self, value: str, format: str | None) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return None if moment.tzinfo else moment

    def _limit(self, value: str, format: str | None) -> str:
        """What is wrong with a value that is one, but for what the column cannot hold; the end of a sentence."""
        return ", without a time of day" if _ASKED.fullmatch(value) else ""
