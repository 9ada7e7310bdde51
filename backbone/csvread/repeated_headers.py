"""Records that are the header again, as in files that were written one behind the other: misfits, not rows."""

from typing import Final

import numpy as np
import polars as pl
from msgspec import structs

from backbone.csvread.borders import Units
from backbone.csvread.cells import column_of
from backbone.csvread.segment import Misfit, Segment
from backbone.model import Column, Dialect

_REPEATED: Final = "The record says the header's titles again, as when files are written one behind the other."


def titles_of(columns: tuple[Column, ...], dialect: Dialect) -> tuple[str, ...]:
    """What a record must say to be the header again; nothing where that cannot be told."""
    is_plain = dialect.header and dialect.header_rows == 1 and len(columns) > 1
    return tuple(column.title for column in columns) if is_plain else ()


def may_repeat(data: bytes, units: Units, titles: tuple[str, ...], dialect: Dialect) -> bool:
    """False only where it is certain from the bytes alone: no record begins as the header does, or a title that is written in one way only is nowhere."""
    if dialect.escape:
        return bool(titles)
    if not titles or not _begins_alike(data, units, titles[0], dialect):
        return False
    plain = [title for title in titles if _is_plain(title)]
    return not plain or max(plain, key=len).encode() in data


def _begins_alike(data: bytes, units: Units, title: str, dialect: Dialect) -> bool:
    """A look at one byte of each record costs a twentieth of a search through all bytes."""
    if not _is_plain(title) or not len(units.begins) or units.begins[0] < 0:
        return True
    firsts = np.frombuffer(data, dtype=np.uint8)[units.begins]
    letters = [title.encode()[0], *(dialect.quote or "").encode(), *b" \t"]
    return any(bool((firsts == letter).any()) for letter in letters)


def _is_plain(title: str) -> bool:
    return title.strip() == title and title.replace(" ", "").isalnum()


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
