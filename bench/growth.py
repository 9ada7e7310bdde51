"""How costs grow: `python -m bench.growth [ROWS …] [embedded] [distributed] [datasets=10,100] [parsers=1,2,4]` (50,000 500,000 5,000,000; both homes).

For each number of rows, in a Rowmill of its own: seconds from upload to COMPLETE, CPU seconds of each process, its peak memory, what the rows take on disk,
and the median of a search of two words; right after COMPLETE also of a filter, a sort and a facet. Then what is fitted to the times,
t = a · rows^b: ten times the rows take 10^b times as long. With `datasets=`, the same of many datasets of 50 rows; with `parsers=`, how many rows
a second are loaded by so many processes, and what PostgreSQL's sessions wait for. Servers are counted with all that they do meanwhile, so let them
be alone.
"""

import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

import anyio
import asyncpg
import httpx
from rich.console import Console
from rich.table import Table

from bench.datasets import asked
from bench.homes import bench_database, machine, postgres_url
from bench.load import open_home, search_ms, settle
from bench.products import write_products
from bench.small_files import send
from bench.waits import watched
from bench.where import cpu_seconds
from tests.flows.pods import Rowmill, distributed
from tests.stack import find_stack

ROWS: Final = (50_000, 500_000, 5_000_000)
SEARCHES: Final = 20
ASKED_AFTER: Final = 5
TENFOLD_MAX: Final = 11.0
WAIT_S: Final = 4 * 3600.0
BLOCK: Final = 1024 * 1024
out: Final = Console(width=160)


def fit(costs: Mapping[int, float]) -> float:
    """The exponent b of t = a · n^b: the slope of a line through the logarithms. Of fewer than two sizes it is not known."""
    points = [(math.log(n), math.log(t)) for n, t in costs.items() if t > 0]
    if len({x for x, _ in points}) < 2:
        return math.nan
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            yield block


def load(rowmill: Rowmill, file: Path) -> tuple[float, dict[str, Any]]:
    """Seconds from the first byte to COMPLETE, and the upload."""
    began = monotonic()
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params={"dataset": "products"}, content=blocks(file), timeout=WAIT_S)
    answer.raise_for_status()
    done = rowmill.wait(answer.json(), timeout_s=WAIT_S)
    assert done["state"] == "COMPLETE", done
    return monotonic() - began, done


def measure(home: str, file: Path) -> dict[str, float]:
    with open_home(home) as rowmill:
        before = cpu_seconds(rowmill)
        seconds, _ = load(rowmill, file)
        used = {name: after - before.get(name, 0.0) for name, after in cpu_seconds(rowmill).items()}
        found = {"COMPLETE s": seconds} | {f"right after, {what} ms": taken for what, taken in right_after(rowmill).items()}
        found["search made fast s"] = settle(rowmill)
        found["search ms"] = statistics.median(search_ms(rowmill, "products") for _ in range(SEARCHES))
        found |= {f"CPU s {name}": cost for name, cost in used.items() if cost > 0.01}
        found |= sizes_mb(rowmill)
        return found | {f"peak MiB {name}": pod.peak_mib() for name, pod in rowmill.pods.items()}


def right_after(rowmill: Rowmill) -> dict[str, float]:
    """Milliseconds at the median of what is asked as soon as the rows are COMPLETE, in turns."""
    row = rowmill.rows("products", limit=1)["rows"][0]["values"]
    of_name = f"name:eq:{row['name']}"
    asks = {
        "two words": {"q": " ".join(row["description"].split()[1:3]).strip(".,")},
        "filter": {"filter": of_name},
        "sort": {"filter": of_name, "sort": "-sku"},
        "facet": {"facet": "name", "limit": "1"},
    }
    taken: dict[str, list[float]] = {what: [] for what in asks}
    for _ in range(ASKED_AFTER):
        for what, parameters in asks.items():
            taken[what].append(asked(rowmill, "/api/datasets/products/rows", **parameters)[0] * 1000)
    return {what: statistics.median(times) for what, times in taken.items()}


