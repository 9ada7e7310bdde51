"""Reading, in either home: `python -m bench.reading [ROWS] [embedded] [distributed]`.

A page of search by curl, through the query service and, in the distributed home, straight from Elasticsearch with the same body, in turns;
a walk by cursor through all rows while versions are published, each row exactly once, with page 5,000 (or the last) against page 1; the
latencies of a mixed load of readers before, while and after the same file is loaded into another dataset.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from rich.console import Console
from rich.table import Table

from backbone.catalog.datasets import read_view
from backbone.model import View
from backbone.postgres.engine import make_engine, transaction
from backbone.query.ast import Search
from backbone.search.elasticsearch.query_dsl import search_body
from bench.homes import machine
from bench.load import open_home
from bench.products import write_products
from bench.read_load import Latencies, asks, load
from services.query.search.query_language import parse_query
from tests.flows.pods import Rowmill

SEARCHES: Final = 60
PAGE: Final = 100
REPEATS: Final = 30
PRODUCTS: Final = "/api/datasets/products/rows"
PUBLISH_EVERY_S: Final = 1.0
VERSIONS_KEPT: Final = 1_000  # a cursor goes on for as long as its version is kept
QUIET_S: Final = 10.0
SETTLED_S: Final = 180.0
out = Console(width=150)


def curl_ms(url: str, body: bytes | None = None) -> float:
    sent = ["-H", "Content-Type: application/json", "--data-binary", "@-"] if body is not None else []
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{time_total}", *sent, url]
    return float(subprocess.run(command, input=body, capture_output=True, check=True).stdout) * 1000


def page_of_search(rowmill: Rowmill, words: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds by curl; the same searches straight to Elasticsearch where there is one."""
    url = f"{(rowmill.pods.get('query') or rowmill.pods['all']).url}/api/datasets/products/rows"
    found: dict[str, list[float]] = {}
    engine = rowmill.environment.get("ROWMILL_SEARCH_URL")
    view = asyncio.run(_view(rowmill)) if engine else None
    for number in range(SEARCHES):
        q = " ".join(words[number * 2 : number * 2 + 2])
        ways = {"through the query service": lambda q=q: curl_ms(f"{url}?{urlencode({'q': q})}")}
        if view is not None:
            node = parse_query(q, bytes_max=4096, clauses_max=50)
            body = json.dumps(search_body(view, Search(text=node, limit=50))).encode()
            ways["straight from Elasticsearch"] = lambda body=body: curl_ms(f"{engine}-{view.table.name}/_search", body)
        for name in sorted(ways, reverse=number % 2 == 0):  # in turns: whoever comes second finds the words in memory
            found.setdefault(name, []).append(ways[name]())
    return found


async def _view(rowmill: Rowmill) -> View:
    engine = make_engine(rowmill.environment["ROWMILL_POSTGRES_URL"], connections_max=1)
    async with transaction(engine) as connection:
        view = await read_view(connection, "products")
    await engine.dispose()
    return view


def walk(rowmill: Rowmill, rows: int) -> dict[str, list[float]]:
    """All rows by cursor while further versions are published; then page 1 and page 5,000 again and again, in turns."""
    asked = {"limit": PAGE, "version": 1}
    seen: set[str] = set()
    cursors: list[str] = []  # of page 2 and all that follow
    walking = threading.Event()
    publishing = threading.Thread(target=publish, args=(rowmill, walking))
    publishing.start()
    started = time.perf_counter()
    with rowmill.readers as http:
        http.patch(PRODUCTS.removesuffix("/rows"), json={"versions_kept": VERSIONS_KEPT}).raise_for_status()
        page = http.get(PRODUCTS, params={**asked, "fields": "sku"}).json()
        count = 0
        while True:
            assert page["version"] == 1, page["version"]
            seen.update(row["row"] for row in page["rows"])
            count += len(page["rows"])
            if page["next_cursor"] is None:
                break
            cursors.append(page["next_cursor"])
            page = http.get(PRODUCTS, params={"limit": PAGE, "fields": "sku", "cursor": cursors[-1]}).json()
        taken_s = time.perf_counter() - started
        walking.set()
        publishing.join()
        assert count == len(seen) == rows, f"{count} rows, {len(seen)} different ones, of {rows}"
        newest = rowmill.rows("products", limit=1)["version"]
        out.print(
            f"  walked through {rows:,} rows in {len(cursors) + 1:,} pages in {taken_s:.1f} s, each row once; {newest - 1} versions were published"
        )

        def ask(parameters: dict[str, Any]) -> float:
            began = time.perf_counter()
            http.get(PRODUCTS, params=parameters).raise_for_status()
            return (time.perf_counter() - began) * 1000

        last = {"limit": PAGE, "cursor": cursors[:4_999][-1]}
        pairs = [(ask(asked), ask(last)) for _ in range(REPEATS)]
    return {"page 1": [first for first, _ in pairs], f"page {min(5_000, len(cursors) + 1):,}": [last for _, last in pairs]}


