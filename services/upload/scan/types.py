"""Finds the types of all columns over the whole file, some records at a time.

A column has at every moment the one type that all its values so far may have. The types exclude each other, so the first value
settles which one it can be; only integers may still turn out to be decimals. What has become text stays text and costs nothing more.
"""

import polars as pl
from msgspec import structs

from backbone.model import Column, ColumnType
from backbone.reading.columnwise import field_name
from backbone.reading.values import fits, guess_type


class TypeFinder:
    def __init__(self, width: int) -> None:
        self._unknown = set(range(width))  # no value seen yet
        self._typed: dict[int, tuple[ColumnType, str | None]] = {}  # not text

    def add(self, frame: pl.DataFrame) -> None:
        """A frame of `read_columns`. Every value is looked at, but for those of columns that are text already."""
        if frame.is_empty():
            return
        self._guess(frame)
        for place in self._failing(frame, list(self._typed)):
            column_type, _ = self._typed.pop(place)
            if column_type == "integer":
                self._typed[place] = ("decimal", None)
                if self._failing(frame, [place]):
                    del self._typed[place]

    def columns(self, named: tuple[Column, ...]) -> tuple[Column, ...]:
        """The named columns with what was found. A column without any value is text."""
        found = [self._typed.get(place, ("text", None)) for place in range(len(named))]
        return tuple(structs.replace(column, type=kind, format=form) for column, (kind, form) in zip(named, found, strict=True))

    def _guess(self, frame: pl.DataFrame) -> None:
        if not self._unknown:
            return
        places = sorted(self._unknown)
        first_values = frame.select(pl.col(field_name(place)).drop_nulls().first() for place in places).row(0)
        for place, value in zip(places, first_values, strict=True):
            if value is None:
                continue
            self._unknown.remove(place)
            guess = guess_type(value)
            if guess[0] != "text":
                self._typed[place] = guess

    def _failing(self, frame: pl.DataFrame, places: list[int]) -> list[int]:
        if not places:
            return []
        answers = frame.select(fits(pl.col(field_name(place)), *self._typed[place]).all() for place in places).row(0)
        return [place for place, all_fit in zip(places, answers, strict=True) if not all_fit]
