"""Turns values of declared types, written the way the file writes them, into the way PostgreSQL reads them.

What is declared is meant: `007` declared as integer is 7, spaces around a value do not count. What cannot be converted becomes null
here, which the caller takes for a reject. Null stays null.
"""

import polars as pl

from backbone.types.definition import Kind
from backbone.types.registry import COLUMN_TYPES


def convert(values: pl.Series, kind: Kind, pattern: str) -> pl.Series:
    """Texts for PostgreSQL; `pattern` is that of a declared type, or empty."""
    conversion = COLUMN_TYPES[kind[0]].convert(pl.col("value").str.strip_chars(), pattern)
    return values.to_frame("value").select(conversion).to_series().alias(values.name)
