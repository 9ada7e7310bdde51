"""What every route must answer, in plain Python: rows are dicts of texts, and nothing of the homes is in it but the readers of requests."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from backbone.model import Column, View
from backbone.query.ast import AllOf, AnyOf, Condition, Filter, NoneOf
from backbone.query.words import fold
from services.query.search.filters import parse_condition, parse_sort
from services.query.search.query_language import parse_query
from tests.differential.drawing import COLUMNS, Asked
from tests.model import Row
from tests.unit.query.oracle import ranked

Key = Any  # what two values of a column are compared by
Numbered = tuple[int, Row, int | None]  # place in the file, the row, its score
BYTES_MAX, CLAUSES_MAX = 4096, 50
_COMPARED: Final[Mapping[str, Callable[[Key, Key], bool]]] = {
    "eq": lambda a, b: bool(a == b),
    "lt": lambda a, b: bool(a < b),
    "lte": lambda a, b: bool(a <= b),
    "gt": lambda a, b: bool(a > b),
    "gte": lambda a, b: bool(a >= b),
}


def key_of(column: Column, text: str) -> Key:
    if column.type == "integer":
        return int(text)
    if column.type == "decimal":
        return Decimal(text)
    if column.type == "boolean":
        return text == "true"
    if column.type == "timestamp" and "%z" in (column.format or ""):
        return datetime.fromisoformat(text).astimezone(UTC)
    return text


class Oracle:
    def __init__(self, view: View, rows: Sequence[Row]) -> None:
        self._view = view
        self.columns = {column.name: column for column in view.table.columns}
        self._written = rows
        self._rows = [{name: self._shown(name, text) for name, text in row.items()} for row in rows]

    def _shown(self, name: str, text: str) -> str:
        """A value as it goes out, which is as the file wrote it but for declared formats."""
        kind = COLUMNS.get(name)
        return text if kind is None or self.columns[name].type == "text" else kind.shown.get(text, text)

    def found(self, asked: Asked) -> list[Numbered]:
        """In the order in which a search has them."""
        rows = self._matching(asked)
        if asked.sort:
            return self._sorted(rows, asked.sort)
        return sorted(rows, key=lambda row: (-(row[2] or 0), row[0]))

    def exported(self, asked: Asked, as_written: bool = False) -> list[Row]:
        rows = self._matching(asked)
        ordered = self._sorted(rows, asked.sort) if asked.sort else rows
        return [self._written[place] if as_written else row for place, row, _ in ordered]

    def _matching(self, asked: Asked) -> list[Numbered]:
        """In file order."""
        table = self._view.table
        conditions = [parse_condition(text, table.columns) for text in asked.filters]
        rows = {place: row for place, row in enumerate(self._rows) if all(self._is_met(condition, row) for condition in conditions)}
        node = parse_query(asked.q, bytes_max=BYTES_MAX, clauses_max=CLAUSES_MAX, columns=table.columns, language=table.language)
        if node is None:
            return [(place, row, None) for place, row in rows.items()]
        padded = {place: {name: row.get(name) for name in self.columns} for place, row in rows.items()}
        return sorted((place, rows[place], score) for place, score in ranked(padded, node, table))

    def _is_met(self, condition: Condition, row: Row) -> bool:
        if isinstance(condition, NoneOf):
            return not self._is_met(condition.condition, row)
        if isinstance(condition, AnyOf):
            return any(self._is_met(part, row) for part in condition.conditions)
        if isinstance(condition, AllOf):
            return all(self._is_met(part, row) for part in condition.conditions)
        return self._passes(condition, row.get(condition.column.name))

    def _passes(self, filter: Filter, text: str | None) -> bool:
        column, values = filter.column, filter.values
        if filter.op == "exists":
            return (text is not None) == (values[0] == "true")
        if text is None:
            return filter.op == "ne"
        if filter.op == "prefix":
            return text.startswith(values[0])
        if filter.op == "contains":
            return fold(values[0]) in fold(text)
        if filter.op == "ilike":
            return re.fullmatch(_like(fold(values[0])), fold(text), re.DOTALL) is not None
        if filter.op == "regex":
            return re.search(values[0].removeprefix("***:").replace("$", "\\Z"), fold(text)) is not None
        asked = [key_of(column, value) for value in values]
        if filter.op == "ne":
            return bool(key_of(column, text) != asked[0])
        if filter.op == "in":
            return key_of(column, text) in asked
        return _COMPARED[filter.op](key_of(column, text), asked[0])

    def _sorted(self, rows: Sequence[Numbered], sort: str) -> list[Numbered]:
        sorts = parse_sort(sort, self._view.table.columns)
        ordered = sorted(rows)
        for key in reversed(sorts):
            by_language = key.column.type == "text" and not key.binary
            values = {place: row.get(key.column.name) for place, row, _ in ordered}
            there = [row for row in ordered if values[row[0]] is not None]
            there = _stable(there, lambda row, k=key, b=by_language, v=values: _order_key(k.column, str(v[row[0]]), b), key.descending)  # type: ignore[misc]
            ordered = there + [row for row in ordered if values[row[0]] is None]
        return ordered

    def faceted(self, asked: Asked, name: str, top: int) -> list[tuple[Key, int]]:
        column = self.columns[name]
        counts = Counter(key_of(column, row[name]) for _, row, _ in self._matching(asked) if name in row)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:top]

    def ranges(self, asked: Asked, name: str, bounds: Sequence[str]) -> list[int]:
        column = self.columns[name]
        keys = [key_of(column, row[name]) for _, row, _ in self._matching(asked) if name in row]
        edges = [key_of(column, bound) for bound in bounds]
        counts = Counter(sum(edge <= key for edge in edges) for key in keys)
        return [counts[place] for place in range(len(edges) + 1)]

    def grouped(self, asked: Asked, by: Sequence[str], sums: Sequence[str], most_first: bool) -> list[dict[str, Any]]:
        """In order of the columns grouped by, nulls last, or by `-count` before; sums as exact numbers."""
        groups: dict[tuple[Key, ...], list[Row]] = {} if by else {(): []}
        for _, row, _ in self._matching(asked):
            groups.setdefault(tuple(key_of(self.columns[name], row[name]) if name in row else None for name in by), []).append(row)
        order = sorted(groups, key=lambda key: [(value is None, 0 if value is None else value) for value in key])
        if most_first:
            order = sorted(order, key=lambda key: -len(groups[key]))
        return [{**dict(zip(by, key, strict=True)), "count": len(groups[key]), **self._sums(groups[key], sums)} for key in order]

    def _sums(self, rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
        sums: dict[str, Any] = {}
        for name in names:
            numbers = [Fraction(row[name]) for row in rows if name in row]
            sums |= {f"sum_{name}": sum(numbers, Fraction()) if numbers else None, f"count_{name}": len(numbers)}
            sums[f"max_{name}"] = max(numbers, default=None)
        return sums


def _order_key(column: Column, text: str, by_language: bool) -> Key:
    return f"{fold(text)}\x01{text}" if by_language else key_of(column, text)


def _stable(rows: Iterable[Numbered], key: Callable[[Numbered], Key], descending: bool) -> list[Numbered]:
    """`reverse=` keeps the order of equals too."""
    return sorted(rows, key=key, reverse=descending)


def _like(pattern: str) -> str:
    parts: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        parts.append(".*" if letter == "%" else "." if letter == "_" else re.escape(next(letters) if letter == "\\" else letter))
    return "".join(parts)
