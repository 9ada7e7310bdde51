"""`fields=name,price`: which columns go out. Pure."""

from collections.abc import Sequence

import msgspec

from backbone.errors import BadRequest
from backbone.model import Column
from services.query.search.filters import find_column


def parse_fields(text: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Column names with commas between, in the order wanted; all columns when nothing is named. Raises `BadRequest`."""
    chosen = tuple(find_column(name.strip(), columns) for name in text.split(",") if name.strip())
    if len({column.name for column in chosen}) < len(chosen):
        raise BadRequest("bad-fields", "fields names a column twice.")
    return chosen or tuple(columns)


def project(values: msgspec.Raw, columns: Sequence[Column]) -> msgspec.Raw:
    """The chosen members of a JSON object, each the bytes it was, with every digit."""
    members = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({column.name: members[column.name] for column in columns}))
