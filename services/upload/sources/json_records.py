"""Records of a JSON API as CSV: objects inside become columns as `price.amount`, lists stay JSON, numbers keep their digits. Pure.

A null and a field that is not there are empty fields.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from backbone.errors import Rejected

FIELDS_MAX: Final = 10_000
DEPTH_MAX: Final = 20
_decoder: Final = msgspec.json.Decoder(float_hook=str)  # 1.10 stays 1.10


def decode(content: bytes, host: str) -> Any:
    """Raises `Rejected`."""
    try:
        return _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected("source-answers", f"What {host} answers is no JSON.") from None


def at_path(value: Any, path: str) -> Any:
    """What stands at `data.items`; None where there is nothing."""
    for name in path.split(".") if path else ():
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def records_of(answer: Any, path: str, host: str) -> list[dict[str, str | None]]:
    """Flattened. Raises `Rejected` where no list stands there."""
    records = at_path(answer, path)
    if not isinstance(records, list):
        where = f"at {path!r}" if path else "as the whole answer"
        raise Rejected("no-records", f"{host} answers without a list {where}. Give records=, where the list of records stands.")
    return [flattened(record) for record in records]


def flattened(record: Any) -> dict[str, str | None]:
    """Raises `Rejected` for one that is no object."""
    if not isinstance(record, Mapping):
        raise Rejected("no-records", "A record of the list is no JSON object, so its fields have no names.")
    fields: dict[str, str | None] = {}
    _flatten(record, "", fields, 0)
    return fields


def _flatten(value: Mapping[str, Any], prefix: str, fields: dict[str, str | None], depth: int) -> None:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner and depth < DEPTH_MAX:
            _flatten(inner, f"{prefix}{name}.", fields, depth + 1)
        else:
            fields[f"{prefix}{name}"] = _text(inner)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def header_of(known: Sequence[str], records: Sequence[Mapping[str, str | None]]) -> list[str]:
    """`known`, and behind them what the records have besides, in their order. Raises `Rejected`."""
    fields = dict.fromkeys(known)
    for record in records:
        fields.update(dict.fromkeys(record))
    if len(fields) > FIELDS_MAX:
        raise Rejected("too-many-columns", f"The records have more than {FIELDS_MAX} different fields. Name those that matter in fields=.")
    return list(fields)