def publish(rowmill: Rowmill, walking: threading.Event) -> None:
    """A version a second or so, until the walk has ended."""
    while not walking.wait(PUBLISH_EVERY_S):
        rowmill.load(b"name,sku,description\n" + b"New,new-1,A newer row.\n" * 100, dataset="products")


def readers_under_load(rowmill: Rowmill, file: Path, words: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Latencies]]:
    url = (rowmill.pods.get("query") or rowmill.pods["all"]).url
    kinds = asks(words, names)

    def quiet() -> dict[str, Latencies]:
        end = time.monotonic() + QUIET_S
        return asyncio.run(load(url, "products", kinds, lambda: time.monotonic() > end))

    before = quiet()
    loading = threading.Thread(target=lambda: rowmill.load(file.read_bytes(), dataset="others"))
    loading.start()
    during = asyncio.run(load(url, "products", kinds, lambda: not loading.is_alive()))
    loading.join()
    return {"before": before, "during": during, "after": quiet()}


def settle(rowmill: Rowmill, words: Sequence[str]) -> None:
    """The embedded home makes its full-text index in the background, and Elasticsearch merges its segments."""
    started = time.monotonic()
    while merges(rowmill) and time.monotonic() - started < SETTLED_S:
        time.sleep(1)
    while time.monotonic() - started < SETTLED_S:
        begun = time.perf_counter()
        rowmill.rows("products", q=" ".join(words[:2]))
        if time.perf_counter() - begun < 0.3:
            return
        time.sleep(1)


def merges(rowmill: Rowmill) -> int:
    """Under way in Elasticsearch, of our indices."""
    engine = rowmill.environment.get("ROWMILL_SEARCH_URL")
    if engine is None:
        return 0
    stats = httpx.get(f"{engine}-*/_stats/merge", params={"filter_path": "_all.total.merges.current"}, timeout=30).json()
    return int(stats["_all"]["total"]["merges"]["current"])


def show(title: str, times: dict[str, list[float]]) -> None:
    table = Table("what", "median ms", "lowest – highest", title=title, title_justify="left")
    for name, values in times.items():
        table.add_row(name, f"{statistics.median(values):.1f}", f"{min(values):.1f} – {max(values):.1f}")
    out.print(table)


def show_load(phases: dict[str, dict[str, Latencies]]) -> None:
    table = Table("readers", "request", "times", "p50 ms", "p95 ms", "p99 ms", "errors", title="mixed readers, and a load beside them")
    for phase, kinds in phases.items():
        for name, latencies in kinds.items():
            table.add_row(phase, name, *latencies.figures())
    out.print(table)


def run(home: str, file: Path, rows: int) -> None:
    with open_home(home) as rowmill:
        rowmill.load(file.read_bytes(), dataset="products")
        sample: list[dict[str, Any]] = [row["values"] for row in rowmill.rows("products", limit=1000)["rows"]]
        words = list(dict.fromkeys(word.strip('.,"') for values in sample for word in values["description"].split()[1:4]))
        names = list(dict.fromkeys(values["name"] for values in sample))
        settle(rowmill, words)
        out.print(f"[bold]{home}[/bold], {rows:,} rows, {machine()}")
        steps: list[Callable[[], None]] = [
            lambda: show("a page of search, by curl", page_of_search(rowmill, words)),
            lambda: show("pages by cursor", walk(rowmill, rows)),
            lambda: show_load(readers_under_load(rowmill, file, words, names)),
        ]
        for step in steps:
            step()


def main(arguments: list[str]) -> None:
    rows = next((int(each) for each in arguments if each.isdigit()), 500_000)
    homes = [each for each in arguments if not each.isdigit()] or ["embedded", "distributed"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        for home in homes:
            run(home, file, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
