"""Datasets as lazy frames: a query asks the server for what it needs, and has what the same query on all rows has."""

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import httpx
import polars as pl
import pytest

from rowmill import AsyncClient, Client, Problem
from tests.flows import keyed
from tests.flows.gateway import AsyncGateway, Gateway
from tests.flows.pods import Rowmill
from tests.no_tls import NO_TLS

URL = "http://localhost"
ROWS = 300
DAY = date(2026, 1, 1)
TEXT = (
    "name,n,price,day\n" + "".join(f"w{n % 7},{n},{n}.{n % 100:02},2026-01-{n % 28 + 1:02}\n" for n in range(ROWS)) + ",0,,\nW3,-1,0.5,\n"
)


class Recorded(Gateway):
    """Keeps what was asked of exports that brought rows."""

    def __init__(self, rowmill: Rowmill) -> None:
        super().__init__(rowmill)
        self.exports: list[httpx.QueryParams] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/export") and "from_row" in request.url.params:
            self.exports.append(request.url.params)
        return super().handle_request(request)


@pytest.fixture
def gateway(rowmill: Rowmill) -> Recorded:
    return Recorded(rowmill)


@pytest.fixture
def client(gateway: Recorded) -> Iterator[Client]:
    with (
        httpx.Client(base_url=URL, transport=gateway, timeout=60, headers=keyed.AUTHORIZED, verify=NO_TLS) as http,
        Client(http=http) as client,
    ):
        yield client


def load(client: Client, dataset: str, text: str = TEXT) -> None:
    client.wait(client.upload(io.BytesIO(text.encode()), dataset=dataset), timeout_s=60)


NAME, N, PRICE, DATE = (pl.col(column) for column in ("name", "n", "price", "day"))
QUERIES: list[Callable[[pl.LazyFrame], pl.LazyFrame]] = [
    lambda frame: frame.filter((NAME == "w3") & (N <= 100), PRICE > 4).select("day", "price"),
    lambda frame: frame.filter(PRICE.ne(Decimal("0.50"))).group_by("name").agg(PRICE.sum(), pl.len()).sort("name"),
    lambda frame: frame.filter(N > 50).head(150).select(pl.len(), DATE.max()),
    lambda frame: frame.filter(N > 10_000),
]


@pytest.mark.long
def test_queries_have_what_they_have_on_all_rows(client: Client) -> None:
    load(client, "scan-queries")
    whole = client.to_frame("scan-queries")
    scan = client.scan("scan-queries", parts=2)
    assert scan.collect_schema() == whole.schema
    for number, query in enumerate(QUERIES):
        rows, expected = query(scan).collect(), query(whole.lazy()).collect()
        assert rows.equals(expected) and rows.schema == expected.schema, number


def test_only_what_a_query_needs_is_asked_of_the_server(client: Client, gateway: Recorded) -> None:
    load(client, "scan-asked")
    scan = client.scan("scan-asked", "w3 OR w4", filter="n:lt:200", fields=["n", "name", "day"], parts=2)
    assert gateway.exports == []
    rows = scan.filter(N >= 100, NAME == "w3", DATE > DAY, NAME.str.ends_with("3")).select("n").collect()
    assert rows["n"].to_list() == [n for n in range(100, 200) if n % 7 == 3 and n % 28]
    assert len(gateway.exports) == 2
    for asked in gateway.exports:
        assert set(asked["fields"].split(",")) == {"n", "name", "day"}
        assert set(asked.get_list("filter")) == {"n:lt:200", "n:gte:100", "name:eq:w3", "day:gt:2026-01-01"}
        assert asked["q"] == "w3 OR w4"
    gateway.exports.clear()
    assert scan.select("n").head(3).collect()["n"].to_list() == [3, 4, 10]
    assert [asked["fields"] for asked in gateway.exports] == ["n"]  # the second part was not needed
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        scan.select("price").collect()


def test_a_frame_stays_with_its_version(client: Client) -> None:
    load(client, "scan-version")
    scan = client.scan("scan-version")
    load(client, "scan-version", "name,n,price,day\nnew,1000,1.12345,2026-05-05\n")
    assert scan.select(N.max()).collect().item() == ROWS - 1
    assert client.scan("scan-version", version=2, fields="n").collect().height == ROWS + 3
    assert client.scan("scan-version").collect_schema()["price"] == pl.Decimal(38, 5)


def test_a_wrong_scan_says_so_before_a_query_runs(client: Client, rowmill: Rowmill) -> None:
    load(client, "scan-wrong")
    with pytest.raises(Problem, match="There is no dataset"):
        client.scan("scan-none")
    with pytest.raises(Problem, match="no column 'm'"):
        client.scan("scan-wrong", filter="m:lt:3")
    with pytest.raises(ValueError, match="1 to 1,000"):
        client.scan("scan-wrong", parts=0)

    async def with_its_own_http() -> None:
        http = httpx.AsyncClient(base_url=URL, transport=AsyncGateway(rowmill), headers=keyed.AUTHORIZED)
        async with http, AsyncClient(http=http) as client:
            with pytest.raises(ValueError, match=r"rowmill\.Client"):
                await client.scan("scan-wrong")

    asyncio.run(with_its_own_http())


def test_with_an_event_loop(embedded_rowmill: Rowmill) -> None:
    async def scanned() -> pl.DataFrame:
        async with AsyncClient(embedded_rowmill.pods["all"].url, key=keyed.KEY if keyed.ASKED_FOR else "") as client:
            await client.wait(await client.upload(io.BytesIO(TEXT.encode()), dataset="scan-async"))
            frame: pl.LazyFrame = await client.scan("scan-async")
            return await frame.filter(N > 297).collect_async()

    assert asyncio.run(scanned())["n"].to_list() == [298, 299]
