"""Which text columns are prose: many long values, hardly two the same. Worth searching by words, never worth an index of whole values. Pure."""

from typing import Final

from msgspec import structs

from backbone.model import Column
from services.upload.scan.profile import ColumnProfile

LONGEST_MIN: Final = 100  # characters; codes, names and categories are shorter
DISTINCT_SHARE_MIN: Final = 0.5
RECORDS_MIN: Final = 1_000  # of small files an index costs nothing, so it stays


def mark_prose(columns: tuple[Column, ...], profile: tuple[ColumnProfile, ...], records: int) -> tuple[Column, ...]:
    by_name = {profiled.name: profiled for profiled in profile}
    return tuple(structs.replace(column, prose=_is_prose(column, by_name.get(column.name), records)) for column in columns)


def _is_prose(column: Column, profile: ColumnProfile | None, records: int) -> bool:
    if profile is None or column.type != "text" or records < RECORDS_MIN:
        return False
    if profile.distinct is None:  # in wide files, where prose is searched as all else is
        return False
    values = records - profile.nulls
    return profile.longest >= LONGEST_MIN and profile.distinct >= DISTINCT_SHARE_MIN * values
