"""One running Rowmill per home for all flows; each test uses datasets of its own name."""

from collections.abc import Iterator

import pytest

from tests.databases import database
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import Stack


@pytest.fixture
def stack_database(stack: Stack) -> Iterator[str]:
    """An empty database on the real PostgreSQL. One per running Rowmill: two on one database would share their outbox."""
    with database(stack.postgres) as url:
        yield url


@pytest.fixture(scope="session")
def embedded_rowmill() -> Iterator[Rowmill]:
    with embedded() as rowmill:
        yield rowmill


@pytest.fixture(scope="session")
def distributed_rowmill(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url) as rowmill:
        yield rowmill


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def rowmill(request: pytest.FixtureRequest) -> Rowmill:
    found = request.getfixturevalue(f"{request.param}_rowmill")
    assert isinstance(found, Rowmill)
    return found


# A few records to a chunk, so that small files have several; and versions stay until they are taken away.
SMALL_CHUNKS = {"ROWMILL_CHUNK_BYTES": "80", "ROWMILL_VERSIONS_KEPT": "1000"}


@pytest.fixture(scope="session")
def embedded_small_chunks() -> Iterator[Rowmill]:
    with embedded(**SMALL_CHUNKS) as rowmill:
        yield rowmill


@pytest.fixture(scope="session")
def distributed_small_chunks(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url, **SMALL_CHUNKS) as rowmill:
        yield rowmill


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def small_chunks(request: pytest.FixtureRequest) -> Rowmill:
    """A Rowmill whose chunks are of a few records."""
    found = request.getfixturevalue(f"{request.param}_small_chunks")
    assert isinstance(found, Rowmill)
    return found
