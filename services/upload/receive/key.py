"""The columns of an upsert's key, found in the file. Pure."""

from collections.abc import Sequence

from backbone.errors import Rejected
from backbone.model import Column


def find_key(given: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Column names for names or titles as the user wrote them. Raises `Rejected` for one that the file does not have."""
    found = [_find(name, columns) for name in given]
    if len(set(found)) < len(found):
        raise Rejected("bad-key", f"key={','.join(given)} names a column twice.")
    return found


def _find(given: str, columns: Sequence[Column]) -> str:
    for column in columns:
        if given in (column.name, column.title):
            return column.name
    there = ", ".join(column.name for column in columns[:20])
    raise Rejected("no-such-key-column", f"The file has no column {given!r} for the key; its columns are {there}.")
