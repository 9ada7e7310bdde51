"""What the scan of the whole file found in each column."""

from msgspec import Struct

from backbone.model import ColumnType


class ColumnProfile(Struct, frozen=True, kw_only=True):
    """Of one column. Values are texts as they stand in the file; None where there are none (or, for `mean`, no numbers)."""

    name: str
    type: ColumnType
    nulls: int
    distinct: int  # approximately
    min: str | None = None
    max: str | None = None
    mean: float | None = None
    longest: int = 0  # characters
    top: tuple[tuple[str, int], ...] = ()  # the most frequent values and how often they occur, approximately
