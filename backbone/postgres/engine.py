"""The connection to PostgreSQL: an engine from a URL, and the migrations."""

import asyncio
import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from backbone.errors import BadRequest, DiskFull, NotFound, ReadOnly, Unavailable
from backbone.metrics import CONNECTIONS, Reading
from backbone.postgres.stale_connections import refuse_stale_connections

MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"
TLS_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
TLS_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
MIGRATION_LOCK: Final = 0x726F776D696C6C  # "rowmill": any number, the same in every process
CONNECT_TIMEOUT_S: Final = 10.0


def make_engine(postgres_url: str, connections_max: int, statement_timeout_s: float = 0, *, is_pooler: bool = False) -> AsyncEngine:
    """Connects with the first use. `statement_timeout_s`: after which PostgreSQL gives a statement up; 0: never. `is_pooler`: a PgBouncer in
    transaction mode answers there, which has no settings of a session to give. Raises `BadRequest`."""
    try:
        url = make_url(postgres_url).set(drivername="postgresql+asyncpg")
    except (ArgumentError, ValueError):  # whose text may hold the password
        raise BadRequest(
            "bad-setting", "ROWMILL_POSTGRES_URL must be embedded: or postgresql://user:password@host:5432/database."
        ) from None
    check_tls(url.query)
    of_session = {
        "statement_timeout": str(int(statement_timeout_s * 1000)),
        # Compiling a search over fifty tables takes a hundred times what the search takes.
        "jit": "off",
    }
    connecting: dict[str, Any] = {
        "timeout": CONNECT_TIMEOUT_S,
        "server_settings": {"application_name": "rowmill"} | ({} if is_pooler else of_session),
    }
    # asyncpg itself reads what a URL says of TLS, as psql does (sslmode, sslrootcert, sslcert, sslkey); SQLAlchemy would hand it on as it stands.
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    has_tls = any(name.startswith("ssl") for name in url.query)
    how: dict[str, Any] = {"async_creator": partial(asyncpg.connect, dsn, **connecting)} if has_tls else {"connect_args": connecting}
    engine = create_async_engine(
        url,
        pool_size=connections_max,
        max_overflow=0,
        hide_parameters=True,  # they are people's rows, and an error's text ends in the log
        **how,
    )
    refuse_stale_connections(engine)
    return engine


def check_tls(query: Mapping[str, Any]) -> None:
    """Raises `BadRequest`: a file that is not there would be a server that is away."""
    mode = query.get("sslmode", "prefer")
    if mode not in TLS_MODES:
        raise BadRequest("bad-setting", f"ROWMILL_POSTGRES_URL: sslmode is one of {', '.join(TLS_MODES)}.")
    for name in TLS_FILES:
        if name in query and not Path(str(query[name])).is_file():
            raise BadRequest("bad-setting", f"ROWMILL_POSTGRES_URL: there is no file {query[name]} for {name}.")


DISK_IS_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def raw_url(engine: AsyncEngine) -> str:
    """The engine's URL as asyncpg itself takes it, for the connections that LISTEN or hold advisory locks."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def postgres_errors() -> AsyncIterator[None]:
    """Turns "PostgreSQL is away, or will not take this now" into `Unavailable`; every other database error is a bug and goes through."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        if _is_away(cause) or error.connection_invalidated:
            raise _unavailable(cause, str(error.orig)) from error
        raise
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, TimeoutError, PoolTimeoutError) as error:
        if isinstance(error, OSError) and error.errno in DISK_IS_FULL:  # of a file that was written meanwhile: no connection says so
            raise DiskFull("this machine", str(error)) from error
        raise Unavailable("postgres", str(error) or type(error).__name__) from error
    except asyncpg.UndefinedTableError as error:  # the catalog are always there; a table of rows goes with its last version
        raise NotFound("no-index", "The rows of this version are no more. Start again without version= and cursor=.") from error
    except asyncpg.PostgresError as error:
        if _is_away(error):
            raise _unavailable(error, str(error)) from error
        raise


def is_passing(error: BaseException) -> bool:
    """Whether the same again may succeed later: the server is away, full, or undid one of two transactions that wanted the same."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return _is_away(cause) or error.connection_invalidated
    return isinstance(error, Unavailable | PoolTimeoutError) or _is_away(error)


def _unavailable(cause: BaseException | None, detail: str) -> Unavailable:
    if isinstance(cause, asyncpg.DiskFullError):
        return DiskFull("postgres", detail)
    if isinstance(cause, asyncpg.ReadOnlySQLTransactionError):
        return ReadOnly("postgres", detail)
    return Unavailable("postgres", detail)


def _is_away(error: BaseException | None) -> bool:
    return isinstance(
        error,
        OSError
        | TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.OperatorInterventionError  # shutting down, crash recovery
        | asyncpg.InsufficientResourcesError  # disk full, too many connections
        | asyncpg.ReadOnlySQLTransactionError
        | asyncpg.TransactionRollbackError,  # deadlock, serialization: the same again may succeed
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction; commits on leaving, rolls back on an exception. Raises `Unavailable`."""
    async with postgres_errors(), engine.begin() as connection:
        yield connection


@asynccontextmanager
async def autocommit(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """For a single statement that changes nothing: without BEGIN and COMMIT, which are two of three ways to the server. Raises `Unavailable`."""
    async with postgres_errors(), engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


@asynccontextmanager
async def as_of_one_moment(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """For several statements that read, and see the same of everything. Raises `Unavailable`."""
    async with postgres_errors(), engine.connect() as connection:
        yield await connection.execution_options(isolation_level="REPEATABLE READ")


async def check_postgres(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))


async def measure_connections(engine: AsyncEngine) -> list[Reading]:
    """Of the pool; the few that listen or hold locks are not among them."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    in_use = pool.checkedout()
    return [
        Reading(CONNECTIONS, "in use", in_use),
        Reading(CONNECTIONS, "idle", pool.checkedin()),
        Reading(CONNECTIONS, "most", pool.size()),
    ]


async def migrate(engine: AsyncEngine) -> None:
    """Brings the schema up to date. Safe to call from many processes at once: they take turns."""
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # the schema's step is none that this program has
        detail = f"The database is of a newer Rowmill ({error}). Install that one; going back needs a backup from before."
        raise BadRequest("newer-schema", detail) from None


async def wait_for_postgres(engine: AsyncEngine, timeout_s: float = 60.0) -> None:
    """Returns when PostgreSQL answers; raises the last `Unavailable` after `timeout_s`. Pods often start before their servers."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        try:
            return await check_postgres(engine)
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.5)
