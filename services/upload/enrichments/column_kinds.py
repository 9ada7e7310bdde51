"""Which types the new columns get, from what JSON says the answers are: nothing is guessed at, so a text that looks like a number is a text. Pure."""

from collections.abc import Sequence

from msgspec import structs

from backbone.columns.sent_values import Cell, texts_of
from backbone.columns.written_number import Number
from backbone.model import Column, ColumnType


class ColumnKinds:
    """Told all answers, some at a time."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._open: list[list[ColumnType]] = [["boolean", "integer", "decimal", "text"] for _ in columns]
        self._has_value = [False] * len(columns)

    def note(self, answers: Sequence[Sequence[Cell]]) -> None:
        for index, column in enumerate(self._columns):
            values = [answer[index] for answer in answers if answer[index] is not None]
            if values:
                self._has_value[index] = True
                self._open[index] = [kind for kind in self._open[index] if _takes(column, kind, values)]

    def decide(self) -> tuple[Column, ...]:
        """The columns: of those that have a type already, that."""
        return tuple(
            column if not column.undecided else structs.replace(column, type=kinds[0] if has_value else "text", undecided=not has_value)
            for column, kinds, has_value in zip(self._columns, self._open, self._has_value, strict=True)
        )


def _takes(column: Column, kind: ColumnType, values: Sequence[Cell]) -> bool:
    if kind == "text":
        return True
    if kind == "boolean":
        return all(isinstance(value, bool) for value in values)
    if not all(isinstance(value, Number) for value in values):
        return False
    return not texts_of(structs.replace(column, type=kind, declared=None), values)[1]
