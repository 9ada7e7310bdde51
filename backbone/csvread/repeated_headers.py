"""Records that are the header again, as in files that were written one behind the other: misfits, not rows."""

from typing import Final

import numpy as np
import polars as pl
from msgspec import structs

from backbone.csvread.cells import column_of
from backbone.csvread.segment import Misfit, Segment
from backbone.model import Column, Dialect

_REPEATED: Final = "The record says the header's titles again, as when files are written one behind the other."


def titles_of(columns: tuple[Column, ...], dialect: Dialect) -> tuple[str, ...]:
    """What a record must say to be the header again; nothing where that cannot be told."""
    is_plain = dialect.header and dialect.header_rows == 1 and len(columns) > 1
    return tuple(column.title for column in columns) if is_plain else ()


def may_repeat(data: bytes, titles: tuple[str, ...], dialect: Dialect) -> bool:
    """False only where it is certain from the bytes alone: a title that is written in one way only is nowhere in them."""
    if dialect.escape:
        return bool(titles)
    plain = [title for title in titles if title.replace(" ", "").isalnum() and title.strip() == title]
    return bool(titles) and (not plain or max(plain, key=len).encode() in data)


def without_repeated_headers(segment: Segment, titles: tuple[str, ...]) -> Segment:
    fields = segment.fields
    index = next((index for index, title in enumerate(titles) if title), None)
    if index is None or fields.is_empty():
        return segment
    alike = (column_of(fields, index) == titles[index]).fill_null(False).arg_true().to_list()
    if not alike:
        return segment
    wanted = tuple(title or None for title in titles)
    rows = [row for row in alike if next(iter(fields.slice(row, 1).iter_rows()))[: len(titles)] == wanted]
    if not rows:
        return segment
    keep = np.ones(fields.height, dtype=np.bool_)
    keep[rows] = False
    repeated = segment.units[rows]
    misfits = tuple(Misfit(unit=int(unit), reason="header-repeated", detail=_REPEATED) for unit in repeated)
    return structs.replace(
        segment,
        fields=fields.filter(pl.Series(keep)),
        units=segment.units[keep],
        misfits=segment.misfits + misfits,
        unclean=np.union1d(segment.unclean, repeated),
    )
