"""Where the CPU time of one ingest goes, process by process: `python -m bench.where [ROWS]`. Upload and two parsers, no indexer."""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.homes import bench_database, machine
from bench.ingest import PODS, our_load, psql_copy
from bench.products import write_products
from tests.flows.pods import Rowmill, distributed
from tests.stack import find_stack

SERVERS = ("postgres", "minio", "java")


def cpu_seconds(rowmill: Rowmill) -> dict[str, float]:
    """User and system time so far. PostgreSQL's sessions end with their work: those that have ended count with their parent."""
    found: dict[str, float] = defaultdict(float)
    for name, pod in rowmill.pods.items():
        found[name] += _seconds(psutil.Process(pod.process.pid))
    for process in psutil.process_iter(["name"]):
        if process.info["name"] in SERVERS:
            found[process.info["name"]] += _seconds(process)
    return found


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _since(before: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before[name] for name, seconds in now.items()}


def main(arguments: list[str]) -> None:
    rows = int(arguments[0]) if arguments else 500_000
    with find_stack() as stack, tempfile.TemporaryDirectory() as folder:
        if stack is None:
            sys.exit("This needs the real servers: set STACK_*.")
        file = Path(folder) / "products.csv"
        write_products(file, rows)
        with bench_database(stack) as ours, bench_database(stack) as theirs, distributed(stack, ours, PODS) as rowmill:
            our_load(rowmill, file, "warm-up")
            before = cpu_seconds(rowmill)
            times = our_load(rowmill, file, "measured")
            ingest = _since(before, cpu_seconds(rowmill))
            before = cpu_seconds(rowmill)
            rival_s = psql_copy(theirs, file, "name text, sku text, description text")
            rival = _since(before, cpu_seconds(rowmill))
    table = Table("process", "CPU s of ours", "CPU s of psql \\copy", title=f"{rows:,} rows, {machine()}", title_justify="left")
    for name in ingest:
        table.add_row(name, f"{ingest[name]:.2f}", f"{rival[name]:.2f}")
    console = Console()
    console.print(table)
    console.print(f"wall: upload {times['upload']:.2f} s, rows {times['rows']:.2f} s; psql \\copy {rival_s or 0:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
