"""Turns values of declared types, written the way the file writes them, into the way PostgreSQL reads them.

What is declared is meant: `007` declared as integer is 7, spaces around a value do not count. What cannot be converted becomes null
here, which the caller takes for a reject. Null stays null.
"""

import re
from typing import Final

import polars as pl

from backbone.csvread.values import DECIMAL_CHARACTERS_MAX, Kind

WRITABLE_DIRECTIVES: Final = frozenset(("%Y", "%y", "%m", "%d", "%H", "%I", "%M", "%S", "%p", *(f"%.{digits}f" for digits in range(1, 7))))
_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_FALSE: Final = ("false", "f", "no", "n", "off", "0")
_NUMBER_EXAMPLE: Final = re.compile(r"1(\D?)234(?:(\D)56)?")
_PLAIN_DECIMAL: Final = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$"
_SPACES: Final = "[ \u00a0\u202f]"
_ONE_DIGIT: Final = r"(^|[^0-9])([0-9])($|[^0-9])"


def read_number_pattern(pattern: str) -> tuple[str, str] | None:
    """The thousands separator (may be empty) and the decimal separator of `1.234,56`, `1234,56`, or in short `.,` or `,`."""
    if match := _NUMBER_EXAMPLE.fullmatch(pattern):
        group, decimal = match.groups()
        decimal = decimal or ("," if group == "." else ".")
    elif 1 <= len(pattern) <= 2 and not re.search(r"[\w+-]", pattern):
        group, decimal = pattern[:-1], pattern[-1]
    else:
        return None
    return None if group == decimal else (group, decimal)


def convert(values: pl.Series, kind: Kind, pattern: str) -> pl.Series:
    """Texts for PostgreSQL; `pattern` is that of a declared type, or empty."""
    value = pl.col("value").str.strip_chars()
    return values.to_frame("value").select(_conversion(value, kind[0], pattern)).to_series().alias(values.name)


def _conversion(value: pl.Expr, column_type: str, pattern: str) -> pl.Expr:
    match column_type:
        case "integer":
            number = _plain_number(value, pattern)
            return _only(number, number.cast(pl.Int64, strict=False).is_not_null() & number.str.contains(r"^[-+]?[0-9]+$"))
        case "decimal":
            number = _plain_number(value, pattern)
            return _only(number, number.str.contains(_PLAIN_DECIMAL) & (number.str.len_bytes() <= DECIMAL_CHARACTERS_MAX))
        case "boolean":
            return _boolean(value, pattern)
        case "date":
            form = pattern or "%Y-%m-%d"
            time = value.str.to_date(form, strict=False)
            return _only(time.dt.to_string("%Y-%m-%d"), _is_written_so(value, time, form))
        case "timestamp":
            return _timestamp(value, pattern) if pattern else _iso_timestamp(value)
    return pl.col("value")


def _only(value: pl.Expr, condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(value)


def _plain_number(value: pl.Expr, pattern: str) -> pl.Expr:
    separators = read_number_pattern(pattern)
    if separators is None:
        return value
    group, decimal = separators
    space = _SPACES if group in (" ", "\u00a0", "\u202f") else re.escape(group)
    grouped = rf"[0-9]{{1,3}}(?:{space}[0-9]{{3}})+|" if group else ""
    is_number = value.str.contains(rf"^[-+]?(?:{grouped}[0-9]+)(?:{re.escape(decimal)}[0-9]+)?$")
    without_groups = value.str.replace_all(space, "") if group else value
    return _only(without_groups.str.replace(decimal, ".", literal=True), is_number)


def _boolean(value: pl.Expr, pattern: str) -> pl.Expr:
    true, false = ([word] for word in pattern.split("/")) if pattern else (_TRUE, _FALSE)
    word = value if pattern else value.str.to_lowercase()
    return pl.when(word.is_in(true)).then(pl.lit("true")).when(word.is_in(false)).then(pl.lit("false"))


def _timestamp(value: pl.Expr, pattern: str) -> pl.Expr:
    # chrono reads a fraction of any length by `%.f`, but `%.1f` not at all; it writes 3 or 6 digits.
    reading = re.sub(r"%\.\df", "%.f", pattern)
    time = value.str.to_datetime(reading, time_unit="us", strict=False)
    seconds, fraction = re.sub(r"%\.\df", "", pattern), bool(re.search(r"%\.\d?f", pattern))
    without_fraction = value.str.replace(r"(:[0-9]{1,2})\.[0-9]{1,6}", "$1") if fraction else value
    return _only(time.dt.to_string("%Y-%m-%d %H:%M:%S%.6f"), _is_written_so(without_fraction, time, seconds.replace("%.f", "")))


def _iso_timestamp(value: pl.Expr) -> pl.Expr:
    plain = value.str.replace("T", " ", literal=True).str.strip_suffix("Z")
    time = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    seconds = plain.str.replace(r"\.[0-9]{1,6}$", "")
    return _only(time.dt.to_string("%Y-%m-%d %H:%M:%S%.6f"), _is_written_so(seconds, time, "%Y-%m-%d %H:%M:%S"))


def _is_written_so(value: pl.Expr, time: pl.Expr, form: str) -> pl.Expr:
    """Whether the time written in this form is the value, leading zeros and case aside: chrono takes `02/01/26` for the year 26."""
    is_year = time.dt.year().is_between(1, 9999)
    return is_year & (_padded(time.dt.to_string(form)) == _padded(value))


def _padded(value: pl.Expr) -> pl.Expr:
    once = value.str.to_lowercase().str.strip_chars().str.replace_all(" +", " ").str.replace_all(_ONE_DIGIT, "${1}0${2}${3}")
    return once.str.replace_all(_ONE_DIGIT, "${1}0${2}${3}")  # neighbours share a separator, so one pass finds every other one
