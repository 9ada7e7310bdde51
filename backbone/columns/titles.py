"""Which column a person means by a title or a name. Pure."""

import difflib
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


def near_columns(text: str, columns: Sequence[Column]) -> list[str]:
    """Names of the columns whose name or title is written nearly like `text`, the nearest first."""
    names = {name: column.name for column in reversed(columns) for name in (fold_title(column.title), column.name)}
    near = difflib.get_close_matches(text.casefold(), [name for name in names if name], n=2 * NEAR_NAMES_MAX, cutoff=0.5)
    return list(dict.fromkeys(names[name] for name in near))[:NEAR_NAMES_MAX]


def _unknown(text: str, columns: Sequence[Column]) -> BadRequest:
    near = near_columns(text, columns) or [column.name for column in columns[:NEAR_NAMES_MAX]]
    return BadRequest("unknown-column", f"There is no column {text!r}. Did you mean one of: {', '.join(near)}?", column=text, near=near)


def split_list(text: str) -> list[str]:
    """Parts between commas, blanks around them cut off, empty ones left out. Commas between double quotes part nothing: quotes open at the
    beginning of a part, behind `-` there, and behind `:`."""
    parts: list[str] = []
    begin, quoted = 0, False
    for index, character in enumerate(text):
        if character == '"':
            before = text[begin:index].strip()
            quoted = not quoted if quoted else before in ("", "-") or before.endswith((":", '"'))
        elif character == "," and not quoted:
            parts.append(text[begin:index])
            begin = index + 1
    return [part.strip() for part in (*parts, text[begin:]) if part.strip()]


def unquote(text: str) -> str:
    """A title that holds `,`, `:` or a quote is written in double quotes, its own quotes doubled."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if is_quoted else text


def split_titles(text: str) -> list[str]:
    """`sku,"price, net"`: titles or names with commas between."""
    return [unquote(part) for part in split_list(text)]


def split_column(text: str) -> tuple[str, str]:
    """`column:rest`: the column, and what stands behind the first colon that is not in quotes; empty where there is none."""
    end = 0
    if text.startswith('"'):
        end = 1
        while (end := text.find('"', end)) >= 0 and text[end + 1 : end + 2] == '"':
            end += 2
        if end < 0 or text[end + 1 : end + 2] not in ("", ":"):
            end = 0  # it is no quoted title
    column, _, rest = text[end:].partition(":")
    return unquote(text[:end] + column), rest
