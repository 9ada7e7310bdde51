"""One query on a foreign database, read with flat memory.

PostgreSQL COPYs it out as CSV, in a transaction that may only read; SQLite's file is opened to be read only; any other is asked through SQLAlchemy with
a cursor on its side, where its driver has one. The address of a server is checked as that of every other request (`connect.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from backbone.errors import Rejected
from backbone.outgoing.addresses import Allowed, Refused
from backbone.outgoing.client import RemoteAway
from backbone.outgoing.connect import checked_addresses
from backbone.outgoing.databases.values import csv_bytes

PORTS: Final = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
ROWS_AT_ONCE: Final = 2_000
BLOCKS_IN_FLIGHT_MAX: Final = 4
BLOCK_BYTES: Final = 256 * 1024
CONNECT_S_MAX: Final = 15.0
OPTIONS: Final = ("sslmode", "charset")
VERIFIED: Final = "verify-full"


def read_database_url(text_: str, allowed_folders: list[Path]) -> URL:
    """Raises `Refused`: of no kind that is known, with a password in it, with options that reach beyond it, or a file elsewhere."""
    try:
        url = make_url(text_)
    except (ArgumentError, ValueError):
        raise Refused(
            "bad-url", "This is no URL of a database, such as postgresql://reader@host:5432/shop or sqlite:////data/shop.db."
        ) from None
    if url.password is not None:
        raise Refused("bad-url", "The URL has a password in it. Give it as the secret instead: it is kept encrypted.")
    kind = url.get_backend_name()
    if kind == "sqlite":
        if url.query or not url.database or not is_inside(Path(url.database), allowed_folders):
            raise Refused("folder-not-allowed", "Files of this server are read only from folders that ROWMILL_SOURCE_FOLDERS names.")
        return url
    if kind not in PORTS or not url.host:
        raise Refused("bad-url", f"A database is of {', '.join(('sqlite', *PORTS))}, and has a host.")
    if other := [name for name in url.query if name not in OPTIONS]:
        raise Refused("bad-url", f"The URL's options are {', '.join(OPTIONS)}, and not {', '.join(other)[:100]}.")
    return url


def is_inside(path: Path, folders: list[Path]) -> bool:
    """With links followed: where it really lies."""
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


async def stream_query(url: URL, query: str, password: str, allowed: Allowed, silence_s: float) -> AsyncIterator[bytes]:
    """CSV with a header, in blocks. Raises `Rejected` for a query that it refuses, `RemoteAway`, `Refused`."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        real = _read_only(url)
        async for block in _by_sqlalchemy(real, query, "the database"):
            yield block
        return
    host, port = str(url.host), url.port or PORTS[kind]
    try:
        addresses = await checked_addresses(host, port, allowed, ports=frozenset(PORTS.values()))
    except OSError:
        raise RemoteAway(host, f"The name {host} leads nowhere.") from None
    address = host if url.query.get("sslmode") == VERIFIED else addresses[0]  # a certificate is held against the name
    whole = url.set(host=address, port=port, password=password)
    blocks = _by_copy(whole, query, host, silence_s) if kind == "postgresql" else _by_sqlalchemy(whole, query, host)
    async for block in blocks:
        yield block


def _read_only(url: URL) -> URL:
    path = Path(str(url.database)).resolve()
    return URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})


async def _by_copy(url: URL, query: str, host: str, silence_s: float) -> AsyncIterator[bytes]:
    blocks: asyncio.Queue[bytes | None] = asyncio.Queue(BLOCKS_IN_FLIGHT_MAX)
    copying = asyncio.create_task(_copy(url, query, host, blocks))
    try:
        while True:
            getting = asyncio.create_task(blocks.get())
            await asyncio.wait({getting, copying}, timeout=silence_s, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                if (block := getting.result()) is None:
                    break
                yield block
                continue
            getting.cancel()
            if not copying.done():
                raise RemoteAway(host, f"{host} sent no row for {silence_s:g} seconds.")
            await copying  # raises what it raised
        await copying
    finally:
        copying.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await copying


async def _copy(url: URL, query: str, host: str, blocks: "asyncio.Queue[bytes | None]") -> None:
    waiting = bytearray()

    async def take(data: bytes) -> None:
        waiting.extend(data)
        if len(waiting) >= BLOCK_BYTES:
            await blocks.put(bytes(waiting))
            waiting.clear()

    try:
        connection: Any = await asyncpg.connect(
            host=url.host,  # all of it is given: what is not, the driver would take from this server's own environment
            port=url.port,
            user=url.username,
            password=url.password or "",
            database=url.database or url.username,
            ssl=str(url.query.get("sslmode", "prefer")),
            timeout=CONNECT_S_MAX,
            server_settings={"application_name": "rowmill", "timezone": "UTC", "datestyle": "ISO", "default_transaction_read_only": "on"},
        )
        try:
            async with connection.transaction(readonly=True):
                await connection.copy_from_query(await _with_whole_words(connection, query), output=take, format="csv", header=True)
        finally:
            connection.terminate()
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError, TimeoutError) as error:
        raise RemoteAway(host, f"{host} cannot be reached ({type(error).__name__}).") from None
    except asyncpg.PostgresError as error:
        raise Rejected("query-refused", f"{host} refuses the query: {str(error)[:300]}.") from None
    if waiting:
        await blocks.put(bytes(waiting))
    await blocks.put(None)


async def _with_whole_words(connection: Any, query: str) -> str:
    """COPY writes t and f of a boolean; as a text it is true and false. Raises `Rejected` for what gives no rows."""
    query = query.strip().rstrip(";")
    attributes = (await connection.prepare(query)).get_attributes()
    if not attributes:
        raise Rejected("query-refused", "The query gives no rows: it has to be a SELECT.")
    if not any(attribute.type.name == "bool" for attribute in attributes):
        return query
    names = [f"c{number}" for number in range(len(attributes))]
    columns = [
        f'{name}{"::text" if attribute.type.name == "bool" else ""} AS "{attribute.name.replace(chr(34), chr(34) * 2)}"'
        for name, attribute in zip(names, attributes, strict=True)
    ]
    return f"SELECT {', '.join(columns)} FROM ({query}) AS source({', '.join(names)})"


async def _by_sqlalchemy(url: URL, query: str, host: str) -> AsyncIterator[bytes]:
    """In a thread of its own: drivers' connections belong to the thread that opened them."""
    rows, loop = _rows(url, query), asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="source-query") as thread:
        try:
            while (block := await loop.run_in_executor(thread, next, rows, None)) is not None:
                yield block
        except NoSuchModuleError:
            raise Rejected("no-driver", f"No driver for {url.drivername} is installed here.") from None
        except ImportError as error:
            raise Rejected("no-driver", f"The driver for {url.drivername} is not installed here: {error}.") from None
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            raise Rejected("query-refused", f"{host} refuses the query, or cannot be reached: {reason[:300]}.") from None
        finally:
            await loop.run_in_executor(thread, rows.close)


def _rows(url: URL, query: str) -> Generator[bytes, None, None]:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(text(query.replace(":", "\\:")))
        if not result.returns_rows:
            raise Rejected("query-refused", "The query gives no rows: it has to be a SELECT.")
        yield csv_bytes([tuple(result.keys())])
        for rows in result.partitions(ROWS_AT_ONCE):
            yield csv_bytes(rows)
