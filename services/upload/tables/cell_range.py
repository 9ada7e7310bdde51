"""A part of a sheet, as people write it: `B2:F100`, `B:F`, `5:200`, `C4`. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from backbone.errors import BadRequest

_CELL: Final = r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]{0,6})?"
_RANGE: Final = re.compile(rf"{_CELL}(?:(:){_CELL})?")


class CellRange(Struct, frozen=True):
    """From 0, the first ones included, the last ones too; None: to the end."""

    first_row: int
    first_column: int
    last_row: int | None = None
    last_column: int | None = None

    def width(self, sheet_width: int) -> int:
        last = sheet_width - 1 if self.last_column is None else self.last_column
        return max(0, last + 1 - self.first_column)

    def cut(self, rows: Iterable[list[Any]], width: int) -> Iterator[list[Any]]:
        """`width` cells of each row; where the sheet has fewer, they are empty."""
        first = self.first_column
        last_row = None if self.last_row is None else self.last_row + 1
        for row in islice(rows, self.first_row, last_row):
            cells = row[first : first + width]
            yield cells if len(cells) == width else cells + [""] * (width - len(cells))


def read_range(text: str) -> CellRange:
    """`C4` is all from there on. Raises BadRequest."""
    match = _RANGE.fullmatch(text.strip())
    first_column, first_row, is_range, last_column, last_row = match.groups() if match else (None,) * 5
    whole = bool(first_column or first_row) and (not is_range or bool(last_column or last_row))
    if match is None or not whole:
        raise BadRequest(
            "bad-option",
            f"range={text} is no range of cells. Write it as a workbook does: B2:F100, B:F, 5:200, or C4 for all from there on.",
        )
    found = CellRange(
        first_row=int(first_row or 1) - 1,
        first_column=column_number(first_column or "A"),
        last_row=int(last_row) - 1 if last_row else None,
        last_column=column_number(last_column) if last_column else None,
    )
    backwards = (found.last_row is not None and found.last_row < found.first_row) or (
        found.last_column is not None and found.last_column < found.first_column
    )
    if backwards:
        raise BadRequest("bad-option", f"range={text} ends before it begins. Write the upper left cell first.")
    return found


def column_number(letters: str) -> int:
    """From 0: A, B, … Z, AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
