"""Which type a column has in Parquet and Arrow. Pure.

integer → int64 · decimal → decimal128 with the most digits behind the point that the version has, text where that takes more than 38 digits ·
boolean → bool · date → date32 · timestamp → timestamp in microseconds, of UTC where the values have a zone, else without one · text → text. Nulls are nulls.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from backbone.model import Column, ColumnType
from backbone.rows.export import DecimalSize
from backbone.types.decimal import DIGITS_MAX

REFUSED: Final = b"!"  # before a sentence in the place of a workbook, which never begins so


class FrameColumn(Struct, frozen=True):
    name: str
    kind: ColumnType
    fraction: int = 0  # digits behind the point of a decimal
    format: str | None = None
    title: str = ""


class FrameOrder(Struct, frozen=True):
    """What the writing process is told first."""

    format: Literal["parquet", "arrow", "xlsx"]
    columns: tuple[FrameColumn, ...]
    keeps_empty: bool = False  # null is an empty field, an empty text is one in quotes; else both are null


def frame_columns(columns: Sequence[Column], sizes: Mapping[str, DecimalSize]) -> tuple[FrameColumn, ...]:
    return tuple(_frame_column(column, sizes.get(column.name, DecimalSize())) for column in columns)


def _frame_column(column: Column, size: DecimalSize) -> FrameColumn:
    if column.type != "decimal":
        return FrameColumn(column.name, column.type, format=column.format, title=column.title)
    fits = size.whole + size.fraction <= DIGITS_MAX
    return FrameColumn(column.name, "decimal" if fits else "text", size.fraction if fits else 0, title=column.title)
