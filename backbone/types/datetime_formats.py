"""Dates and times as text in a column's own form (`Column.format`): reading, writing, and whether the texts sort as the times do. Pure.

A format is a strftime pattern; `%.3f` is a point and that many digits of the second's fraction, `%z` the offset from UTC as it was written
(`Z`, `+02:00`, `+0200` or `+02`). Times with an offset are compared as the instants they are, here as times of UTC without a zone.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

from backbone.model import Column

WRITABLE_DIRECTIVES: Final = frozenset(
    ("%Y", "%y", "%m", "%-m", "%d", "%-d", "%H", "%-H", "%I", "%-I", "%M", "%S", "%p", *(f"%.{digits}f" for digits in range(1, 7)))
)
DIRECTIVE: Final = re.compile(r"%(?:\.\d?f|-?[A-Za-z%])")
_DIRECTIVES: Final = re.compile(r"%\.\df|%.")
MILLISECOND_DIGITS: Final = 3
_FRACTION: Final = re.compile(r"%\.(\d)f")
_BIG_TO_SMALL: Final = ["%Y", "%m", "%d", "%H", "%M", "%S"]
_SHORT_OFFSET: Final = re.compile(r"([-+]\d\d)$")
_PG_FORMATS: Final = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%-m": "FMMM", "%d": "DD", "%-d": "FMDD", "%H": "HH24", "%-H": "FMHH24", "%I": "HH12",
    "%-I": "FMHH12", "%M": "MI", "%S": "SS", "%p": "AM", "%z": '"Z"',
}  # fmt: skip
_JAVA_FORMATS: Final = {"%Y": "uuuu", "%y": "uu", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss", "%p": "a"}


def is_zoned(format: str | None) -> bool:
    return format is not None and "%z" in format


def is_writable(pattern: str) -> bool:
    """Whether both homes can write a time so."""
    return all(directive in WRITABLE_DIRECTIVES for directive in DIRECTIVE.findall(pattern))


def read_moment(text: str, format: str | None) -> datetime:
    """Raises `ValueError`. Without a format: an ISO date."""
    if format is None:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day)
    if is_zoned(format):
        return _read_instant(text, format)
    fraction = _FRACTION.search(format)
    if fraction is None:
        return datetime.strptime(text, format)
    # Python knows no `%.3f`: `.%f` reads 1 to 6 digits, and the number of them must be the format's.
    moment = datetime.strptime(text, _FRACTION.sub(".%f", format))
    if write_moment(moment, format) != text:
        raise ValueError(f"{text!r} is not written as {format}")
    return moment


def _read_instant(text: str, format: str) -> datetime:
    moment = datetime.strptime(_SHORT_OFFSET.sub(r"\g<1>00", text), _FRACTION.sub(".%f", format))
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"{text!r} is before the first year or behind the last") from None


def write_moment(moment: datetime, format: str | None) -> str:
    if format is None:
        return moment.date().isoformat()
    year_padded = format.replace("%Y", f"{moment.year:04}").replace("%z", "Z")  # strftime does not pad years before 1000
    with_fraction = _FRACTION.sub(lambda match: f".{moment.microsecond:06}"[: int(match[1]) + 1], year_padded)
    return moment.strftime(with_fraction)


def iso_text(format: str | None, text: str) -> str:
    """The text of a date or time as PostgreSQL reads it whatever its settings."""
    if format is None:
        return text
    return read_moment(text, format).isoformat(sep=" ") + ("Z" if is_zoned(format) else "")


def sorts_as_text(column: Column) -> bool:
    """Whether the column's texts, compared character by character, are in the order of the times that they stand for."""
    return is_big_to_small(column.format)


def is_big_to_small(format: str | None) -> bool:
    if format is None:
        return True
    directives = [directive for directive in _DIRECTIVES.findall(format) if not directive.startswith("%.")]
    return bool(directives) and directives == _BIG_TO_SMALL[: len(directives)]


def is_exact_in_milliseconds(format: str | None) -> bool:
    """Whether Java's clock of milliseconds, and its reading of the pattern, keep every value of this form. It takes all years of two
    digits for years after 2000."""
    directives = _DIRECTIVES.findall((format or "").replace("%z", ""))
    return all(_is_exact_in_milliseconds(directive) for directive in directives)


def _is_exact_in_milliseconds(directive: str) -> bool:
    if directive.startswith("%."):
        return int(directive[2]) <= MILLISECOND_DIGITS
    return directive != "%y" and directive in _JAVA_FORMATS


def to_char_pattern(strftime: str) -> str:
    """PostgreSQL's `to_char` pattern for a strftime pattern; what is no directive stands in double quotes."""
    out: list[str] = []
    for part in re.findall(r"%\.\df|%-?.|[^%]+", strftime):
        if part.startswith("%."):
            out.append(f'"."FF{part[2]}')
        elif part in _PG_FORMATS:
            out.append(_PG_FORMATS[part])
        else:
            out.append('"' + part.replace('"', '\\"') + '"')
    return "".join(out)


def java_pattern(strftime: str) -> str:
    """Java's pattern for a strftime pattern; what is no directive stands in single quotes."""
    out: list[str] = []
    rest = strftime
    while rest:
        if rest.startswith("%."):
            out.append("'.'" + "S" * int(rest[2]))
            rest = rest[4:]
        elif rest[:2] in _JAVA_FORMATS:
            out.append(_JAVA_FORMATS[rest[:2]])
            rest = rest[2:]
        else:
            out.append("'" + rest[0].replace("'", "''") + "'")
            rest = rest[1:]
    return "".join(out).replace("''", "") if "'" not in strftime else "".join(out)
