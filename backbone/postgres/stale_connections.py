"""A pooled connection that the server has closed is not given out. One that was used a moment ago is not asked for that: a question is three
ways to the server (BEGIN, an empty statement, ROLLBACK), in every transaction, and asyncpg knows when the other end has hung up."""

import time
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_S: Final = 30.0  # after which a firewall between may have forgotten the connection without a word
_RETURNED: Final = "returned at"


def refuse_stale_connections(engine: AsyncEngine) -> None:
    event.listen(engine.sync_engine, "checkin", _note)
    event.listen(engine.sync_engine, "checkout", _look)


def _note(connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[_RETURNED] = time.monotonic()


def _look(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """The pool connects anew, and mistrusts all that is older, when this raises."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    returned = entry.info.get(_RETURNED)  # None: it was made just now
    if returned is not None and time.monotonic() - returned > IDLE_S:
        try:
            connection.ping()
        except Exception as error:
            raise InvalidatePoolError from error
