"""Which uploads have just changed, whichever process changed them: told by PostgreSQL (`NOTIFY`, by a trigger), so that watching costs nothing while
nothing happens. One connection a process, open for as long as anybody listens.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from backbone.errors import Busy, Unavailable
from backbone.postgres.engine import postgres_errors

CHANNEL: Final = "rowmill_uploads"
OF_MANY: Final = "*"  # in place of an upload's id
CONNECT_TIMEOUT_S: Final = 10.0
LISTENERS_MAX: Final = 1_000
CHANGED_MAX: Final = 1_000  # that are gathered for a listener; beyond them it is told that there were many


class Listener:
    """What changed since it was last asked: the dataset of each upload, by the upload's id."""

    def __init__(self) -> None:
        self._changed: dict[str, str] = {}
        self._is_many = False
        self._is_lost = False
        self._news = asyncio.Event()

    async def take(self, timeout_s: float) -> dict[str, str] | None:
        """Empty: nothing did within `timeout_s`; None: so many that it is best to ask for all. Raises `Unavailable` when nobody tells any more."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return {}
        if self._is_lost:
            raise Unavailable("postgres", "the connection that tells of uploads has ended")
        changed, is_many = self._changed, self._is_many
        self._changed, self._is_many = {}, False
        self._news.clear()
        return None if is_many else changed

    def hear(self, upload_id: str, dataset: str) -> None:
        if upload_id != OF_MANY and len(self._changed) < CHANGED_MAX:
            self._changed[upload_id] = dataset
        else:
            self._is_many = True
        self._news.set()

    def lose(self) -> None:
        self._is_lost = True
        self._news.set()


class UploadNews:
    """`url`: of PostgreSQL, as asyncpg takes it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: set[Listener] = set()
        self._connection: Any = None
        self._turn = asyncio.Lock()

    def check_free(self) -> None:
        """Raises `Busy`."""
        if len(self._listeners) >= LISTENERS_MAX:
            raise Busy("too-many-listeners", f"{LISTENERS_MAX} clients watch uploads of this process already. Ask now and then instead.")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        """Raises `Unavailable`."""
        listener = Listener()
        async with self._turn:
            if self._connection is None:
                self._connection = await self._open()
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                await asyncio.shield(self._leave())

    async def _open(self) -> Any:
        async with postgres_errors():
            connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings={"application_name": "rowmill-news"})
            connection.add_termination_listener(self._on_end)
            await connection.add_listener(CHANNEL, self._on_news)
        return connection

    async def _leave(self) -> None:
        async with self._turn:
            connection = self._connection
            if connection is not None and not self._listeners:
                self._connection = None
                connection.terminate()

    def _on_news(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        upload_id, _, dataset = str(payload).partition(" ")
        for listener in self._listeners:
            listener.hear(upload_id, dataset)

    def _on_end(self, connection: object) -> None:
        if connection is self._connection:
            self._connection = None
            for listener in self._listeners:
                listener.lose()
