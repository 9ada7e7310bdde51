"""Which type a column has in Parquet and Arrow. Pure.

integer → int64 · decimal → decimal128 with the most digits behind the point that the version has, text where that takes more than 38 digits ·
boolean → bool · date → date32 · timestamp → timestamp in microseconds, without a zone · text → text. Nulls are nulls.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from backbone.model import Column
from backbone.rows.export import DecimalSize

DIGITS_MAX: Final = 38

Kind = Literal["integer", "decimal", "boolean", "date", "timestamp", "text"]


class FrameColumn(Struct, frozen=True):
    name: str
    kind: Kind
    fraction: int = 0  # digits behind the point of a decimal


class FrameOrder(Struct, frozen=True):
    """What the writing process is told first."""

    format: Literal["parquet", "arrow"]
    columns: tuple[FrameColumn, ...]


def frame_columns(columns: Sequence[Column], sizes: Mapping[str, DecimalSize]) -> tuple[FrameColumn, ...]:
    return tuple(_frame_column(column, sizes.get(column.name, DecimalSize())) for column in columns)


def _frame_column(column: Column, size: DecimalSize) -> FrameColumn:
    if column.type != "decimal":
        return FrameColumn(column.name, column.type)
    fits = size.whole + size.fraction <= DIGITS_MAX
    return FrameColumn(column.name, "decimal", size.fraction) if fits else FrameColumn(column.name, "text")
