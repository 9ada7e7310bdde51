"""What a client asks for and does not wait for costs nothing for long, and nobody else waits for it."""

import asyncio
import secrets
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from backbone.errors import TooSlow
from backbone.http.client_presence import ClientPresence
from backbone.postgres.engine import make_engine
from backbone.postgres.raw import raw_connection, reading_connection
from tests.flows.pods import Rowmill, embedded, wait_for

READ = {"type": "http", "method": "GET", "path": "/", "headers": []}


class Client:
    """Sends one empty request, and hangs up when it is told to; takes blocks of the answer until it stalls."""

    def __init__(self, takes: int = 10**9) -> None:
        self.gone = asyncio.Event()
        self.blocks = 0
        self._takes = takes
        self._messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive(self) -> Any:
        if self._messages:
            return self._messages.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.blocks >= self._takes:
            await asyncio.Event().wait()
        self.blocks += 1


async def test_a_read_ends_with_its_client() -> None:
    ended, begun = asyncio.Event(), asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        try:
            begun.set()
            await asyncio.sleep(60)
        finally:
            ended.set()

    client = Client()
    answering = asyncio.create_task(ClientPresence(slow)(READ, client.receive, client.send))  # type: ignore[arg-type]
    await begun.wait()
    client.gone.set()
    await asyncio.wait_for(answering, 5)  # and no error of it goes further
    assert ended.is_set()


async def test_an_answer_that_nobody_takes_is_cut() -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    client = Client(takes=3)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(ClientPresence(endless, stall_s=0.1)(READ, client.receive, client.send), 5)  # type: ignore[arg-type]
    assert client.blocks == 3


async def test_a_shutdown_still_ends_a_read() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    client = Client()
    answering = asyncio.create_task(ClientPresence(slow)(READ, client.receive, client.send))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    answering.cancel("shutting down")
    with pytest.raises(asyncio.CancelledError):
        await answering


async def test_a_search_that_takes_too_long_is_given_up_and_its_connection_is_free(postgres_url: str) -> None:
    readers = make_engine(postgres_url, 1, statement_timeout_s=0.2)
    try:
        with pytest.raises(TooSlow, match="ROWMILL_READ_TIMEOUT_S"):
            async with reading_connection(readers) as raw:
                await raw.fetch("SELECT pg_sleep(30)")
        async with reading_connection(readers) as raw:
            assert await raw.fetchval("SELECT 1") == 1
    finally:
        await readers.dispose()


async def test_a_cancelled_search_ends_in_postgresql_too(postgres_url: str) -> None:
    mark = f"/* {secrets.token_hex(6)} */"
    readers, watcher = make_engine(postgres_url, 1), make_engine(postgres_url, 1)
    active = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE :mark AND pid <> pg_backend_pid()")

    async def count() -> int:
        async with watcher.connect() as connection:
            return int((await connection.execute(active, {"mark": f"%{mark}%"})).scalar_one())

    async def search() -> None:
        async with raw_connection(readers) as raw:
            await raw.fetch(f"SELECT pg_sleep(60) {mark}")

    async def until(wanted: int) -> None:
        async with asyncio.timeout(20):
            while await count() != wanted:  # noqa: ASYNC110 -- PostgreSQL tells nobody
                await asyncio.sleep(0.05)

    try:
        searching = asyncio.create_task(search())
        await until(1)
        searching.cancel()
        await asyncio.gather(searching, return_exceptions=True)
        await until(0)
    finally:
        await readers.dispose()
        await watcher.dispose()


@pytest.mark.slow
def test_exports_that_stall_free_their_places() -> None:
    """As many as one process has places for, none of them read any further."""
    with embedded(ROWMILL_SEND_STALL_S="1", ROWMILL_POSTGRES_CONNECTIONS_MAX="4") as rowmill:
        rowmill.load(b"a,b\n" + b"x" * 1000 + b",1\n" + b"".join(b"%d%s,2\n" % (n, b"y" * 1000) for n in range(15_000)), dataset="big")
        stalled = [stalled_export(rowmill) for _ in range(2)]
        with rowmill.readers as http:
            assert http.get("/api/datasets/big/export", headers={"Range": "bytes=0-9"}).status_code == 429
            wait_for(
                lambda: http.get("/api/datasets/big/export?format=ndjson&filter=b:eq:1").status_code == 200, 20, "a place is free again"
            )
        for connection in stalled:
            connection.close()


def stalled_export(rowmill: Rowmill) -> socket.socket:
    with rowmill.readers as http:
        address = urlsplit(str(http.base_url))
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((address.hostname, address.port))
    connection.sendall(b"GET /api/datasets/big/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    return connection
