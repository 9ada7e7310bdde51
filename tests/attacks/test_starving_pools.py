"""A process whose hands could wait for each other's connections for ever is refused at its start."""

import pytest

from backbone.errors import BadRequest
from backbone.settings import Settings
from services.__main__ import SERVICES, check_pool


@pytest.mark.parametrize(("connections", "hands"), [(2, 2), (3, 2), (10, 10), (10, 9), (1, 1)])
def test_a_pool_that_can_starve_itself_is_refused(connections: int, hands: int) -> None:
    settings = Settings(postgres_connections_max=connections, indexer_parallel=hands)
    for names in (list(SERVICES), ["indexer"]):
        with pytest.raises(BadRequest, match="ROWMILL_POSTGRES_CONNECTIONS_MAX"):
            check_pool(settings, names)
    check_pool(settings, ["parser"])


@pytest.mark.parametrize(("connections", "hands"), [(10, 2), (4, 2), (3, 1), (12, 10)])
def test_one_that_cannot_is_taken(connections: int, hands: int) -> None:
    check_pool(Settings(postgres_connections_max=connections, indexer_parallel=hands), list(SERVICES))


def test_as_it_comes_it_cannot() -> None:
    check_pool(Settings(), list(SERVICES))
