"""`integers=string`: whole numbers as JSON strings, for readers whose numbers are doubles. JavaScript reads 9007199254740993 as another one. Pure."""

from collections.abc import Collection, Iterable
from typing import Final, Literal

import msgspec

from backbone.model import Column
from backbone.search.port import FacetCount

Integers = Literal["number", "string"]
DESCRIPTION: Final = (
    "`string`: values of columns of type integer come as JSON strings, for JavaScript, whose numbers are exact up to 2^53 - 1 only."
)
_NULL: Final = b"null"


def integer_names(columns: Iterable[Column]) -> frozenset[str]:
    return frozenset(column.name for column in columns if column.type == "integer")


def with_integer_texts(values: msgspec.Raw, names: Collection[str]) -> msgspec.Raw:
    """A JSON object whose members of these names are texts. All else stays the bytes that it was."""
    if not names:
        return values
    members = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({name: _text(value) if name in names else value for name, value in members.items()}))


def facet_with_integer_texts(counts: Iterable[FacetCount]) -> list[FacetCount]:
    return [count if count.value is None else msgspec.structs.replace(count, value=_text(count.value)) for count in counts]


def _text(value: msgspec.Raw) -> msgspec.Raw:
    digits = bytes(value)
    return value if digits == _NULL else msgspec.Raw(b'"' + digits + b'"')
