"""The database session of a group's member. It holds the member's locks, so its end is the end of the membership: there is no way back."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Self

import asyncpg

from backbone.errors import Unavailable
from backbone.postgres.engine import postgres_errors

CONNECT_TIMEOUT_S: Final = 10.0
QUERY_TIMEOUT_S: Final = 10.0


class Session:
    """One query at a time, each in a transaction of its own; `turn` is held by who must not be interrupted between two."""

    def __init__(self, connection: asyncpg.Connection, on_lost: Callable[[], None]) -> None:
        self.turn = asyncio.Lock()
        self._connection = connection
        self._lost: Unavailable | None = None
        self._on_lost = on_lost
        connection.add_termination_listener(lambda _: self.lose(Unavailable("postgres", "the session has ended")))

    @classmethod
    async def open(cls, url: str, name: str, on_lost: Callable[[], None]) -> Self:
        async with postgres_errors():
            connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S, server_settings={"application_name": name})
        return cls(connection, on_lost)

    async def listen(self, channel: str, hear: Callable[[str], None]) -> None:
        """Calls `hear` with the payload of each notification."""
        async with self.turn, postgres_errors():
            await self._connection.add_listener(channel, lambda _connection, _pid, _channel, payload: hear(str(payload)))

    async def query(self, statement: str, *arguments: object) -> list[Any]:
        """Raises `Unavailable`, and from then on always."""
        async with self.turn:
            return await self.query_in_turn(statement, *arguments)

    async def query_in_turn(self, statement: str, *arguments: object) -> list[Any]:
        self.check()
        try:
            async with postgres_errors():
                return list(await self._connection.fetch(statement, *arguments, timeout=QUERY_TIMEOUT_S))
        except Unavailable as error:
            self.lose(error)
            raise

    def check(self) -> None:
        """Raises `Unavailable` when the session is lost."""
        if self._lost is not None:
            raise Unavailable(self._lost.server, self._lost.detail)

    def lose(self, error: Unavailable) -> None:
        if self._lost is None:
            self._lost = error
            self._connection.terminate()
            self._on_lost()
