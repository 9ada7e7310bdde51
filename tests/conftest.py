"""Fixtures shared by all tests: the real servers (or an honest skip), and an empty PostgreSQL of either home."""

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.engine import make_engine, migrate, start_embedded
from tests.stack import Stack, find_stack

NO_STACK = "the distributed half needs the real servers: set STACK_* or start a Docker engine"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for a half that did not run, not one per test."""
    left_out = sum(NO_STACK in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if left_out:
        terminalreporter.write_line(f"{left_out} tests skipped: {NO_STACK}")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with find_stack() as found:
        if found is None:
            if os.environ.get("ROWMILL_TEST_REQUIRE_STACK") == "1":
                pytest.fail(f"ROWMILL_TEST_REQUIRE_STACK=1, but {NO_STACK}")
            pytest.skip(NO_STACK)
        yield found


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The embedded PostgreSQL, started once for all tests; each test makes its own database in it."""
    with tempfile.TemporaryDirectory(prefix="rowmill-test-") as home:
        yield start_embedded(Path(home))


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def home(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def postgres_url(home: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An empty database of the home's PostgreSQL, dropped afterwards."""
    server = request.getfixturevalue("embedded_url") if home == "embedded" else request.getfixturevalue("stack").postgres
    name = f"rowmill_test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        yield server.replace("/postgres?", f"/{name}?") if "?" in server else f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty, migrated database."""
    engine = make_engine(postgres_url, connections_max=5)
    await migrate(engine)
    yield engine
    await engine.dispose()
