"""Reads records column by column with polars, some thirty times faster than Python's `csv`.

What polars 2.1 does was tested against `csv` (tests/unit/test_reading_columnwise.py): with only legal quotes, no NUL and no lone CR
outside quotes it reads the same fields; a short record is filled with nulls; a record that is too long or not UTF-8 raises; a blank
line gives a row of nulls, so that rows and units can be counted against each other.
"""

from functools import lru_cache
from typing import Final

import polars as pl

from backbone.model import Dialect

# polars takes a byte order mark off, and inflates what begins like a zlib stream: the honest text "x^" among them.
_MISREAD_BEGINNINGS: Final = (b"x", b"\xef")


class NotReadable(Exception):  # noqa: N818
    """polars refused these bytes: they are for the exact reader."""


@lru_cache(maxsize=8)
def schema_of(width: int) -> dict[str, pl.DataType]:
    return {field_name(place): pl.String() for place in range(width)}


def field_name(place: int) -> str:
    """The frame's column of the file's field `place` (from 0)."""
    return f"c{place}"


def read_columns(data: bytes, dialect: Dialect, width: int) -> pl.DataFrame:
    """A row for each unit; empty fields are null. Raises NotReadable."""
    misread = data.startswith(_MISREAD_BEGINNINGS)
    try:
        frame = pl.read_csv(
            b"\n" + data if misread else data,
            has_header=False,
            schema=schema_of(width),
            infer_schema=False,
            separator=dialect.delimiter,
            quote_char=dialect.quote or None,
            null_values=["", dialect.null] if dialect.null else "",
            extra_columns="raise",
            missing_columns="insert",
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise NotReadable(str(error)) from None
    return frame.slice(1) if misread else frame


def frame_of(rows: list[list[str]], dialect: Dialect, width: int) -> pl.DataFrame:
    """The same for rows of the exact reader: cut or filled up to `width`."""
    nulls = ("", dialect.null)
    cells = [[row[place] if place < len(row) and row[place] not in nulls else None for row in rows] for place in range(width)]
    return pl.DataFrame([pl.Series(field_name(place), values, dtype=pl.String) for place, values in enumerate(cells)])
