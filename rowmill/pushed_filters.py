"""What of a polars predicate the server can choose rows by: the comparisons of a column with a constant that mean there what they mean
in polars, as texts of `filter=`. Pure.

All of a predicate is applied to what comes back, so what is not known here costs a transfer, never a row.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

FILTERS_MAX: Final = 20  # in one request
VALUE_CHARACTERS_MAX: Final = 500  # of a text that is looked for: it stands in the URL
OPERATORS: Final[Mapping[str, str]] = {"Eq": "eq", "Lt": "lt", "LtEq": "lte", "Gt": "gt", "GtEq": "gte"}
_TURNED: Final = {"Eq": "Eq", "Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq"}
_EPOCH: Final = date(1970, 1, 1)


def filters_of(predicate: Any, schema: Mapping[str, Any]) -> list[str]:
    """`schema`: polars types by column name. No row that the predicate keeps fails any of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # polars promises no form of its JSON: an unknown one gives no filters
        try:
            tree = json.loads(predicate.meta.serialize(format="json"))
        except Exception:
            return []
    filters = (_filter(node, schema) for node in _joined_by_and(tree))
    return [text for text in filters if text is not None][:FILTERS_MAX]


def _joined_by_and(tree: Any) -> Iterator[Any]:
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        comparison = node.get("BinaryExpr") if isinstance(node, dict) else None
        if not isinstance(comparison, dict):
            continue
        if comparison.get("op") == "And":
            nodes += [comparison.get("right"), comparison.get("left")]
        else:
            yield comparison


def _filter(comparison: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    op, left, right = str(comparison.get("op")), comparison.get("left"), comparison.get("right")
    if op not in OPERATORS or not isinstance(left, dict) or not isinstance(right, dict):
        return None
    if "Literal" in left:
        op, left, right = _TURNED[op], right, left
    name = left.get("Column")
    if not isinstance(name, str) or not name.isidentifier() or name not in schema:
        return None
    value = _value(right.get("Literal"), str(schema[name]), op)
    return None if value is None else f"{name}:{OPERATORS[op]}:{value}"


def _value(literal: Any, column_type: str, op: str) -> str | None:
    """Only constants of the column's own type: everything else polars casts, by rules of its own."""
    if not isinstance(literal, dict) or not isinstance(literal.get("Scalar"), dict) or len(literal["Scalar"]) != 1:
        return None
    [(kind, value)] = literal["Scalar"].items()
    if kind == column_type == "Int64" and type(value) is int:
        return str(value)
    if kind == column_type == "Date" and type(value) is int:
        return _day(value)
    if kind == column_type == "String" and op == "Eq" and isinstance(value, str) and value.isprintable():
        return value if value and value == value.strip() and len(value) <= VALUE_CHARACTERS_MAX else None
    return None


def _day(days: int) -> str | None:
    try:
        return (_EPOCH + timedelta(days=days)).isoformat()
    except OverflowError:
        return None
