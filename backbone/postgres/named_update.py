"""Updates of values by name, each put together once: SQLAlchemy takes longer to put one together than for all the rest of it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, CursorResult, Table, Update, func, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import ClauseElement

MADE_MAX: Final = 64  # statements of one update: its values that PostgreSQL reckons differ
NOW: Final = func.now()  # when the transaction began
CLOCK: Final = func.clock_timestamp()  # both are one value each, by which a statement that was made with them is found again


class NamedUpdate:
    """Of the rows of `table` for which the conditions hold. Their parameters must not have names of its columns."""

    def __init__(self, table: Table, *conditions: ColumnElement[bool], returning: Sequence[ColumnElement[Any]] = ()) -> None:
        statement = update(table).where(*conditions)
        self._statement = statement.returning(*returning) if returning else statement
        self._made = lru_cache(maxsize=MADE_MAX)(self._make)

    async def execute(self, connection: AsyncConnection, parameters: Mapping[str, Any], values: Mapping[str, Any]) -> CursorResult[Any]:
        """`values`: at least one, by the column's name, each a value or an expression."""
        reckoned = tuple((name, value) for name, value in values.items() if isinstance(value, ClauseElement))
        given = {name: value for name, value in values.items() if not isinstance(value, ClauseElement)}
        return await connection.execute(self._made(reckoned), {**parameters, **given})

    def _make(self, reckoned: tuple[tuple[str, ClauseElement], ...]) -> Update:
        return self._statement.values(dict(reckoned)) if reckoned else self._statement
