"""Points in time, to the microsecond, without a zone or with one.

With a zone (`%z` in the format) what is stored is the text itself, which is the instant and the offset as it was written: so it goes out
as it came in, and is compared, sorted and grouped as the instant. Without one it is a PostgreSQL `timestamp`.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from backbone.model import ColumnType
from backbone.types.date import Date
from backbone.types.datetime_formats import DIRECTIVE, is_writable, is_zoned, java_pattern, to_char_pattern
from backbone.types.definition import Kind
from backbone.types.sql_text import literal
from backbone.types.times import SURE_DAY, check_time_pattern, is_same_time, is_written_so, read_times

SECONDS_CHARACTERS: Final = len("2026-11-22T08:00:00")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(Z|[-+]\d\d(?::?\d\d)?)?", re.ASCII)
_ISO_FORMAT: Final = re.compile(r"%Y-%m-%d[T ]%H:%M:%S(?:%\.\df)?(?:Z|%z)?")
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_OFFSET: Final = r"(?:Z|[-+](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_STORED: Final = "%Y-%m-%d %H:%M:%S%.6f"


class Timestamp(Date):
    name: ColumnType = "timestamp"
    aliases = ("datetime", "timestamptz")
    sql = "timestamp"
    constant_pattern = "YYYY-MM-DD HH24:MI:SS.US"

    def guess(self, value: str) -> Kind | None:
        shape = _ISO.fullmatch(value)
        if shape is None:
            return None
        separator, fraction, zone = shape.groups()
        written_zone = zone if zone in (None, "Z") else "%z"
        return "timestamp", f"%Y-%m-%d{separator}%H:%M:%S{f'%.{len(fraction)}f' if fraction else ''}{written_zone or ''}"

    def surely_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        separator, fraction, zone = _parts(format or "")
        return value.str.contains(f"^{SURE_DAY}{separator}{_TIME}{fraction}{zone}$")

    def exactly_fits(self, value: pl.Expr, format: str | None) -> pl.Expr:
        separator, fraction, zone = _parts(format or "")
        seconds, rest = value.str.head(SECONDS_CHARACTERS), value.str.slice(SECONDS_CHARACTERS)
        seconds_form = f"%Y-%m-%d{separator}%H:%M:%S"
        time = seconds.str.to_datetime(seconds_form, time_unit="us", strict=False)
        return is_same_time(seconds, time, seconds_form) & rest.str.contains(f"^{fraction}{zone}$")

    def accepts(self, format: str | None, other: Kind) -> bool:
        return other == (self.name, format) or (other[0] == self.name and self.wider(other[1]) == (self.name, format))

    def wider(self, format: str | None) -> Kind | None:
        """`Z` is an offset too."""
        return ("timestamp", f"{format[:-1]}%z") if format is not None and format.endswith("Z") else None

    def check_pattern(self, pattern: str) -> str | None:
        return check_time_pattern(pattern, with_time=True)

    def declared_format(self, pattern: str) -> str | None:
        """ISO 8601 with what the pattern has; the pattern itself where that is what it says."""
        if not pattern or _ISO_FORMAT.fullmatch(pattern):
            return pattern or None
        fraction = next((directive for directive in DIRECTIVE.findall(pattern) if directive.startswith("%.")), "")
        digits = "%.6f" if fraction == "%.f" else fraction
        return f"%Y-%m-%d %H:%M:%S{digits}{'%z' if is_zoned(pattern) else ''}"

    def convert(self, value: pl.Expr, pattern: str) -> pl.Expr:
        if not pattern:
            return _convert_iso(value)
        if is_zoned(pattern):
            return self._convert_zoned(value, pattern)
        time, is_good = read_times(value, pattern)
        return pl.when(is_good).then(time.dt.to_string(_STORED))

    def _convert_zoned(self, value: pl.Expr, pattern: str) -> pl.Expr:
        """The time in ISO 8601, then the offset as it was written."""
        stored = self.declared_format(pattern) or ""
        if stored == pattern:
            return pl.when(self.surely_fits(value, stored) | self.exactly_fits(value, stored)).then(value)
        offset = value.str.extract(f"({_OFFSET})$", 1)
        local = value.str.replace(f" *{_OFFSET}$", "")
        time, is_good = read_times(local, pattern.removesuffix("%z").rstrip())
        digits = re.search(r"%\.(\d)f", stored)
        kept = SECONDS_CHARACTERS + (int(digits[1]) + 1 if digits else 0)
        return pl.when(is_good & offset.is_not_null()).then(time.dt.to_string(_STORED).str.head(kept) + offset)

    def written_sql(self, value: str, pattern: str) -> str | None:
        if not pattern or is_zoned(pattern) or not is_writable(pattern):
            return None
        return f"to_char({value}, {literal(to_char_pattern(pattern))})"

    def stored_sql(self, format: str | None) -> str:
        return "text" if is_zoned(format) else self.sql

    def compared_sql(self, format: str | None) -> str:
        return "timestamptz" if is_zoned(format) else self.sql

    def text_sql(self, value: str, format: str | None) -> str:
        return super().text_sql(f"({value} AT TIME ZONE 'UTC')" if is_zoned(format) else value, format)

    def constant_text_sql(self, value: str, format: str | None) -> str:
        return value if is_zoned(format) else super().constant_text_sql(value, format)

    def cell_kind(self, format: str | None) -> str:
        return "t" if is_zoned(format) else super().cell_kind(format)

    def is_counted_in_elasticsearch(self, format: str | None) -> bool:
        return not is_zoned(format)

    def elasticsearch(self, format: str | None) -> dict[str, Any]:
        if not is_zoned(format):
            return super().elasticsearch(format)
        # To the millisecond: finer times are found and sorted by the millisecond they are in.
        local = java_pattern((format or "").removesuffix("%z"))
        return {"type": "date", "format": "||".join(f"{local}{zone}" for zone in ("XXX", "XX", "X")), "ignore_malformed": True}

    def arrow_sql(self, value: str, format: str | None) -> str:
        return f"({value} AT TIME ZONE 'UTC')::text" if is_zoned(format) else super().arrow_sql(value, format)

    def arrow(self, text: pl.Expr, format: str | None, fraction: int) -> pl.Expr:
        time = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
        return time.dt.replace_time_zone("UTC") if is_zoned(format) else time

    def _iso_moment(self, value: str, format: str | None) -> datetime | None:
        """A column of times of UTC, or with zones, takes any zone; without one, it is UTC. A column that names no zone takes none."""
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                return moment
            return moment.astimezone(UTC).replace(tzinfo=None) if _names_zone(format) else None
        except (ValueError, OverflowError):
            return None

    def _limit(self, value: str, format: str | None) -> str:
        fraction = re.search(r"%\.(\d)f", format or "")
        digits = f"{fraction[1]} digits" if fraction else "no digits"
        zone = "" if _names_zone(format) else " and no zone, for the column has none"
        return f", with {digits} behind the second{zone}"


def _names_zone(format: str | None) -> bool:
    return is_zoned(format) or (format or "").endswith("Z")


def _parts(form: str) -> tuple[str, str, str]:
    """Separator, a pattern for the fraction of the second, and zone of a timestamp's format."""
    _, _, behind = form.partition("%.")
    fraction = rf"\.[0-9]{{{behind[0]}}}" if behind else ""
    zone = "Z" if form.endswith("Z") else _OFFSET if is_zoned(form) else ""
    return form[len("%Y-%m-%d") :][:1], fraction, zone


def _convert_iso(value: pl.Expr) -> pl.Expr:
    plain = value.str.replace("T", " ", literal=True).str.strip_suffix("Z")
    time = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    seconds = plain.str.replace(r"\.[0-9]{1,6}$", "")
    return pl.when(is_written_so(seconds, time, "%Y-%m-%d %H:%M:%S")).then(time.dt.to_string(_STORED))
