"""A running Rowmill per home whose chunks are of a few records, for the flows that need several of them."""

from collections.abc import Iterator

import pytest

from tests.databases import database
from tests.flows.pods import Rowmill, distributed, embedded

# A few records to a chunk, so that small files have several; and versions stay until they are taken away.
# In the distributed home some of their tables grow out of being searched as they lie.
SMALL_CHUNKS = {"ROWMILL_CHUNK_BYTES": "80", "ROWMILL_VERSIONS_KEPT": "1000", "ROWMILL_SMALL_ROWS_MAX": "40"}


@pytest.fixture(scope="session")
def embedded_small_chunks() -> Iterator[Rowmill]:
    with embedded(**SMALL_CHUNKS) as rowmill:
        yield rowmill


@pytest.fixture(scope="session")
def distributed_small_chunks(request: pytest.FixtureRequest) -> Iterator[Rowmill]:
    stack = request.getfixturevalue("stack")
    with database(stack.postgres) as url, distributed(stack, url, {"all": []}, **SMALL_CHUNKS) as rowmill:
        yield rowmill


@pytest.fixture(params=[pytest.param("embedded"), pytest.param("distributed", marks=pytest.mark.stack)])
def small_chunks(request: pytest.FixtureRequest) -> Rowmill:
    """A Rowmill whose chunks are of a few records."""
    found = request.getfixturevalue(f"{request.param}_small_chunks")
    assert isinstance(found, Rowmill)
    return found
