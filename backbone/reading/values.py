"""What it takes for a text to be a value of a type: written back by PostgreSQL, it must be the same text (DESIGN §8).

The checks are polars expressions, so that the scan asks them of whole columns and the parser of single values. Most of them are the
definition itself: convert, write back, compare. Null (an empty field) fits every type.
"""

import re
from typing import Final

import polars as pl

from backbone.model import Column, ColumnType

DECIMAL_CHARACTERS_MAX: Final = 1000  # well within PostgreSQL's numeric, which keeps trailing zeros
SECONDS_CHARACTERS: Final = len("2026-11-22T08:00:00")
_DECIMAL: Final = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"
_NEGATIVE_ZERO: Final = r"^-0(?:\.0+)?$"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(Z?)", re.ASCII)


def guess_type(value: str) -> tuple[ColumnType, str | None]:
    """The only type (and format) that a column with this value may still have, but that integers may turn out to be decimals.

    A guess: `fits` decides.
    """
    if value in ("true", "false"):
        return "boolean", None
    if re.fullmatch(r"-?[0-9]+", value):
        return "integer", None
    if re.match(_DECIMAL, value):
        return "decimal", None
    if _DATE.fullmatch(value):
        return "date", None
    if shape := _TIMESTAMP.fullmatch(value):
        return "timestamp", timestamp_format(*shape.groups())
    return "text", None


def timestamp_format(separator: str, fraction: str | None, zone: str) -> str:
    digits = f"%.{len(fraction)}f" if fraction else ""
    return f"%Y-%m-%d{separator}%H:%M:%S{digits}{zone}"


def fits(value: pl.Expr, column_type: ColumnType, column_format: str | None) -> pl.Expr:
    """A boolean for each value: may it be of this type?"""
    match column_type:
        case "integer":
            return _is_same(value.cast(pl.Int64, strict=False).cast(pl.String), value)
        case "decimal":
            is_decimal = value.str.contains(_DECIMAL) & ~value.str.contains(_NEGATIVE_ZERO)
            return (is_decimal & (value.str.len_bytes() <= DECIMAL_CHARACTERS_MAX)).fill_null(True)
        case "boolean":
            return value.is_in(["true", "false"]).fill_null(True)
        case "date":
            return _is_same_time(value, value.str.to_date("%Y-%m-%d", strict=False), "%Y-%m-%d")
        case "timestamp":
            assert column_format is not None
            return _is_timestamp(value, column_format)
        case "text":
            return pl.lit(True)


def _is_timestamp(value: pl.Expr, column_format: str) -> pl.Expr:
    """The part up to the second is converted and written back; a fraction of 1 to 6 digits PostgreSQL keeps as it is."""
    before, directive, behind = column_format.partition("%.")
    if not directive:
        return _is_same_time(value, value.str.to_datetime(column_format, time_unit="us", strict=False), column_format)
    digits, zone = behind[0], behind[2:]
    seconds = value.str.head(SECONDS_CHARACTERS)
    converted = seconds.str.to_datetime(before, time_unit="us", strict=False)
    fraction_fits = value.str.slice(SECONDS_CHARACTERS).str.contains(rf"^\.[0-9]{{{digits}}}{zone}$").fill_null(True)
    return _is_same_time(seconds, converted, before) & fraction_fits


def _is_same(written_back: pl.Expr, value: pl.Expr) -> pl.Expr:
    return written_back.eq_missing(value)


def _is_same_time(value: pl.Expr, time: pl.Expr, column_format: str) -> pl.Expr:
    """Years 0001 to 9999: PostgreSQL has no year 0, and chrono writes others with a sign."""
    return _is_same(time.dt.to_string(column_format), value) & (value >= "0001").fill_null(True)


def is_assignable(source: Column, target: Column) -> bool:
    """Whether every value that fits the source's type fits the target's."""
    if target.type == "text":
        return True
    if source.type == "integer" and target.type == "decimal":
        return True
    return (source.type, source.format) == (target.type, target.format)
