"""Many datasets: `python -m bench.datasets [DATASETS] [embedded] [distributed]`, each of 50 rows, and `/api/search` over them.

Prints how long they took to the last COMPLETE, and then until the words of all are kept; the median and the slowest of a search that finds rows in
all of them (the answer is of the first hundred), in one and in none, and of a page of the list of datasets; and how many indices Elasticsearch has.
"""

import statistics
import sys
import time
from typing import Any, Final

import anyio
import asyncpg
from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine, postgres_url
from bench.small_files import indices, send
from tests.flows.pods import Rowmill, distributed, embedded, wait_for
from tests.stack import find_stack

SEARCHES: Final = 20
WORDS_TIMEOUT_S: Final = 1_800.0
QUERIES: Final = {"all": "shop", "one": '"shop 7"', "none": "unheard"}  # each row is "Part 3 of shop 7"
out: Final = Console(width=140)


def measure(rowmill: Rowmill, datasets: int, table: Table) -> None:
    seconds = send(rowmill, datasets, lambda number: f"shop-{number}")
    began = time.monotonic()
    wait_for(lambda: anyio.run(wordless, postgres_url(rowmill)) == 0, WORDS_TIMEOUT_S, "the words are kept")
    words_s = time.monotonic() - began
    reads = [("/api/search", {"q": q}) for q in QUERIES.values()] + [("/api/datasets", {"limit": "50"})]
    told = []
    for path, parameters in reads:
        times = sorted(asked(rowmill, path, **parameters)[0] for _ in range(SEARCHES))
        told.append(f"{statistics.median(times) * 1000:,.0f} / {times[-1] * 1000:,.0f}")
    table.add_row(rowmill.home, f"{seconds:,.0f}", f"{words_s:,.0f}", *told, str(indices(rowmill)))


async def wordless(url: str) -> int:
    """Datasets whose words are not kept yet: each search asks them, whatever it is after."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM datasets WHERE words_version IS DISTINCT FROM version"))
    finally:
        await connection.close()


def asked(rowmill: Rowmill, path: str, **parameters: str) -> tuple[float, dict[str, Any]]:
    """Seconds, and the answer."""
    with rowmill.readers as http:
        began = time.monotonic()
        answer = http.get(path, params=parameters)
        seconds = time.monotonic() - began
    assert answer.is_success, answer.text
    return seconds, answer.json()


def main() -> None:
    datasets = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 1_000)
    homes = [home for home in ("embedded", "distributed") if home in sys.argv[1:]] or ["embedded", "distributed"]
    reads = [*(f"search: rows in {what}, ms" for what in QUERIES), "page of datasets, ms"]
    table = Table(
        "home", "loaded in s", "words after s", *reads, "indices", title=f"{datasets} datasets; median / slowest of {SEARCHES}; {machine()}"
    )
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
