"""What it takes for a text to be a value of a type: written back by PostgreSQL, it must be the same text (DESIGN §8).

Each type has a pattern that settles nearly all values at once, and an exact check for the rest, which is the definition itself:
convert, write back, compare. Null (an empty field) fits every type.
"""

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from backbone.csvread.cells import Cells, Fields
from backbone.csvread.columnwise import field_name
from backbone.model import Column, ColumnType

Kind = tuple[ColumnType, str | None]  # type and format

DECIMAL_CHARACTERS_MAX: Final = 1000  # well within PostgreSQL's numeric, which keeps trailing zeros
SECONDS_CHARACTERS: Final = len("2026-11-22T08:00:00")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(Z?)", re.ASCII)

_SURE_INTEGER: Final = r"^(?:0|-?[1-9][0-9]{0,17})$"
# Without negative zero, which PostgreSQL does not have.
_DECIMAL: Final = r"^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$|^-(?:[1-9][0-9]*(?:\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)$"
# Days that exist in every year; 29 February is for the exact check, and so are the years 0001 to 0999.
_SURE_DAY: Final = (
    r"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def guess_type(value: str) -> Kind:
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
        separator, fraction, zone = shape.groups()
        return "timestamp", f"%Y-%m-%d{separator}%H:%M:%S{f'%.{len(fraction)}f' if fraction else ''}{zone}"
    return "text", None


def fits(values: pl.Series, kind: Kind) -> pl.Series:
    """A boolean for each value: may it be of this type?"""
    frame = values.to_frame("value")
    sure = frame.select(_surely_fits(pl.col("value"), kind).fill_null(True)).to_series()
    if sure.all():
        return sure
    rest = frame.filter(~sure).select(_exactly_fits(pl.col("value"), kind)).to_series()
    return sure.scatter((~sure).arg_true(), rest)


def find_unfit_columns(fields: Fields, kinds: Mapping[int, Kind]) -> list[int]:
    """Which of the fields hold a value that does not fit. Columns of one type are looked at as one: a file may have 10,000."""
    places_of: dict[Kind, list[int]] = {}
    for place, kind in kinds.items():
        places_of.setdefault(kind, []).append(place)
    return [place for kind, places in places_of.items() if kind[0] != "text" for place in _find_unfit(fields, places, kind)]


def _find_unfit(fields: Fields, places: list[int], kind: Kind) -> list[int]:
    return _find_in_cells(fields, places, kind) if isinstance(fields, Cells) else _find_in_frame(fields, places, kind)


def _find_in_cells(cells: Cells, places: list[int], kind: Kind) -> list[int]:
    part = cells.select(places)
    fitting = fits(part.series, kind)
    if fitting.all():
        return []
    is_unfit = part.by_row(~fitting.to_numpy()).any(axis=0)
    return [places[number] for number in np.flatnonzero(is_unfit).tolist()]


def _find_in_frame(frame: pl.DataFrame, places: list[int], kind: Kind) -> list[int]:
    if fits(pl.concat([frame[field_name(place)].alias("value") for place in places]), kind).all():
        return []
    if len(places) == 1:
        return places
    middle = len(places) // 2
    return _find_in_frame(frame, places[:middle], kind) + _find_in_frame(frame, places[middle:], kind)


def _surely_fits(value: pl.Expr, kind: Kind) -> pl.Expr:
    match kind:
        case "integer", _:
            return value.str.contains(_SURE_INTEGER)
        case "decimal", _:
            return value.str.contains(_DECIMAL) & (value.str.len_bytes() <= DECIMAL_CHARACTERS_MAX)
        case "boolean", _:
            return (value == "true") | (value == "false")
        case "date", _:
            return value.str.contains(f"^{_SURE_DAY}$")
        case "timestamp", str(form):
            separator, fraction, zone = _parts(form)
            return value.str.contains(f"^{_SURE_DAY}{separator}{_TIME}{fraction}{zone}$")
    return pl.lit(True)


def _exactly_fits(value: pl.Expr, kind: Kind) -> pl.Expr:
    match kind:
        case "integer", _:
            return value.cast(pl.Int64, strict=False).cast(pl.String).eq_missing(value)
        case "date", _:
            return _is_same_time(value, value.str.to_date("%Y-%m-%d", strict=False), "%Y-%m-%d")
        case "timestamp", str(form):
            separator, fraction, zone = _parts(form)
            seconds, rest = value.str.head(SECONDS_CHARACTERS), value.str.slice(SECONDS_CHARACTERS)
            seconds_form = f"%Y-%m-%d{separator}%H:%M:%S"
            time = seconds.str.to_datetime(seconds_form, time_unit="us", strict=False)
            return _is_same_time(seconds, time, seconds_form) & rest.str.contains(f"^{fraction}{zone}$")
    return pl.lit(False)  # the sure check is exact


def _parts(form: str) -> tuple[str, str, str]:
    """Separator, a pattern for the fraction of the second, and zone of a timestamp's format."""
    _, _, behind = form.partition("%.")
    fraction = rf"\.[0-9]{{{behind[0]}}}" if behind else ""
    return form[len("%Y-%m-%d")], fraction, "Z" if form.endswith("Z") else ""


def _is_same_time(value: pl.Expr, time: pl.Expr, form: str) -> pl.Expr:
    """Years 0001 to 9999: PostgreSQL has no year 0, and chrono writes others with a sign."""
    return time.dt.to_string(form).eq_missing(value) & (value >= "0001").fill_null(True)


def is_assignable(source: Column, target: Column) -> bool:
    """Whether every value that fits the source's type fits the target's."""
    if target.type == "text":
        return True
    if source.type == "integer" and target.type == "decimal":
        return True
    return (source.type, source.format) == (target.type, target.format)
