"""A table that has outgrown the shards of its index moves to one with more of them, beside its readers; and nothing is lost, whatever dies amid it."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.databases import database
from tests.flows.pods import Rowmill, distributed, wait_for
from tests.flows.test_small_tables import goods, walk
from tests.no_tls import NO_TLS
from tests.stack import Stack

SHARD_ROWS = 20
SETTINGS = {"ROWMILL_SHARD_ROWS_MAX": str(SHARD_ROWS), "ROWMILL_SMALL_ROWS_MAX": "5"}


@pytest.fixture(scope="module")
def growing(stack: Stack) -> Iterator[Rowmill]:
    with database(stack.postgres) as url, distributed(stack, url, {"all": []}, **SETTINGS) as rowmill:
        yield rowmill


def shards(rowmill: Rowmill) -> dict[str, int]:
    """Of each index that there is, by its name."""
    server, _, prefix = rowmill.environment["ROWMILL_SEARCH_URL"].rpartition("/")
    lines = httpx.get(f"{server}/_cat/indices/{prefix}-*", params={"h": "index,pri"}, verify=NO_TLS).text.splitlines()
    return {name: int(number) for name, number in map(str.split, lines)}


def came(before: dict[str, int], after: dict[str, int]) -> list[int]:
    """The shards of the indices that came, and have not gone again. Those of before may go at any time: other tests were done with them."""
    return sorted(number for name, number in after.items() if name not in before)


@pytest.mark.long
@pytest.mark.stack
def test_an_index_is_made_with_the_shards_that_its_rows_need(growing: Rowmill) -> None:
    before = shards(growing)
    growing.load(goods(0, 5), dataset="at-once")  # a small table, without an index
    assert came(before, shards(growing)) == []
    growing.load(goods(5, 70), dataset="at-once")
    assert came(before, shards(growing)) == [4]
    page = growing.rows("at-once", q="blue", facet=["name", "sku"], sort="-sku")
    assert (page["total"]["value"], page["facets"]["name"][0]["count"]) == (35, 18)
    growing.verify("at-once")
    growing.load(goods(0, 30), dataset="at-once", mode="replace")
    wait_for(lambda: came(before, shards(growing)) in ([2, 4], [2]), 30, "the replacement has an index of two shards")
    growing.verify("at-once")


@pytest.mark.long
@pytest.mark.stack
@pytest.mark.parametrize("asked", [{}, {"q": "cup"}, {"sort": "-price,sku"}, {"sort": "-sku", "filter": "price:gt:1"}], ids=str)
def test_a_walk_goes_on_where_its_table_has_moved(growing: Rowmill, asked: dict[str, Any]) -> None:
    dataset = f"moved-{'-'.join(asked)}".rstrip("-")
    before = shards(growing)
    growing.load(goods(0, 16), dataset=dataset)
    whole = walk(growing, dataset, growing.rows(dataset, limit=50, **asked))
    first = growing.rows(dataset, limit=3, **asked)
    growing.load(goods(16, 40), dataset=dataset)  # twice of what it is for: it stays
    assert came(before, shards(growing)) == [1]
    growing.load(goods(40, 64), dataset=dataset)
    wait_for(lambda: came(before, shards(growing)) == [4], 60, "it has moved, and the index of before is gone")
    assert walk(growing, dataset, first, limit=3, **asked) == whole
    for version, rows in ((1, 16), (2, 40), (3, 64)):
        page = growing.rows(dataset, limit=50, version=version, **asked)
        assert len(walk(growing, dataset, page, limit=50, version=version, **asked)) == (rows // 2 if asked.get("q") else rows)
    growing.verify(dataset)


@pytest.mark.stack
def test_readers_see_the_one_version_or_the_other(growing: Rowmill) -> None:
    growing.load(goods(0, 24), dataset="beside")
    is_over, seen = threading.Event(), set[tuple[int, int, int, int]]()
    failures: list[str] = []

    def read() -> None:
        with growing.readers as http:
            while not is_over.is_set():
                answer = http.get("/api/datasets/beside/rows", params={"q": "blue", "facet": "name", "limit": "50"})
                if answer.status_code != 200:
                    failures.append(answer.text)
                    return
                page = answer.json()
                counts = sum(one["count"] for one in page["facets"]["name"])
                seen.add((page["version"], page["total"]["value"], len(page["rows"]), counts))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        growing.load(goods(24, 80), dataset="beside")
        wait_for(lambda: any(version == 2 for version, *_ in seen) or failures, 30, "the new version has been read")
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert seen == {(1, 12, 12, 12), (2, 40, 40, 40)}
    growing.verify("beside")


@pytest.mark.stack
def test_a_move_that_is_held_discarded_undone_and_made_again(growing: Rowmill) -> None:
    growing.load(goods(0, 16), dataset="back")
    before = shards(growing)
    with growing.uploads as http:
        held = growing.wait(growing.upload(goods(8, 48, "2.50"), dataset="back", mode="upsert", key="sku", hold="true"))
        assert (held["state"], growing.rows("back")["total"]["value"]) == ("HELD", 16)
        assert growing.rows("back", version=2, q="blue")["total"]["value"] == 24
        growing.verify("back")
        http.post(f"/api/uploads/{held['id']}/cancel").raise_for_status()
        growing.wait(held)
        wait_for(lambda: came(before, shards(growing)) == [], 30, "what was made for the held version is gone")
        growing.verify("back")
        done = growing.load(goods(8, 48, "2.50"), dataset="back", mode="upsert", key="sku")
        assert growing.rows("back", filter="price:eq:2.5")["total"]["value"] == 40
        growing.verify("back")
        http.post(f"/api/uploads/{done['id']}/undo").raise_for_status()
        wait_for(lambda: growing.rows("back")["version"] == 1, 30, "it is undone")
    assert growing.rows("back", q="blue")["total"]["value"] == 8
    growing.load(goods(16, 20), dataset="back")
    assert growing.rows("back", q="blue")["total"]["value"] == 10
    growing.verify("back")


@pytest.mark.stack
def test_an_index_that_is_made_anew_has_the_shards_of_today(growing: Rowmill) -> None:
    before = shards(growing)
    growing.load(goods(0, 18), dataset="anew")
    growing.load(goods(18, 38), dataset="anew")
    assert came(before, shards(growing)) == [1]
    assert growing.command("index", "anew").returncode == 0
    assert came(before, shards(growing)) == [2]
    assert growing.rows("anew", q="blue", facet="name")["total"]["value"] == 19
    growing.load(goods(38, 78), dataset="anew")  # twice of what two shards are for
    assert came(before, shards(growing)) == [2]
    growing.verify("anew")


@pytest.mark.long
@pytest.mark.stack
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_everything_dies_amid_a_move(stack: Stack, stack_database: str, share: float) -> None:
    """When so much of the file is indexed: at last the rows of before are on their way, or the new version is there already."""
    slow = {"ROWMILL_PARSER_ROWS_PER_S": "20", "ROWMILL_CHUNK_BYTES": "200"}
    with distributed(stack, stack_database, {"all": []}, **SETTINGS, **slow) as rowmill:
        rowmill.load(goods(0, 30), dataset="killed")
        upload = rowmill.upload(goods(30, 100), dataset="killed")
        with rowmill.uploads as http:
            wait_for(lambda: indexed(http, upload) >= share, 60, "so much is indexed")
        rowmill.pods["all"].kill()
        rowmill.restart("all")
        assert rowmill.rows("killed", q="blue")["total"]["value"] in (15, 50)
        assert rowmill.wait(upload)["state"] == "COMPLETE"
        assert rowmill.rows("killed", q="blue")["total"]["value"] == 50
        wait_for(lambda: list(shards(rowmill).values()) == [5], 60, "one index is left, of five shards")
        rowmill.verify("killed")


def indexed(http: httpx.Client, upload: dict[str, Any]) -> float:
    chunks = http.get(f"/api/uploads/{upload['id']}").json()["chunks"]
    return float(chunks["indexed"] / chunks["total"]) if chunks["total"] else 0.0
