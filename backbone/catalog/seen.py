"""Which datasets a principal sees, as a condition: by their names, and by how their names begin."""

from collections.abc import Sequence

from sqlalchemy import Column, ColumnElement, or_, true

from backbone.runtime.principal import ALL


def is_seen(name: Column[str], seen: Sequence[str]) -> ColumnElement[bool]:
    if ALL in seen:
        return true()
    exact = [pattern for pattern in seen if not pattern.endswith(ALL)]
    return or_(name.in_(exact), *(name.startswith(pattern[:-1], autoescape=True) for pattern in seen if pattern.endswith(ALL)))
