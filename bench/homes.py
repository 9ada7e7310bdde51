"""Where the bench runs: databases of its own on the real PostgreSQL, and what machine this is."""

import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import asyncpg

from backbone.postgres.embedded.server import start_embedded
from tests.flows.pods import Rowmill
from tests.stack import Stack


@contextmanager
def bench_database(stack: Stack) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    name = f"rowmill_bench_{secrets.token_hex(4)}"
    anyio.run(_run, stack.postgres, f'CREATE DATABASE "{name}"')
    try:
        yield f"{stack.postgres.rsplit('/', 1)[0]}/{name}"
    finally:
        anyio.run(_run, stack.postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


def postgres_url(rowmill: Rowmill) -> str:
    """Of its PostgreSQL, whichever home it has."""
    environment = rowmill.environment
    return environment.get("ROWMILL_POSTGRES_URL") or start_embedded(Path(environment["ROWMILL_HOME"]))


async def _run(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(statement)
    await connection.close()


def machine() -> str:
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores"
