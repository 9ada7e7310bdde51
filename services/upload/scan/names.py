"""Makes safe, unique column names out of whatever stands in a header. The header's own text stays as the column's title."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from backbone.model import Column

NAME_BYTES_MAX: Final = 60  # PostgreSQL cuts identifiers at 63


def name_columns(titles: Iterable[str]) -> tuple[Column, ...]:
    """Columns of type text, named after their titles; what has no letter or digit in it is called `column_N`."""
    columns: list[Column] = []
    taken: dict[str, int] = {}  # name to the last suffix given to it: 10,000 columns of one name must not take 10,000² steps
    for place, title in enumerate(titles, start=1):
        name = _make_unique(clean_name(title) or f"column_{place}", taken)
        columns.append(Column(name=name, title=title.replace("\0", ""), type="text"))
    return tuple(columns)


def clean_name(title: str) -> str:
    """Lower-case ASCII letters, digits and `_`, beginning with a letter, at most 60 bytes; accents are folded. May be empty."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    letters = "".join(character for character in folded if not unicodedata.combining(character))
    name = re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")
    if name[:1].isdigit():
        name = f"c_{name}"
    return name[:NAME_BYTES_MAX].rstrip("_")


def _make_unique(name: str, taken: dict[str, int]) -> str:
    if name not in taken:
        taken[name] = 1
        return name
    while True:
        taken[name] += 1
        suffix = f"_{taken[name]}"
        candidate = name[: NAME_BYTES_MAX - len(suffix)].rstrip("_") + suffix
        if candidate not in taken:
            taken[candidate] = 1
            return candidate
