"""Where the CPU time goes, process by process, of a load and of its rivals: `python -m bench.where [ROWS]`.

Ingest: upload and two parsers, no indexer, against `psql \\copy`. Indexing: the indexer stands still until all rows are in PostgreSQL, as in
`bench.indexing`, against `_bulk` by curl; what the upload and the load before it took is left out.
"""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from bench.indexing import index_s
from bench.ingest import PODS, our_load, psql_copy
from bench.products import write_products
from bench.rival_bulk import bulk_s, write_pieces
from tests.flows.pods import Rowmill, distributed
from tests.stack import Stack, find_stack

SERVERS: Final = ("postgres", "minio", "java")
WARM: Final = 2  # times that everything is done before it is measured: Java compiles what is used often
console = Console(width=120)


def cpu_seconds(rowmill: Rowmill) -> dict[str, float]:
    """User and system time so far. PostgreSQL's sessions end with their work: those that have ended count with their parent."""
    found: dict[str, float] = defaultdict(float)
    for name, pod in rowmill.pods.items():
        found[name] += _seconds(psutil.Process(pod.process.pid))
    for process in psutil.process_iter(["name", "cmdline"]):
        name = process.info["name"]
        if name in SERVERS:
            found[_java(process.info["cmdline"] or []) if name == "java" else name] += _seconds(process)
    return found


def _java(command: list[str]) -> str:
    return "elasticsearch" if any("elasticsearch" in word for word in command) else "kafka"


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def spent(rowmill: Rowmill, work: Callable[[], float]) -> tuple[float, dict[str, float]]:
    """Wall seconds as `work` tells them, and CPU seconds of each process."""
    before = cpu_seconds(rowmill)
    wall_s = work()
    return wall_s, {name: seconds - before.get(name, 0.0) for name, seconds in cpu_seconds(rowmill).items()}


def show(title: str, ours: tuple[float, dict[str, float]], rival: str, theirs: tuple[float, dict[str, float]]) -> None:
    table = Table("process", "CPU s of ours", f"CPU s of {rival}", title=f"{title}, {machine()}", title_justify="left")
    for name in sorted(ours[1].keys() | theirs[1].keys()):
        table.add_row(name, *(f"{max(0.0, found[1].get(name, 0.0)):.2f}" for found in (ours, theirs)))
    table.add_row("wall", f"{ours[0]:.2f}", f"{theirs[0]:.2f}")
    console.print(table)


def ingest(stack: Stack, file: Path, rows: int) -> None:
    with bench_database(stack) as ours, bench_database(stack) as theirs, distributed(stack, ours, PODS) as rowmill:
        for number in range(WARM):
            our_load(rowmill, file, f"warm-up-{number}")
        loaded = spent(rowmill, lambda: sum(our_load(rowmill, file, "measured").values()))
        copied = spent(rowmill, lambda: psql_copy(theirs, file, "name text, sku text, description text") or 0.0)
    show(f"{rows:,} rows from HTTP to PostgreSQL", loaded, "psql \\copy", copied)


def indexing(stack: Stack, file: Path, folder: Path, rows: int) -> None:
    pieces = write_pieces(file, folder)
    with bench_database(stack) as database, distributed(stack, database) as rowmill:
        for number in range(WARM):
            bulk_s(stack.elasticsearch, pieces, rows)
            index_s(rowmill, file, f"warm-up-{number}")
        load: dict[str, float] = {}
        before = cpu_seconds(rowmill)

        def loaded() -> None:
            load.update({name: seconds - before.get(name, 0.0) for name, seconds in cpu_seconds(rowmill).items()})

        wall_s, both = spent(rowmill, lambda: index_s(rowmill, file, "measured", loaded))
        bulk = spent(rowmill, lambda: bulk_s(stack.elasticsearch, pieces, rows))
    show(f"{rows:,} rows to documents", (wall_s, {name: both[name] - load[name] for name in both if name in load}), "_bulk by curl", bulk)


def main(arguments: list[str]) -> None:
    rows = int(arguments[0]) if arguments else 500_000
    with find_stack() as stack, tempfile.TemporaryDirectory() as folder:
        if stack is None:
            sys.exit("This needs the real servers: set STACK_*.")
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        ingest(stack, file, rows)
        indexing(stack, file, Path(folder), rows)


if __name__ == "__main__":
    main(sys.argv[1:])
