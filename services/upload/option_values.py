"""Reads the text of an upload option as its type, the way people write it: `yes` and `on`, `tab` and `\\t`, in any case. Pure.

What cannot be read is refused with the choices, and with the one that is nearest.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import inspect

from backbone.errors import BadRequest

BOOLEANS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "y", "on", "1", "present"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0", "absent"), False),
}
CHARACTERS: Final[Mapping[str, str]] = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "colon": ":",
    "space": " ",
    "single": "'",
    "double": '"',
    "backslash": "\\",
}
_WHOLE_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}")
NEARNESS: Final = 0.6  # difflib's own measure of a near miss


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one that was probably meant, whatever its case."""
    folded = {candidate.casefold(): candidate for candidate in words}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=NEARNESS)
    return folded[close[0]] if close else None


def meant(word: str, words: Iterable[str]) -> str:
    """A sentence to put behind a refusal; empty where nothing is near."""
    near = nearest(word, words)
    return f" Did you mean {near}?" if near is not None else ""


def read_value(name: str, text: str, type_: inspect.Type) -> Any:
    """As `type_`, one of those that options have. Raises `BadRequest` that names the option and its choices."""
    while isinstance(type_, inspect.Metadata):
        type_ = type_.type
    match type_:
        case inspect.UnionType(types=types):
            return read_value(name, text, next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.BoolType():
            return _boolean(name, text)
        case inspect.LiteralType(values=values):
            return _choice(name, text, [str(value) for value in values])
        case inspect.IntType():
            return _integer(name, text, type_)
    return text


def read_character(name: str, text: str, *, may_be_none: bool) -> str:
    """One ASCII character, or empty for none. Raises `BadRequest`."""
    if may_be_none and text.lower() in ("", "none"):
        return ""
    character = CHARACTERS.get(text.lower(), text)
    if len(character) == 1 and character.isascii() and character not in "\r\n\0":
        return character
    none = ", or none" if may_be_none else ""
    words = ", ".join(word for word in CHARACTERS)
    raise BadRequest("bad-option", f"{name} must be one ASCII character, itself or as one of {words}{none}; not {text!r}.")


def _boolean(name: str, text: str) -> bool:
    value = BOOLEANS.get(text.strip().lower())
    if value is None:
        raise BadRequest("bad-option", f"{name} must be true or false (or yes/no, on/off, 1/0), not {text!r}.")
    return value


def _integer(name: str, text: str, type_: inspect.IntType) -> int:
    digits = text.strip()
    value = int(digits) if _WHOLE_NUMBER.fullmatch(digits) else None
    is_outside = value is None or (type_.ge is not None and value < type_.ge) or (type_.le is not None and value > type_.le)
    if value is None or is_outside:
        bounds = f" from {type_.ge} to {type_.le}" if type_.ge is not None and type_.le is not None else ""
        raise BadRequest("bad-option", f"{name} must be a whole number{bounds}, not {text!r}.")
    return value


def _choice(name: str, text: str, choices: list[str]) -> str:
    folded = {choice.casefold(): choice for choice in choices}
    choice = folded.get(text.strip().casefold())
    if choice is None:
        near = meant(text, choices)
        raise BadRequest("bad-option", f"{name} must be {' or '.join((', '.join(choices[:-1]), choices[-1]))}, not {text!r}.{near}")
    return choice
