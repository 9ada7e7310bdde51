"""Indexing against its rival, alternating in one run: `python -m bench.indexing [ROWS] [ROUNDS]`.

Rows to searchable documents: the indexer stands still (SIGSTOP) until all rows are in PostgreSQL, and the clock runs from its waking to
COMPLETE, balance and publish included. Upload to COMPLETE: everything at once. The rival: the same rows as ready-made NDJSON through `_bulk`
by curl, two at a time, dynamic mapping, until they can be searched. Ratios are rival's time ÷ ours: above 1 we are faster.
"""

import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from bench.products import write_products
from bench.rival_bulk import bulk_s, write_pieces
from tests.flows.pods import Rowmill, distributed, wait_for
from tests.stack import Stack, find_stack

WAIT_S: Final = 600
out = Console(width=150)


def index_s(rowmill: Rowmill, file: Path, dataset: str, on_loaded: Callable[[], None] = lambda: None) -> float:
    indexer = rowmill.pods["indexer"].process
    indexer.send_signal(signal.SIGSTOP)
    try:
        upload = _send(rowmill, file, dataset)
        wait_for(lambda: _read(rowmill, upload)["timings"]["load_s"] is not None, WAIT_S, "all rows are in PostgreSQL")
        on_loaded()
    finally:
        indexer.send_signal(signal.SIGCONT)
    started = time.perf_counter()
    done = rowmill.wait(upload, WAIT_S)
    assert done["state"] == "COMPLETE", done
    return time.perf_counter() - started


def complete_s(rowmill: Rowmill, file: Path, dataset: str) -> float:
    started = time.perf_counter()
    done = rowmill.wait(_send(rowmill, file, dataset), WAIT_S)
    assert done["state"] == "COMPLETE", done
    return time.perf_counter() - started


def _send(rowmill: Rowmill, file: Path, dataset: str) -> dict[str, Any]:
    with rowmill.uploads as http, file.open("rb") as source:
        answer = http.post("/api/uploads", params={"dataset": dataset}, content=source)
        answer.raise_for_status()
        return dict(answer.json())


def _read(rowmill: Rowmill, upload: dict[str, Any]) -> dict[str, Any]:
    with rowmill.uploads as http:
        return dict(http.get(f"/api/uploads/{upload['id']}").json())


def compare(rowmill: Rowmill, stack: Stack, file: Path, pieces: list[Path], rows: int, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"rows to documents": [], "upload to COMPLETE": [], "_bulk by curl": []}
    for number in range(rounds):
        times["_bulk by curl"].append(bulk_s(stack.elasticsearch, pieces, rows))
        times["rows to documents"].append(index_s(rowmill, file, f"indexed-{number}"))
        times["upload to COMPLETE"].append(complete_s(rowmill, file, f"completed-{number}"))
    return times


def main(arguments: list[str]) -> None:
    rows, rounds = (int(each) for each in (*arguments, *("500000", "3")[len(arguments) :]))
    with find_stack() as stack, tempfile.TemporaryDirectory() as folder:
        if stack is None:
            sys.exit("The bench needs the real servers: set STACK_*.")
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        pieces = write_pieces(file, Path(folder))
        with bench_database(stack) as database, distributed(stack, database) as rowmill:
            times = compare(rowmill, stack, file, pieces, rows, rounds)
        table = Table(
            "what", "median s", "lowest – highest", "rows/s", "_bulk ÷ this", title=f"{machine()}, {rows:,} rows, {rounds} rounds"
        )
        rival = statistics.median(times["_bulk by curl"])
        for name, values in times.items():
            middle = statistics.median(values)
            table.add_row(
                name, f"{middle:.2f}", f"{min(values):.2f} – {max(values):.2f}", f"{rows / middle:,.0f}", f"{rival / middle:.2f} ×"
            )
        out.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
