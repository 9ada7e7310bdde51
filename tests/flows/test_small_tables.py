"""Tables of few rows are searched in PostgreSQL as they lie; one that grows gets its index in Elasticsearch beside its readers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.databases import database
from tests.flows.pods import Rowmill, distributed, wait_for
from tests.no_tls import NO_TLS
from tests.stack import Stack

SMALL_ROWS_MAX = 20
WORDS = ("blue teapot", "green cup", "red jug, chipped", "blue cup")


@pytest.fixture(scope="module")
def growing(stack: Stack) -> Iterator[Rowmill]:
    with database(stack.postgres) as url, distributed(stack, url, {"all": []}, ROWMILL_SMALL_ROWS_MAX=str(SMALL_ROWS_MAX)) as rowmill:
        yield rowmill


def goods(first: int, last: int, price: str = "1.50") -> bytes:
    return b"sku,name,price\n" + b"".join(f'{n},"{WORDS[n % len(WORDS)]}",{price}\n'.encode() for n in range(first, last))


def indices(rowmill: Rowmill) -> int:
    server, _, prefix = rowmill.environment["ROWMILL_SEARCH_URL"].rpartition("/")
    return len(httpx.get(f"{server}/_cat/indices/{prefix}-*", params={"h": "index"}, verify=NO_TLS).text.split())


def walk(rowmill: Rowmill, dataset: str, page: dict[str, Any], **asked: Any) -> list[int]:
    rows = [row["row"] for row in page["rows"]]
    while page["next_cursor"]:
        page = rowmill.rows(dataset, cursor=page["next_cursor"], **asked)
        rows += [row["row"] for row in page["rows"]]
    return rows


@pytest.mark.stack
def test_many_small_datasets_need_no_index(growing: Rowmill) -> None:
    before = indices(growing)
    uploads = [growing.upload(goods(0, 12), dataset=f"shop-{number}") for number in range(12)]
    assert {growing.wait(upload)["state"] for upload in uploads} == {"COMPLETE"}
    assert indices(growing) == before
    page = growing.rows("shop-3", q="blue", facet="name", sort="-sku")
    assert (page["total"]["value"], page["facets"]["name"][0]["count"]) == (6, 3)
    with growing.readers as http:
        everywhere = http.get("/api/search", params={"q": "teapot", "datasets": "shop-*"}).json()
    assert len(everywhere["counts"]) == 12
    growing.verify("shop-7")


@pytest.mark.stack
@pytest.mark.parametrize("asked", [{}, {"q": "cup"}, {"sort": "-price,sku"}], ids=["as it lies", "words", "sorted"])
def test_a_walk_goes_on_where_its_table_has_grown(growing: Rowmill, asked: dict[str, Any]) -> None:
    dataset = f"grown-{len(asked)}-{'-'.join(asked)}".rstrip("-")
    growing.load(goods(0, 16), dataset=dataset)
    before = indices(growing)
    whole = walk(growing, dataset, growing.rows(dataset, limit=50, **asked))
    first = growing.rows(dataset, limit=3, **asked)
    growing.load(goods(16, 64), dataset=dataset)
    assert indices(growing) == before + 1
    assert walk(growing, dataset, first, limit=3, **asked) == whole
    assert walk(growing, dataset, growing.rows(dataset, limit=50, version=1, **asked), limit=50, version=1, **asked) == whole
    assert growing.rows(dataset, limit=1, **asked)["total"]["value"] == 4 * len(whole)
    growing.verify(dataset)


@pytest.mark.long
@pytest.mark.stack
def test_it_grows_by_an_upsert_that_is_held_and_discarded(growing: Rowmill) -> None:
    growing.load(goods(0, 16), dataset="held-grown")
    with growing.uploads as http:
        held = growing.wait(growing.upload(goods(8, 48, "2.50"), dataset="held-grown", mode="upsert", key="sku", hold="true"))
        assert (held["state"], growing.rows("held-grown")["total"]["value"]) == ("HELD", 16)
        assert growing.rows("held-grown", version=2, q="blue")["total"]["value"] == 24
        growing.verify("held-grown")
        assert http.delete(f"/api/uploads/{held['id']}").is_success or http.post(f"/api/uploads/{held['id']}/cancel").is_success
    growing.wait(held)
    growing.load(goods(0, 8, "3.50"), dataset="held-grown", mode="upsert", key="sku")
    assert growing.rows("held-grown", filter="price:eq:3.5")["total"]["value"] == 8
    growing.verify("held-grown")
    growing.load(goods(0, 5), dataset="held-grown", mode="replace")
    assert growing.rows("held-grown", q="teapot")["total"]["value"] == 2
    growing.verify("held-grown")


@pytest.mark.stack
def test_one_that_was_to_grow_and_did_not_goes_on(stack: Stack, stack_database: str) -> None:
    """Cancelled before any of its rows had a document: there is no index yet to clean up."""
    slow = {"ROWMILL_SMALL_ROWS_MAX": "5", "ROWMILL_PARSER_ROWS_PER_S": "4"}
    with distributed(stack, stack_database, {"all": []}, **slow) as rowmill:
        rowmill.load(goods(0, 3), dataset="not-grown")
        upload = rowmill.upload(goods(3, 40), dataset="not-grown")
        with rowmill.uploads as http:
            wait_for(lambda: http.get(f"/api/uploads/{upload['id']}").json()["state"] == "PROCESSING", 30, "it is being loaded")
            http.post(f"/api/uploads/{upload['id']}/cancel").raise_for_status()
        assert rowmill.wait(upload)["state"] == "CANCELLED"
        rowmill.load(goods(3, 5), dataset="not-grown")
        assert rowmill.rows("not-grown", q="teapot")["total"]["value"] == 2
        rowmill.verify("not-grown")
