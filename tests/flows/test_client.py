"""The Python client, both of its kinds, and the examples of its documentation."""

import asyncio
import csv
import inspect
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from rowmill import AsyncClient, Client, Problem, UploadFailed
from tests.flows.gateway import AsyncGateway, Gateway
from tests.flows.pods import Rowmill
from tests.no_tls import NO_TLS

URL = "http://localhost"
ROWS = 2_500
TEXT = "name,price,word\n" + "".join(f"n{number},{number}.50,w{number % 5}\n" for number in range(ROWS))


@pytest.fixture
def client(rowmill: Rowmill) -> Iterator[Client]:
    with httpx.Client(base_url=URL, transport=Gateway(rowmill), timeout=60, verify=NO_TLS) as http, Client(http=http) as client:
        yield client


def test_columns_get_other_types(client: Client) -> None:
    client.wait(client.upload(io.BytesIO(b"plz,n\n1067,1\n10115,2\n"), dataset="client-retyped"), timeout_s=60)
    settings = client.change("client-retyped", types={"plz": "text"}, hold=True)
    assert settings.upload is not None
    held = client.wait(settings.upload, timeout_s=60)
    assert (held.state, held.version) == ("HELD", 2)
    client.publish(held)
    assert [column.type for column in client.dataset("client-retyped").columns] == ["text", "integer"]
    assert client.change("client-retyped", types={"plz": "text"}).upload is None


def test_from_a_file_to_rows_and_back_to_a_file(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "Client Goods.csv"
    file.write_text(TEXT)
    told: list[tuple[int, int | None]] = []
    sent = client.upload(file, progress=lambda done, total: told.append((done, total)))
    done = client.wait(sent, timeout_s=60)
    assert told[-1] == (len(TEXT), len(TEXT))
    assert (done.dataset, done.rows, done.state) == ("client-goods", ROWS, "COMPLETE")

    assert "client-goods" in [dataset.name for dataset in client.datasets()]
    found = client.dataset("client-goods")
    assert [(column.name, column.type) for column in found.columns] == [("name", "text"), ("price", "decimal"), ("word", "text")]
    names = [row.values["name"] for row in client.search("client-goods", "w3", sort="-price", fields=["name"], limit=100)]
    assert names == [f"n{number}" for number in range(ROWS - 1, -1, -1) if number % 5 == 3]
    page = client.page("client-goods", filter=["price:gte:10", "price:lt:12"], highlight=True, facet="word")
    assert [row.values["price"] for row in page.rows] == [Decimal("10.50"), Decimal("11.50")]
    assert (page.total.value, page.facets) != (0, None)
    groups = list(client.groups("client-goods", "word", ["count", "sum:price"], sort="word", limit=2))
    assert [(group["word"], group["count"]) for group in groups] == [(f"w{number}", ROWS // 5) for number in range(5)]
    assert sum(group["sum_price"] for group in groups) == sum(Decimal(f"{number}.50") for number in range(ROWS))
    assert [hits.dataset for hits in client.search_everywhere("n77 w2")] == ["client-goods"]

    assert client.export("client-goods", tmp_path / "out.csv").read_text() == TEXT
    frame = client.to_frame("client-goods", filter="price:lt:3", fields="price")
    assert frame["price"].to_list() == [Decimal("0.50"), Decimal("1.50"), Decimal("2.50")]
    assert pl.read_parquet(client.export("client-goods", tmp_path / "out.parquet")).height == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Client Goods.csv", "out.csv", "out.parquet"]


def test_the_same_with_an_event_loop(rowmill: Rowmill, tmp_path: Path) -> None:
    async def all_of_it() -> None:
        file = tmp_path / "async-goods.csv"
        file.write_text(TEXT)
        http = httpx.AsyncClient(base_url=URL, transport=AsyncGateway(rowmill), timeout=60)
        async with http, AsyncClient(http=http) as client:
            done = await client.wait(await client.upload(file))
            assert done.rows == ROWS
            assert "async-goods" in [dataset.name async for dataset in client.datasets()]
            assert len([row async for row in client.search("async-goods", "w1", limit=200)]) == ROWS // 5
            assert [page.version async for page in client.pages("async-goods", limit=1000)] == [1, 1, 1]
            assert len([group async for group in client.groups("async-goods", by="word")]) == 5
            assert (await client.export("async-goods", tmp_path / "out.csv")).read_text() == TEXT
            assert (await client.to_frame("async-goods")).height == ROWS

    asyncio.run(all_of_it())


def test_what_goes_wrong_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="There is no dataset") as missing:
        client.dataset("no-such")
    assert (missing.value.status, missing.value.type) == (404, "no-such-dataset")
    with pytest.raises(Problem) as refused:
        client.export("no-such", tmp_path / "none.csv")
    assert refused.value.type == "no-such-dataset"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="format="):
        client.export("no-such", tmp_path / "none.pdf")
    bad = client.upload(io.BytesIO(b"a,b\n1,2\n1,2,3\n"), dataset="client-bad", max_rejects=0)
    with pytest.raises(UploadFailed, match="is FAILED"):
        client.wait(bad)


class Breaking(Gateway):
    """Cuts answers short, as bad lines do, a few bytes later each time."""

    def __init__(self, rowmill: Rowmill) -> None:
        super().__init__(rowmill)
        self.ranges: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.ranges.append(request.headers.get("range"))
        if len(self.ranges) > 3:
            return answer
        return httpx.Response(answer.status_code, headers=answer.headers, stream=Cut(answer.read()[: 5_000 * len(self.ranges)]))


class Cut(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def test_a_broken_download_goes_on(client: Client, rowmill: Rowmill, tmp_path: Path) -> None:
    client.wait(client.upload(io.BytesIO(TEXT.encode()), dataset="client-broken"))
    gateway = Breaking(rowmill)
    with httpx.Client(base_url=URL, transport=gateway, timeout=60) as http:
        target = Client(http=http).export("client-broken", tmp_path / "out.csv")
    assert target.read_text() == TEXT
    assert gateway.ranges == [None, "bytes=5000-", "bytes=15000-", "bytes=30000-"]


def test_both_clients_can_do_the_same() -> None:
    def surface(kind: type[Any]) -> dict[str, list[str]]:
        methods = {name: member for name, member in vars(kind).items() if inspect.isfunction(member) and not name.startswith("_")}
        return {name: list(inspect.signature(member).parameters) for name, member in methods.items() if name not in ("close", "aclose")}

    assert surface(Client) == surface(AsyncClient)


@pytest.mark.long
def test_the_examples_of_the_documentation_run(embedded_rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    examples = re.findall(r"```python\n(.*?)```", (root / "docs" / "client.md").read_text(), re.DOTALL)
    assert len(examples) >= 5
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books.csv").write_bytes((root / "samples" / "books.csv").read_bytes())
    names: dict[str, Any] = {}
    for example in examples:
        exec(example.replace("http://127.0.0.1:8000", embedded_rowmill.pods["all"].url), names)  # each goes on where the one before ended
    assert len(list(csv.reader(io.StringIO((tmp_path / "cheap.csv").read_text())))) > 1
