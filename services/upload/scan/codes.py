"""Which text columns are codes (`AB-12`, `4711X`), as far as their first values tell: an index cuts and joins these by itself. Pure.

A value that is none is found all the same, at the price of a line of its tokens; so this decides about speed and nothing else.
"""

from msgspec import structs

from backbone.model import Column
from services.upload.scan.profile import ColumnProfile


def mark_codes(columns: tuple[Column, ...], profile: tuple[ColumnProfile, ...]) -> tuple[Column, ...]:
    of_codes = {profiled.name for profiled in profile if profiled.codes}
    return tuple(structs.replace(column, codes=column.name in of_codes and not column.prose) for column in columns)
