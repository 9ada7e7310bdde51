"""`fields=name,price`: which columns go out. Pure."""

from collections.abc import Sequence

import msgspec

from backbone.columns.titles import find_column, split_titles
from backbone.errors import BadRequest
from backbone.model import Column


def parse_fields(text: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns by name or title with commas between, in the order wanted; all columns when nothing is named. Raises `BadRequest`."""
    chosen = tuple(find_column(text, columns) for text in split_titles(text))
    if len({column.name for column in chosen}) < len(chosen):
        raise BadRequest("bad-fields", "fields names a column twice.")
    return chosen or tuple(columns)


def project(values: msgspec.Raw, columns: Sequence[Column]) -> msgspec.Raw:
    """The chosen members of a JSON object, each the bytes it was, with every digit."""
    members = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({column.name: members[column.name] for column in columns}))
