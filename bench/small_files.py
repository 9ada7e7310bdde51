"""Many small files: `python -m bench.small_files [FILES] [embedded] [distributed]`, files of 50 rows, 16 at a time, to the last COMPLETE.

Each into a dataset of its own, then all into one. Prints files a second, the seconds of processor time that one file costs each process, and how
many indices Elasticsearch has afterwards.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import find_stack

ROWS: Final = 50
AT_ONCE: Final = 16
TIMEOUT_S: Final = 3_600.0
ASKED_EVERY_S: Final = 0.5  # asked as often as it answers, the service would be busy with the answers
TICKS: Final = os.sysconf("SC_CLK_TCK")
out = Console(width=140)


def file(number: int) -> bytes:
    lines = (f'{number}-{row},"Part {row} of shop {number}",{row}.50,2026-01-{row % 28 + 1:02}' for row in range(ROWS))
    return ("sku,name,price,listed\n" + "\n".join(lines) + "\n").encode()


def send(rowmill: Rowmill, files: int, dataset: Callable[[int], str]) -> float:
    """Seconds until the last is COMPLETE."""
    began = time.monotonic()
    with rowmill.uploads as http:

        def post(number: int) -> None:
            while (answer := http.post("/api/uploads", params={"dataset": dataset(number)}, content=file(number))).status_code == 429:
                time.sleep(float(answer.headers.get("retry-after", "1")))
            answer.raise_for_status()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(post, range(files)))
        while not is_over(http):
            assert time.monotonic() - began < TIMEOUT_S, f"{files} uploads are not COMPLETE within {TIMEOUT_S} s"
            time.sleep(ASKED_EVERY_S)
    return time.monotonic() - began


def is_over(http: httpx.Client) -> bool:
    def first(state: str) -> list[dict[str, object]]:
        answer = http.get("/api/uploads", params={"state": state, "limit": 1})
        answer.raise_for_status()
        return list(answer.json()["uploads"])

    assert not (failed := first("FAILED")), failed
    return not any(first(state) for state in ("RECEIVING", "PENDING", "PROCESSING"))


def processor_s(rowmill: Rowmill) -> dict[str, float]:
    used = {}
    for name, pod in rowmill.pods.items():
        fields = Path(f"/proc/{pod.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        used[name] = (int(fields[11]) + int(fields[12])) / TICKS
    return used


def indices(rowmill: Rowmill) -> int:
    server, _, prefix = rowmill.environment.get("ROWMILL_SEARCH_URL", "").rpartition("/")
    return len(httpx.get(f"{server}/_cat/indices/{prefix}-*", params={"h": "index"}).text.split()) if server else 0


def measure(rowmill: Rowmill, files: int, table: Table) -> None:
    for what, dataset in (("a dataset each", lambda number: f"shop-{number}"), ("one dataset", lambda number: "shops")):
        before = processor_s(rowmill)
        seconds = send(rowmill, files, dataset)
        used = {name: (after - before[name]) / files * 1000 for name, after in processor_s(rowmill).items()}
        costs = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in used.items())
        table.add_row(rowmill.home, what, f"{files / seconds:.1f}", costs, str(indices(rowmill)))


def main() -> None:
    files = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 1_000)
    homes = [home for home in ("embedded", "distributed") if home in sys.argv[1:]] or ["embedded", "distributed"]
    table = Table("home", "into", "files a second", "ms of processor a file", "indices", title=f"{files} files of {ROWS} rows; {machine()}")
    if "embedded" in homes:
        with embedded() as rowmill:
            measure(rowmill, files, table)
    if "distributed" in homes:
        with find_stack() as stack:
            if stack is None:
                sys.exit("The distributed home needs the real servers: set STACK_*.")
            with bench_database(stack) as database, distributed(stack, database, ROWMILL_SMALL_ROWS_MAX="5000") as rowmill:
                measure(rowmill, files, table)
    out.print(table)


if __name__ == "__main__":
    main()
