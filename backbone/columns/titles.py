"""Which column a person means by a title or a name. Pure."""

import csv
import difflib
import io
import unicodedata
from collections.abc import Sequence
from typing import Final

from backbone.errors import BadRequest
from backbone.model import Column

NEAR_NAMES_MAX: Final = 3


def fold_title(title: str) -> str:
    """Titles that differ in capitals, blanks and underscores only are folded to the same text."""
    return " ".join(unicodedata.normalize("NFC", title).casefold().replace("_", " ").split())


def columns_by_title(text: str, columns: Sequence[Column]) -> list[Column]:
    """Those with this very title; where there is none, those whose title is the same but for capitals and blanks."""
    exact = [column for column in columns if column.title == text]
    folded = fold_title(text)
    return exact or [column for column in columns if folded and fold_title(column.title) == folded]


def find_column(text: str, columns: Sequence[Column]) -> Column:
    """A column by its name, which no other has, or else by its title. Raises `BadRequest` ("unknown-column", "column-ambiguous")."""
    named = next((column for column in columns if column.name == text), None)
    if named is not None:
        return named
    titled = columns_by_title(text, columns)
    if len(titled) > 1:
        names = ", ".join(column.name for column in titled)
        raise BadRequest(
            "column-ambiguous", f"{text!r} could mean several columns. Use a name: {names}.", column=text, near=names.split(", ")
        )
    if not titled:
        raise _unknown(text, columns)
    return titled[0]


def _unknown(text: str, columns: Sequence[Column]) -> BadRequest:
    names = [column.name for column in columns]
    near = difflib.get_close_matches(text.casefold(), names, n=NEAR_NAMES_MAX, cutoff=0.5) or names[:NEAR_NAMES_MAX]
    return BadRequest("unknown-column", f"There is no column {text!r}. Did you mean one of: {', '.join(near)}?", column=text, near=near)


def split_titles(text: str) -> list[str]:
    """`sku,"price, net"`: titles or names with commas between; one that has a comma itself stands in double quotes, as in a CSV file."""
    if not text.strip():
        return []
    fields = next(csv.reader(io.StringIO(text), skipinitialspace=True), [])
    return [field.strip() for field in fields]


def split_column(text: str) -> tuple[str, str]:
    """`column:rest`: the column and what stands behind the first colon; a title that has a colon itself stands in double quotes.
    Without a colon the rest is empty."""
    if not text.startswith('"'):
        column, _, rest = text.partition(":")
        return column, rest
    end = 1
    while (end := text.find('"', end)) >= 0 and text[end + 1 : end + 2] == '"':
        end += 2
    if end < 0:
        raise BadRequest("bad-column", f"The quote before a title is never closed in {text!r}.")
    return text[1:end].replace('""', '"'), text[end + 1 :].removeprefix(":")
