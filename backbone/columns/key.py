"""The columns of a key, found in a file by title or name. Pure."""

from collections.abc import Sequence

from backbone.columns.titles import columns_by_title, near_columns
from backbone.errors import Rejected
from backbone.findings import Finding, Stopped
from backbone.model import Column

COLUMNS_TOLD_MAX = 20


def find_key(wanted: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Column names. Raises `Stopped` ("column-ambiguous") where two columns could be meant, `Rejected` for one that the file lacks."""
    names = [_find(text, columns).name for text in wanted]
    if len(set(names)) < len(names):
        raise Rejected("bad-key", f"key={','.join(wanted)} names a column twice.")
    return names


def _find(text: str, columns: Sequence[Column]) -> Column:
    titled = columns_by_title(text, columns)
    named = [column for column in columns if column.name == text]
    is_exact = any(column.title == text for column in titled)
    meant = [*titled, *(column for column in named if column not in titled)] if is_exact else named or titled
    if len(meant) > 1:
        raise ambiguous_key(text, meant)
    if not meant:
        near = near_columns(text, columns)
        guess = f" Did you mean {' or '.join(near)}?" if near else ""
        there = ", ".join(column.title or column.name for column in columns[:COLUMNS_TOLD_MAX])
        detail = f"The file has no column {text!r} for the key.{guess} Its columns are {there}."
        raise Rejected("no-such-key-column", detail, column=text, near=near)
    return meant[0]


def ambiguous_key(text: str, meant: Sequence[Column]) -> Stopped:
    which = " or ".join(f"{column.title!r} (name {column.name})" for column in meant)
    message = f"key={text} could mean {which}. Write the one that is meant by a title or name that only it has."
    return Stopped(Finding(code="column-ambiguous", level="stop", message=message, column=text))
