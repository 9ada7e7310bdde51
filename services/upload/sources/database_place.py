"""A query on a database: each run brings what it finds as one CSV file, known by its content alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backbone.errors import TooLarge
from backbone.outgoing.addresses import Refused
from backbone.outgoing.client import Outgoing
from backbone.outgoing.databases import stream_query
from backbone.outgoing.databases.stream import read_database_url
from services.upload.sources.place import THE_ONE, Content, Item
from services.upload.sources.settings import DatabaseSettings, Secret


class DatabasePlace:
    def __init__(self, settings: DatabaseSettings, secret: Secret, outgoing: Outgoing, bytes_max: int, folders: list[Path]) -> None:
        """Raises `Refused`."""
        url = read_database_url(settings.url, folders)
        self._url = url.set(username=secret.user) if secret.user else url
        if self._url.get_backend_name() != "sqlite" and not self._url.username:
            raise Refused("bad-url", "The URL names no user, and the secret neither.")
        self._query = settings.query
        self._password = secret.password
        self._outgoing = outgoing
        self._bytes_max = bytes_max

    async def items(self) -> AsyncIterator[Item]:
        yield Item(THE_ONE)

    @asynccontextmanager
    async def open(self, item: Item, known: str | None) -> AsyncIterator[Content | None]:
        yield Content(self._blocks(), "", "query.csv")

    async def _blocks(self) -> AsyncIterator[bytes]:
        size_bytes = 0
        limits = self._outgoing.limits
        async for block in stream_query(self._url, self._query, self._password, self._outgoing.allowed, limits.total_s):
            size_bytes += len(block)
            if size_bytes > self._bytes_max:
                raise TooLarge(
                    "answer-too-large", f"The query gives more than {self._bytes_max} bytes. ROWMILL_FILE_BYTES_MAX raises the limit."
                )
            yield block
