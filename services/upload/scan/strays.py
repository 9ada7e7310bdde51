"""Columns that are text because of a few values: nearly all others are numbers, dates or words for true and false. Which values, in
which records."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl
from msgspec import Struct

from backbone.csvread.cells import Fields, column_of
from backbone.csvread.conversions import convert
from backbone.csvread.values import Kind, fits, guess_type
from backbone.findings import PLACES_MAX, Place, place
from services.upload.scan.written_forms import stand_for_null

FITTING_MIN: Final = 4  # for each stray one: fewer may be chance
SAMPLE_VALUES: Final = 50
DECIMAL: Final[Kind] = ("decimal", None)


class Stray(Struct):
    """What is known of a column so far. `nulls`: texts that stand for a missing value, in order."""

    kind: Kind
    fitting: int = 0
    count: int = 0
    nulls: dict[str, None] = {}
    null_places: tuple[Place, ...] = ()
    places: tuple[Place, ...] = ()
    rows: dict[int, tuple[str, ...]] = {}  # of the records of `places` all fields

    @property
    def is_sure(self) -> bool:
        return 0 < self.count * FITTING_MIN <= self.fitting

    def takes(self, text: str) -> bool:
        return bool(fits(pl.Series([text]), self.kind).all())


class StrayFinder:
    def __init__(self, watched: set[int]) -> None:
        """`watched`: fields that are looked at as long as there is something to be found in them."""
        self._watched = set(watched)
        self._columns: dict[int, Stray] = {}

    def add(self, fields: Fields, kinds: Mapping[int, Kind], record_of: Callable[[int], int]) -> None:
        """`kinds` as `SuggestionFinder.add` has them; `record_of`: of the number of a row the record's in the file, from 1."""
        for index in sorted(self._watched):
            values = column_of(fields, index)
            filled = len(values) - values.null_count()
            if not filled:
                continue
            if index in kinds:
                column = self._columns.setdefault(index, Stray(kinds[index]))
                column.kind, column.fitting = kinds[index], column.fitting + filled
            elif not self._look_at_text(index, values, fields, record_of):
                self._watched.discard(index)
                self._columns.pop(index, None)

    def of(self, index: int) -> Stray | None:
        return self._columns.get(index)

    @property
    def all(self) -> tuple[Stray, ...]:
        """Of columns that have any."""
        return tuple(column for column in self._columns.values() if column.count)

    def _look_at_text(self, index: int, values: pl.Series, fields: Fields, record_of: Callable[[int], int]) -> bool:
        """Whether it is worth while to go on with the column."""
        column = self._columns.get(index)
        if column is None:
            kind = _usual_kind(values.drop_nulls().head(SAMPLE_VALUES).to_list())
            if kind is None:
                return False
            column = self._columns[index] = Stray(kind)
        is_null = stand_for_null(values).fill_null(True)
        strays = ~(fits(values, column.kind) | is_null)
        if column.kind[0] == "integer" and int(strays.sum()) > len(values) // FITTING_MIN:
            column.kind = DECIMAL
            strays = ~(fits(values, DECIMAL) | is_null)
        if convert(values.filter(strays), (column.kind[0], None), column.kind[1] or "").is_not_null().any():
            return False  # 007, of which the type would make another text in silence
        column.fitting += len(values) - int(is_null.sum()) - int(strays.sum())
        column.count += int(strays.sum())
        column.rows |= _more_rows(PLACES_MAX - len(column.places), strays, fields, record_of)
        column.places = _more_places(column.places, values, strays, record_of)
        is_null &= values.is_not_null()
        column.nulls |= dict.fromkeys(values.filter(is_null).unique(maintain_order=True).to_list())
        column.null_places = _more_places(column.null_places, values, is_null, record_of)
        return column.count <= max(PLACES_MAX, column.fitting // FITTING_MIN)


def _more_places(places: tuple[Place, ...], values: pl.Series, wanted: pl.Series, record_of: Callable[[int], int]) -> tuple[Place, ...]:
    rows = wanted.arg_true().head(PLACES_MAX - len(places)).to_list()
    return places + tuple(place(record=record_of(row), text=values[row]) for row in rows)


def _more_rows(count: int, wanted: pl.Series, fields: Fields, record_of: Callable[[int], int]) -> dict[int, tuple[str, ...]]:
    rows = wanted.arg_true().head(count).to_list()
    return {record_of(row): tuple(field or "" for field in next(iter(fields.slice(row, 1).iter_rows()))) for row in rows}


def _usual_kind(texts: list[str]) -> Kind | None:
    kinds = Counter(kind for kind in map(guess_type, texts) if kind[0] != "text")
    if not kinds:
        return None
    kind, count = kinds.most_common(1)[0]
    if kind[0] in ("integer", "decimal"):
        count = kinds[("integer", None)] + kinds[DECIMAL]
        kind = DECIMAL if kinds[DECIMAL] else kind
    return kind if 2 * count >= len(texts) else None
