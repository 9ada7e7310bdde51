"""Dates and times as text in a column's own form (`Column.format`): reading, writing, and whether the texts sort as the times do. Pure."""

import re
from datetime import date, datetime
from typing import Final

from backbone.model import Column

_DIRECTIVES: Final = re.compile(r"%\.\df|%.")
_FRACTION: Final = re.compile(r"%\.(\d)f")
_BIG_TO_SMALL: Final = ["%Y", "%m", "%d", "%H", "%M", "%S"]


def read_moment(text: str, format: str | None) -> datetime:
    """Raises `ValueError`. Without a format: an ISO date."""
    if format is None:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day)
    fraction = _FRACTION.search(format)
    if fraction is None:
        return datetime.strptime(text, format)
    # Python knows no `%.3f`: `.%f` reads 1 to 6 digits, and the number of them must be the format's.
    moment = datetime.strptime(text, _FRACTION.sub(".%f", format))
    if write_moment(moment, format) != text:
        raise ValueError(f"{text!r} is not written as {format}")
    return moment


def write_moment(moment: datetime, format: str | None) -> str:
    if format is None:
        return moment.date().isoformat()
    year_padded = format.replace("%Y", f"{moment.year:04}")  # strftime does not pad years before 1000
    with_fraction = _FRACTION.sub(lambda match: f".{moment.microsecond:06}"[: int(match[1]) + 1], year_padded)
    return moment.strftime(with_fraction)


def iso_text(column: Column, text: str) -> str:
    """The text of a column of dates or times as PostgreSQL reads it whatever its settings."""
    return text if column.format is None else read_moment(text, column.format).isoformat(sep=" ")


def sorts_as_text(column: Column) -> bool:
    """Whether the column's texts, compared character by character, are in the order of the times that they stand for."""
    if column.format is None:
        return True
    directives = [found for found in _DIRECTIVES.findall(column.format) if not found.startswith("%.")]
    return bool(directives) and directives == _BIG_TO_SMALL[: len(directives)]
