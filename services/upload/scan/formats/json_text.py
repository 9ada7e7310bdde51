"""Whether a text begins as JSON does. Careful on purpose: a table may begin with `{` or `[`, so it takes more than one character. Pure."""

import json
import re
from typing import Final, Literal

JsonKind = Literal["json", "ndjson"]
TEXT_CHARACTERS: Final = 16 * 1024  # of the beginning that are looked at
BOM: Final = "\ufeff"
_OBJECT: Final = re.compile(r'\{\s*"(?:[^"\\\n]|\\.)*"\s*:')
_ARRAY: Final = re.compile(r'\[\s*(\{\s*"(?:[^"\\\n]|\\.)*"\s*:|\n\s*["\d\[{-]|\{\s*\})')


def sniff_json(sample: bytes) -> JsonKind | None:
    """`sample`: the beginning of a file in UTF-8."""
    return json_kind(beginning_of(sample))


def beginning_of(sample: bytes) -> str:
    return sample[: 4 * TEXT_CHARACTERS].decode("utf-8", "ignore").removeprefix(BOM).lstrip()[:TEXT_CHARACTERS]


def json_kind(text: str) -> JsonKind | None:
    if text[:1] not in ("{", "["):
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError:  # over several lines and cut off with the sample, or no JSON at all
        return "json" if _OBJECT.match(text) or _ARRAY.match(text) else None
    except RecursionError:
        return "json"
    if not isinstance(value, dict | list) or (isinstance(value, list) and not value):
        return None
    behind = text[end:].lstrip(" \r")
    if behind and not behind.startswith("\n"):  # a cell of JSON, and other cells
        return None
    if isinstance(value, list) and not behind.strip() and all(isinstance(one, str) for one in value) and len(value) == 1:
        return None  # `[name]` in quotes is a title
    return "ndjson" if behind.strip() else "json"