def sizes_mb(rowmill: Rowmill) -> dict[str, float]:
    """What the rows take in PostgreSQL, indexes among it, and their documents in Elasticsearch, without replicas."""
    environment = rowmill.environment
    found = {"PostgreSQL MB": anyio.run(_rows_bytes, postgres_url(rowmill)) / 1e6}
    server, _, prefix = environment.get("ROWMILL_SEARCH_URL", "").rpartition("/")
    if server:
        told = httpx.get(f"{server}/_cat/indices/{prefix}-*", params={"h": "pri.store.size", "bytes": "b"}).text.split()
        found["Elasticsearch MB"] = sum(map(int, told)) / 1e6
    return found


async def _rows_bytes(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        size = (
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND relname ~ '^rows_[0-9]+$'"
        )
        return int(await connection.fetchval(size))
    finally:
        await connection.close()


def rows_grow(homes: Sequence[str], sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory(prefix="rowmill-growth-") as folder:
        files = {rows: Path(folder) / f"{rows}.csv" for rows in sizes}
        for rows, file in files.items():
            write_products(file, rows)
        for home in homes:
            show(f"{home}: rows", {rows: measure(home, file) for rows, file in files.items()})


def datasets_grow(homes: Sequence[str], counts: Sequence[int]) -> None:
    def measure_many(home: str, count: int) -> dict[str, float]:
        with open_home(home) as rowmill:
            seconds = send(rowmill, count, lambda number: f"shop-{number}")
            return {
                "COMPLETE s": seconds,
                "search of all ms": statistics.median(asked(rowmill, "/api/search", q="shop")[0] * 1000 for _ in range(SEARCHES)),
            }

    for home in homes:
        show(f"{home}: datasets of 50 rows", {count: measure_many(home, count) for count in counts})


def parsers_grow(counts: Sequence[int], rows: int) -> None:
    def measure_parsers(file: Path, count: int) -> dict[str, float]:
        pods = {name: [name] for name in ("upload", "indexer", "query")} | {f"parser-{number}": ["parser"] for number in range(count)}
        with find_stack() as stack:
            if stack is None:
                sys.exit("Parsers are counted on the real servers: set STACK_*.")
            with bench_database(stack) as database, distributed(stack, database, pods) as rowmill, watched(database) as waits:
                seconds, done = load(rowmill, file)
        out.print(f"{count} parsers: sessions that copy are found so: {waits.text()}")
        return {"loaded s": done["timings"]["load_s"], "rows a second": rows / done["timings"]["load_s"], "COMPLETE s": seconds}

    with tempfile.TemporaryDirectory(prefix="rowmill-growth-") as folder:
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        show(f"parsers, {rows:,} rows", {count: measure_parsers(file, count) for count in counts})


def show(title: str, found: Mapping[int, Mapping[str, float]]) -> None:
    table = Table("figure", *(f"{size:,}" for size in found), "exponent", "ten times the size costs", title=f"{title}; {machine()}")
    for name in dict.fromkeys(name for figures in found.values() for name in figures):
        exponent = fit({size: figures[name] for size, figures in found.items() if name in figures})
        cells = (f"{figures[name]:,.2f}" if name in figures else "" for figures in found.values())
        tenfold = "" if math.isnan(exponent) else f"{10**exponent:.1f} ×"
        if name == "COMPLETE s" and tenfold:
            tenfold += f" (at most {TENFOLD_MAX:g})"
        table.add_row(name, *cells, "" if math.isnan(exponent) else f"{exponent:.2f}", tenfold)
    out.print(table)


def _counts(arguments: Sequence[str], name: str) -> list[int]:
    return [int(count) for one in arguments if one.startswith(f"{name}=") for count in one.partition("=")[2].split(",")]


def main(arguments: Sequence[str]) -> None:
    sizes = sorted(int(one.replace(",", "").replace("_", "")) for one in arguments if one[0].isdigit())
    homes = [home for home in ("embedded", "distributed") if home in arguments] or ["embedded", "distributed"]
    datasets, parsers = _counts(arguments, "datasets"), _counts(arguments, "parsers")
    if sizes or not (datasets or parsers):
        rows_grow(homes, sizes or ROWS)
    if datasets:
        datasets_grow(homes, datasets)
    if parsers:
        parsers_grow(parsers, max(sizes, default=500_000))


if __name__ == "__main__":
    main(sys.argv[1:])
