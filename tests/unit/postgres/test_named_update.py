"""An update of named values: what PostgreSQL is sent, and that each is put together once."""

import asyncio
from typing import Any, cast

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Update, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.postgres.named_update import CLOCK, NamedUpdate

THINGS = Table("things", MetaData(), Column("id", String), Column("state", String), Column("at", String), Column("rows", BigInteger))


class Recorded:
    """A connection that keeps what it is asked to execute."""

    def __init__(self) -> None:
        self.asked: list[tuple[Update, dict[str, Any]]] = []

    async def execute(self, statement: Update, parameters: dict[str, Any]) -> None:
        self.asked.append((statement, parameters))


def asked(*all_values: dict[str, Any]) -> list[tuple[Update, dict[str, Any]]]:
    named, connection = NamedUpdate(THINGS, THINGS.c.id == bindparam("which")), Recorded()

    async def run() -> None:
        for values in all_values:
            await named.execute(cast(AsyncConnection, connection), {"which": "a"}, values)

    asyncio.run(run())
    return connection.asked


def test_it_sets_values_that_are_given_and_such_that_postgresql_reckons() -> None:
    [(statement, parameters)] = asked({"state": "LOADED", "at": CLOCK, "rows": None})
    sql = str(statement.compile(dialect=postgresql.dialect(), column_keys=list(parameters)))  # type: ignore[no-untyped-call]
    assert parameters == {"which": "a", "state": "LOADED", "rows": None}
    values, _, condition = sql.partition(" WHERE ")
    assert "at=clock_timestamp()" in values
    assert values.count("state=") == values.count("rows=") == 1
    assert condition.startswith("things.id = ")


def test_one_with_the_same_names_is_not_put_together_again() -> None:
    [(first, _), (second, _), (other, _)] = asked({"state": "A", "at": CLOCK}, {"state": "B", "at": CLOCK}, {"state": "B"})
    assert first is second
    assert first is not other
