"""Round bounds between a smallest and a greatest value, as a person would draw them on an axis. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from backbone.model import Column
from backbone.types.datetime_formats import read_moment, write_moment
from backbone.types.registry import type_of

RANGES_MAX: Final = 10
_ROUND_STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000)
_STEPS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400)
)


def round_bounds(column: Column, low: str, high: str) -> tuple[str, ...]:
    """Ascending, at most `RANGES_MAX`, in the column's own form, with values before the first. One bound where all values are equal."""
    if type_of(column).is_time:
        moments = _round_moments(read_moment(low, column.format), read_moment(high, column.format), column.type == "date")
        # Where the form is coarser than the step (a year of two digits), neighbours may look the same.
        bounds = tuple(dict.fromkeys(write_moment(moment, column.format) for moment in moments))
    else:
        bounds = tuple(format(bound, "f") for bound in _round_numbers(Decimal(low), Decimal(high), column.type == "integer"))
    return bounds[1:] or bounds  # the first is at or below all values: nothing is before it


def _round_numbers(low: Decimal, high: Decimal, whole: bool) -> list[Decimal]:
    if low >= high:
        return [low]
    power = Decimal(10) ** ((high - low) / RANGES_MAX).adjusted()
    step = next(size * power for size in _ROUND_STEPS if size * power * RANGES_MAX >= high - low)
    step = max(step, Decimal(1)) if whole else step
    first = (low / step).to_integral_value(ROUND_FLOOR) * step
    count = int((high - first) / step) + 1
    return [(first + step * place).normalize() + 0 for place in range(count)]


def _round_moments(low: datetime, high: datetime, whole_days: bool) -> list[datetime]:
    if low >= high:
        return [low]
    span = high - low
    steps = [step for step in _STEPS if step * RANGES_MAX >= span and not (whole_days and step < timedelta(days=1))]
    if steps:
        start = datetime(low.year, low.month, low.day)
        first = start + (low - start) // steps[0] * steps[0]
        return _walk(first, high, lambda place: first + steps[0] * place)
    months = next((size for size in _MONTHS if timedelta(days=30) * size * RANGES_MAX >= span), _MONTHS[-1])
    begin = (low.year * 12 + low.month - 1) // months * months
    return _walk(_month(begin), high, lambda place: _month(begin + months * place))


def _walk(first: datetime, high: datetime, at: Callable[[int], datetime]) -> list[datetime]:
    moments = [first]
    while len(moments) <= RANGES_MAX and (following := at(len(moments))) <= high:
        moments.append(following)
    return moments


def _month(months: int) -> datetime:
    return datetime(max(1, min(9999, months // 12)), months % 12 + 1, 1)
