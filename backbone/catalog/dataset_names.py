"""What a dataset may be called, and the name that a file's gives it."""

import re
import unicodedata
from pathlib import PurePath
from typing import Final

from backbone.errors import BadRequest

NAME_CHARACTERS_MAX: Final = 60
# What is cut from a file's name; anything else behind a point is part of it: `report-v1.2` is not `report-v1.3`.
_ENDING: Final = re.compile(r"\.(?:csv|tsv|tab|psv|txt|text|dat|gz|gzip|bz2|zip|zst|zstd)$", re.IGNORECASE)


def check_dataset_name(name: str) -> str:
    """The name, composed (NFC). Raises `BadRequest`."""
    composed = unicodedata.normalize("NFC", name)
    is_good = 0 < len(composed) <= NAME_CHARACTERS_MAX and composed == composed.lower() and all(map(_is_kept, composed))
    if is_good and unicodedata.category(composed[0])[0] != "M":
        return composed
    detail = f"{name!r} cannot name a dataset: use 1 to {NAME_CHARACTERS_MAX} of lower-case letters (of any script), digits, '-' and '_'."
    raise BadRequest("bad-dataset-name", detail)


def name_from_file(file_name: str) -> str:
    """The dataset's name where none is given: `Price List 2026.csv.gz` makes `price-list-2026`. Raises `BadRequest`."""
    stem = PurePath(file_name.replace("\\", "/")).name
    while (shorter := _ENDING.sub("", stem)) not in ("", stem):
        stem = shorter
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).lower()).lower()
    parts = "".join(character if _is_kept(character) and character != "-" else " " for character in composed).split()
    name = "-".join(part for part in parts if any(map(str.isalnum, part)))[:NAME_CHARACTERS_MAX].strip("-")
    if not name:
        raise BadRequest(
            "bad-dataset-name", f"No name can be made of the file's name {file_name!r}: give dataset=, such as dataset=products."
        )
    return check_dataset_name(name)


def _is_kept(character: str) -> bool:
    """Letters and their marks in any script, digits, `-` and `_`."""
    return character in "-_" or unicodedata.category(character)[0] in "LM" or unicodedata.category(character) == "Nd"
