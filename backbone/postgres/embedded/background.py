"""Work that nobody waits for gives way for a while: the processes of a session of the embedded PostgreSQL take little of a processor that others want.

PostgreSQL knows no priorities, but its processes are of this machine. Linux shares the time between sessions first, and each process of the server
is one of its own (`sched_autogroup`); where it does not, the priority of a process counts, which root alone may take back.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.errors import Unavailable
from backbone.postgres.engine import postgres_errors
from backbone.postgres.raw import raw_connection

NICE: Final = 10  # a tenth of what another gets: one that is stopped while it holds a lock of the server goes on soon
TITLE: Final = b"postgres: "
LOOK_S: Final = 0.15  # Linux takes one change of a session's share in a tenth of a second

log = structlog.get_logger()


@asynccontextmanager
async def background_connection(engine: AsyncEngine, gives_way_s: float) -> AsyncIterator[Any]:
    """As `raw_connection`; for so long its process, and those that come to help it, give way to all others. Nobody gets it afterwards. Raises
    `Unavailable`."""
    async with postgres_errors(), engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        giving_way = asyncio.create_task(_give_way(engine, raw.get_server_pid(), gives_way_s))
        try:
            yield raw
        finally:
            giving_way.cancel()
            await connection.invalidate()
            await asyncio.wait([giving_way])


async def _give_way(engine: AsyncEngine, leader: int, seconds: float) -> None:
    """As helpers come and go. What cannot be changed goes on as it is."""
    try:
        await _give_way_until(engine, leader, monotonic() + seconds)
    except Exception as error:
        log.error("a build does not give way", exc_info=error)


async def _give_way_until(engine: AsyncEngine, leader: int, until: float) -> None:
    low: set[int] = set()
    while monotonic() < until:
        with suppress(Unavailable):
            low |= {pid for pid in await _processes(engine, leader) - low if _set_nice(pid, NICE)}
        await asyncio.sleep(LOOK_S)
    while low:
        with suppress(Unavailable):
            low &= await _processes(engine, leader)  # the number of one that has ended may be another's by now
            low -= {pid for pid in low if _set_nice(pid, 0)}
        await asyncio.sleep(LOOK_S)


async def _processes(engine: AsyncEngine, leader: int) -> set[int]:
    async with raw_connection(engine) as raw:
        return {leader, *(pid for (pid,) in await raw.fetch("SELECT pid FROM pg_stat_activity WHERE leader_pid = $1", leader))}


def _set_nice(pid: int, nice: int) -> bool:
    """`nice`: beyond this process's own. Whether there is nothing left to try, as on any system but Linux."""
    process = Path(f"/proc/{pid}")
    try:
        # Where another container runs the server, the number may be of somebody else's process here.
        if not (process / "cmdline").read_bytes().startswith(TITLE):
            return True
        if os.geteuid() == 0:
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + nice)
        (process / "autogroup").write_text(str(nice))
    except OSError as error:
        return error.errno != errno.EAGAIN
    return True
