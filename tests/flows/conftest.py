"""One running Rowmill per home for all flows; each test uses datasets of its own name."""

import asyncio
import secrets
from collections.abc import Iterator

import asyncpg
import pytest

from tests.flows.pods import Rowmill, distributed, embedded


@pytest.fixture(scope="session")
def stack_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database on the real PostgreSQL, for one running Rowmill."""
    server = request.getfixturevalue("stack").postgres
    name = f"rowmill_flows_{secrets.token_hex(4)}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f'CREATE DATABASE "{name}"'))
    yield f"{server.rsplit('/', 1)[0]}/{name}"
    asyncio.run(run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def embedded_rowmill() -> Iterator[Rowmill]:
    with embedded() as rowmill:
        yield rowmill


@pytest.fixture(scope="session")
def distributed_rowmill(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    with distributed(request.getfixturevalue("stack"), request.getfixturevalue("stack_database")) as rowmill:
        yield rowmill


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def rowmill(request: pytest.FixtureRequest) -> Rowmill:
    found = request.getfixturevalue(f"{request.param}_rowmill")
    assert isinstance(found, Rowmill)
    return found
