"""What stands in JSON as what stands in a column: the text that a file would have, checked as a file's is. Pure."""

import decimal
import re
from collections.abc import Sequence
from typing import Final

import polars as pl
from msgspec import Struct, structs

from backbone.columns.written_number import Number
from backbone.csvread.conversions import convert
from backbone.csvread.values import fits
from backbone.model import Column, ColumnType
from backbone.types.registry import kind_of, type_of

EXPONENT_MAX: Final = 1000  # digits: a number is written out, never rounded
CHARACTERS_SHOWN: Final = 40
_EXPONENT: Final = re.compile(r"[eE][-+]?0*([0-9]+)$")


Cell = str | Number | bool | None


class Unfit(Struct, frozen=True):
    row: int  # from 0
    detail: str


def texts_of(column: Column, values: Sequence[Cell]) -> tuple[list[str | None], list[Unfit]]:
    """Under the column's type, each as it would stand in a file that declares nothing; and those that cannot."""
    texts = [_text(column, value) for value in values]
    unfit = {row for row, (text, value) in enumerate(zip(texts, values, strict=True)) if text is None and value is not None}
    if column.type != "text":
        series = pl.Series("value", texts, dtype=pl.String)
        wrong = (~fits(series, kind_of(column)) & series.is_not_null()).arg_true()
        for row, text in zip(wrong.to_list(), _converted(column, series.gather(wrong)), strict=True):
            texts[row] = text
            if text is None:
                unfit.add(row)
    return texts, [Unfit(row, _say(column, values[row])) for row in sorted(unfit)]


def kind_found(column: Column, values: Sequence[Cell]) -> Column:
    """The column with the type that these values show, where none before has shown any: what JSON says they are is not guessed at."""
    there = [value for value in values if value is not None]
    if not column.undecided or not there:
        return column
    decided = structs.replace(column, undecided=False)
    if all(isinstance(value, bool) for value in there):
        return structs.replace(decided, type="boolean")
    if not all(isinstance(value, Number) for value in there):
        return decided
    kinds: tuple[ColumnType, ...] = ("integer", "decimal")
    numbers = (structs.replace(decided, type=kind) for kind in kinds)
    return next((number for number in numbers if not texts_of(number, there)[1]), decided)


def _text(column: Column, value: Cell) -> str | None:
    """None for null, and for a value of another kind than the column's."""
    if value is None:
        return None
    if column.type == "text":
        return _word(value) if isinstance(value, bool) else str(value)
    if isinstance(value, bool):
        return _word(value) if column.type == "boolean" else None
    if isinstance(value, Number):
        return plain(value) if type_of(column).is_number else None
    return value


def _word(value: bool) -> str:
    return "true" if value else "false"


def plain(number: str) -> str | None:
    """Written out, without an exponent and without a negative zero. None: it would be too long."""
    exponent = _EXPONENT.search(number)
    if exponent is not None and (len(exponent[1]) > 4 or int(exponent[1]) > EXPONENT_MAX):
        return None
    if exponent is not None:
        number = format(decimal.Decimal(number), "f")
    return number.removeprefix("-") if not number.strip("-0.") else number


def _converted(column: Column, values: pl.Series) -> list[str | None]:
    """Texts in the way that was declared for the column: `1.234,56`, `31/12/2026`, `yes`."""
    if column.declared is None:
        return [None] * len(values)
    converted = convert(values, kind_of(column), column.declared)
    return converted.to_list()


def _say(column: Column, value: Cell) -> str:
    shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    shown = shown if len(shown) <= CHARACTERS_SHOWN else shown[:CHARACTERS_SHOWN] + "…"
    pattern = column.declared or column.format
    return f"{shown!r} is no {column.type}{f' ({pattern})' if pattern else ''}."
