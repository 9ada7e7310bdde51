"""Records of a JSON API as lines of NDJSON, byte for byte what the API sent but for blanks: what becomes of them is the format's to say. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from backbone.errors import Rejected

Members = dict[str, Raw]


def decode(content: bytes, host: str) -> Any:
    """Raises `Rejected`."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected("source-answers", f"What {host} answers is no JSON.") from None


def at_path(value: Any, path: str) -> Any:
    """What stands at `data.items`; None where there is nothing."""
    for name in path.split(".") if path else ():
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def records_of(content: bytes, path: str, host: str) -> list[Raw]:
    """As they are written. Raises `Rejected` where no list of objects stands there."""
    value = Raw(content)
    try:
        for name in path.split(".") if path else ():
            value = msgspec.json.decode(value, type=Members)[name]
        records = msgspec.json.decode(value, type=list[Raw])
    except (msgspec.ValidationError, KeyError):
        where = f"at {path!r}" if path else "as the whole answer"
        raise Rejected("no-records", f"{host} answers without a list {where}. Give records=, where the list of records stands.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected("source-answers", f"What {host} answers is no JSON.") from None
    if not all(_is_object(record) for record in records):
        raise Rejected("no-records", "A record of the list is no JSON object, so its fields have no names.")
    return records


def line_of(record: Raw, fields: Sequence[str]) -> bytes:
    """`fields`: those that it shall have, in their order, as `price.amount`; empty: all of it."""
    if not fields:
        return msgspec.json.format(bytes(record), indent=-1) + b"\n"
    members = msgspec.json.decode(record, type=Members)
    chosen = {field: _as_one_value(_member(members, field)) for field in fields}
    return msgspec.json.format(msgspec.json.encode(chosen), indent=-1) + b"\n"


def _member(members: Members, field: str) -> Raw | None:
    if field in members:
        return members[field]
    name, dot, rest = field.partition(".")
    inner = members.get(name) if dot else None
    return _member(msgspec.json.decode(inner, type=Members), rest) if inner is not None and _is_object(inner) else None


def _as_one_value(value: Raw | None) -> Raw | str | None:
    """An object that was chosen as a whole is one field."""
    return msgspec.json.format(bytes(value), indent=-1).decode() if value is not None and _is_object(value) else value


def _is_object(value: Raw) -> bool:
    return bytes(value).lstrip().startswith(b"{")
