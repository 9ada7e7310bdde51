"""Rowmill behind a PgBouncer in transaction mode: what needs no session goes through it, the rest past it, and all works as without."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.flows.pods import FOUR, Rowmill, distributed, free_port
from tests.pooler import pgbouncer_or_skip, pooled
from tests.stack import Stack

pytestmark = pytest.mark.stack
SERVER_CONNECTIONS = 12  # four processes have six each, and three for exports, so that statements of one end up on connections of another
DATASETS, ROWS = 3, 6_000
HOMES: dict[str, dict[str, str]] = {"distributed": {}, "embedded": {"ROWMILL_EVENTS_URL": "postgres:", "ROWMILL_SEARCH_URL": "postgres:"}}


@pytest.mark.parametrize("home", HOMES)
def test_files_are_loaded_changed_read_and_exported(home: str, stack: Stack, stack_database: str) -> None:
    """The log and the search in PostgreSQL need most of what a pooler cannot give."""
    pgbouncer_or_skip()
    with pooled(stack_database, free_port(), SERVER_CONNECTIONS) as pooler:
        more = {"ROWMILL_POSTGRES_POOLER_URL": pooler.url, "ROWMILL_CHUNK_BYTES": "40000", **HOMES[home]}
        with distributed(stack, stack_database, FOUR, **more) as rowmill:
            with ThreadPoolExecutor(DATASETS) as threads:
                list(threads.map(lambda number: _story(rowmill, f"goods-{number}"), range(DATASETS)))
            for number in range(DATASETS):
                rowmill.verify(f"goods-{number}")
            pooler.stop()
            assert all(httpx.get(f"{pod.url}/health/ready").status_code == 503 for pod in rowmill.pods.values()), "nothing goes through it"


def _story(rowmill: Rowmill, dataset: str) -> None:
    goods = "".join(f"s{number},thing {number},{number}.50,blue\n" for number in range(ROWS))
    loaded = rowmill.load(f"sku,name,price,colour\n{goods}".encode(), dataset=dataset, mode="upsert", key="sku")
    assert loaded["rows"] == ROWS
    changed = rowmill.load(b"sku,name,price,colour\ns1,other,2.50,red\nnew,one,1.00,blue\n", dataset=dataset, mode="upsert", key="sku")
    assert changed["state"] == "COMPLETE"
    assert rowmill.rows(dataset, q="other")["total"]["value"] == 1
    with rowmill.readers as http:
        for _ in range(5):
            assert len(http.get(f"/api/datasets/{dataset}/rows", params={"sort": "price", "limit": 100}).json()["rows"]) == 100
            assert http.get(f"/api/datasets/{dataset}/export", params={"format": "csv"}).text.count("\n") == ROWS + 2
        groups = http.get(f"/api/datasets/{dataset}/groups", params={"by": "colour"})
        assert groups.status_code == 200, groups.text
