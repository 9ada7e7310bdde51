"""What dates and timestamps have in common: days that exist, patterns, and reading times by a pattern as strictly as it is written. Pure."""

import re
from datetime import datetime
from typing import Final

import polars as pl

from backbone.types.datetime_formats import DIRECTIVE

# Days that exist in every year; 29 February is for the exact check, and so are the years 0001 to 0999.
SURE_DAY: Final = (
    r"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DAY: Final = (("%Y", "%y"), ("%m", "%b", "%B"), ("%d", "%e"))
_MINUTE: Final = (("%H", "%I", "%k", "%l", "%T", "%R"), ("%M", "%T", "%R"))
_ONE_DIGIT: Final = r"(^|[^0-9])([0-9])($|[^0-9])"


def check_time_pattern(pattern: str, *, with_time: bool) -> str | None:
    """What is wrong with it, as the rest of a sentence."""
    directives = set(DIRECTIVE.findall(pattern.replace("%F", "%Y-%m-%d").replace("-", "")))
    if not _is_readable(pattern):
        return "has a part that is no directive of a date or time; %% is a percent sign."
    if re.search(r"%\.[07-9]f", pattern):
        return "has a fraction of the second of 1 to 6 digits: %.3f; finer ones are not kept."
    needed = _DAY + (_MINUTE if with_time else ())
    is_whole = all(directives & set(choice) for choice in needed)
    if with_time and directives & {"%z"} and not pattern.endswith("%z"):
        return "must have its zone, %z, at the end: %Y-%m-%dT%H:%M:%S%z."
    if not is_whole or directives & {"%Z", "%s"} or ("%z" in directives and not with_time):
        what = "year, month, day, hour and minute, and perhaps %z for a zone" if with_time else "year, month and day, and no zone"
        return f"must have {what}: {'%Y-%m-%d %H:%M:%S' if with_time else '%Y-%m-%d'}."
    return None


def _is_readable(pattern: str) -> bool:
    """Whether polars can write a moment so: it finds out with the first value only."""
    moment = pl.Series([datetime(2026, 1, 31, 12)]).dt.replace_time_zone("UTC")
    try:
        moment.dt.to_string(re.sub(r"%\.[1-6]f", "%.f", pattern))
    except pl.exceptions.PolarsError:
        return False
    return True


def is_same_time(value: pl.Expr, time: pl.Expr, form: str) -> pl.Expr:
    """Years 0001 to 9999: PostgreSQL has no year 0, and chrono writes others with a sign."""
    return time.dt.to_string(form).eq_missing(value) & (value >= "0001").fill_null(True)


def is_written_so(value: pl.Expr, time: pl.Expr, form: str) -> pl.Expr:
    """Whether the time written in this form is the value, leading zeros and case aside: chrono takes `02/01/26` for the year 26."""
    is_year = time.dt.year().is_between(1, 9999)
    return is_year & (_padded(time.dt.to_string(form)) == _padded(value))


def read_times(value: pl.Expr, pattern: str) -> tuple[pl.Expr, pl.Expr]:
    """The times, and whether each is written as the pattern says."""
    # chrono reads a fraction of any length by `%.f`, but `%.1f` not at all; it writes 3 or 6 digits.
    reading = re.sub(r"%\.\df", "%.f", pattern)
    time = value.str.to_datetime(reading, time_unit="us", strict=False)
    seconds, fraction = re.sub(r"%\.\df", "", pattern), bool(re.search(r"%\.\d?f", pattern))
    without_fraction = value.str.replace(r"(:[0-9]{1,2})\.[0-9]{1,6}", "$1") if fraction else value
    return time, is_written_so(without_fraction, time, seconds.replace("%.f", ""))


def _padded(value: pl.Expr) -> pl.Expr:
    once = value.str.to_lowercase().str.strip_chars().str.replace_all(" +", " ").str.replace_all(_ONE_DIGIT, "${1}0${2}${3}")
    return once.str.replace_all(_ONE_DIGIT, "${1}0${2}${3}")  # neighbours share a separator, so one pass finds every other one
