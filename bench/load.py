"""Measures one load from upload to COMPLETE and searches afterwards, in either home: `python -m bench.load [ROWS] [embedded] [distributed]`.

Prints the times, the peak memory of each process as the kernel counts it, and the median of a two-word search. The distributed home
is four processes on the servers that STACK_* names.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from bench.products import write_products
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import find_stack

SEARCHES: Final = 30
out = Console(width=140)


def measure(rowmill: Rowmill, file: Path) -> dict[str, Any]:
    started = time.monotonic()
    with rowmill.uploads as http:
        answer = http.post("/api/uploads", params={"dataset": "products"}, content=file.read_bytes())
        answer.raise_for_status()
    sent_s = time.monotonic() - started
    done = rowmill.wait(answer.json(), timeout_s=600)
    assert done["state"] == "COMPLETE", done
    total_s = time.monotonic() - started
    first = search_ms(rowmill, "products")
    times = {name: value for name, value in done["timings"].items() if name != "total_s"}
    return {"rows": done["rows"], "sent_s": sent_s, "complete_s": total_s, **times, "first_search_ms": first}


def search_ms(rowmill: Rowmill, dataset: str) -> float:
    """Two words that stand together in the first row, so that there is something to find."""
    description = rowmill.rows(dataset, limit=1)["rows"][0]["values"]["description"]
    words = " ".join(description.split()[1:3]).strip(".,")
    started = time.perf_counter()
    assert rowmill.rows(dataset, q=words)["rows"], words
    return (time.perf_counter() - started) * 1000


def settle(rowmill: Rowmill, within_s: float = 180) -> float:
    """Seconds until a search is fast: in the embedded home the full-text index comes in the background. Until then a search reads all rows and
    keeps the index away, so it is asked seldom."""
    started = time.monotonic()
    while (taken_ms := search_ms(rowmill, "products")) > 300 and time.monotonic() - started < within_s:
        time.sleep(max(0.5, 3 * taken_ms / 1000))
    return time.monotonic() - started


def run(home: str, file: Path) -> dict[str, Any]:
    with open_home(home) as rowmill:
        figures = measure(rowmill, file)
        figures["settled_s"] = settle(rowmill)
        figures["search_ms"] = statistics.median(search_ms(rowmill, "products") for _ in range(SEARCHES))
        figures |= {f"peak_mib {name}": pod.peak_mib() for name, pod in rowmill.pods.items()}
    return figures


@contextmanager
def open_home(home: str) -> Iterator[Rowmill]:
    if home == "embedded":
        with embedded() as rowmill:
            yield rowmill
        return
    with find_stack() as stack:
        if stack is None:
            sys.exit("The distributed home needs the real servers: set STACK_*.")
        with bench_database(stack) as database, distributed(stack, database) as rowmill:
            yield rowmill


def main(arguments: list[str]) -> None:
    rows = next((int(each) for each in arguments if each.isdigit()), 500_000)
    homes = [each for each in arguments if not each.isdigit()] or ["embedded", "distributed"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        table = Table("figure", *homes, title=f"{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, {machine()}")
        found = {home: run(home, file) for home in homes}
        for name in dict.fromkeys(name for figures in found.values() for name in figures):
            table.add_row(name, *(_plain(found[home].get(name)) for home in homes))
    out.print(table)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    main(sys.argv[1:])
