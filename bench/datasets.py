"""Many datasets: `python -m bench.datasets [DATASETS] [embedded] [distributed]`, each of 50 rows, and `/api/search` over a page of them (1,000).

Prints how long they took to the last COMPLETE, the median and the slowest of a search that finds rows in all of them, in one and in none, and how
many indices Elasticsearch has.
"""

import statistics
import sys
import time
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from bench.small_files import indices, send
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import find_stack

SEARCHES: Final = 20
QUERIES: Final = {"all": "shop", "one": '"shop 7"', "none": "unheard"}  # each row is "Part 3 of shop 7"
out: Final = Console(width=140)


def measure(rowmill: Rowmill, datasets: int, table: Table) -> None:
    seconds = send(rowmill, datasets, lambda number: f"shop-{number}")
    told = []
    for q in QUERIES.values():
        times = sorted(search_s(rowmill, q) for _ in range(SEARCHES))
        told.append(f"{statistics.median(times) * 1000:,.0f} / {times[-1] * 1000:,.0f}")
    table.add_row(rowmill.home, f"{seconds:,.0f}", *told, str(indices(rowmill)))


def search_s(rowmill: Rowmill, q: str) -> float:
    with rowmill.readers as http:
        began = time.monotonic()
        answer = http.get("/api/search", params={"q": q})
        seconds = time.monotonic() - began
    assert answer.is_success, answer.text
    return seconds


def main() -> None:
    datasets = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 1_000)
    homes = [home for home in ("embedded", "distributed") if home in sys.argv[1:]] or ["embedded", "distributed"]
    searched = [f"search: rows in {what}, ms" for what in QUERIES]
    table = Table("home", "loaded in s", *searched, "indices", title=f"{datasets} datasets; median / slowest of {SEARCHES}; {machine()}")
    if "embedded" in homes:
        with embedded() as rowmill:
            measure(rowmill, datasets, table)
    if "distributed" in homes:
        with find_stack() as stack:
            if stack is None:
                sys.exit("The distributed home needs the real servers: set STACK_*.")
            with bench_database(stack) as database, distributed(stack, database, ROWMILL_SMALL_ROWS_MAX="5000") as rowmill:
                measure(rowmill, datasets, table)
    out.print(table)


if __name__ == "__main__":
    main()
