"""The scan by itself: `python -m bench.scan [ROWS]`, of a clean file, one with everything in quotes and a messy one.

The seconds of the processor that all its threads take, those of the one thread that nothing but its order needs (which bounds the rate however many cores
there are), and megabytes a second. Polars has one thread of its own, so that its pool is not taken for ours.
"""

import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when polars is imported

from rich.console import Console
from rich.table import Table

from bench.files import KINDS
from bench.homes import machine
from services.upload.scan import profile, read_ahead
from services.upload.scan.options import ScanOptions
from services.upload.scan.scanner import Scanner

ROWS: Final = 500_000
ROUNDS: Final = 5
BLOCK: Final = 1024 * 1024
out: Final = Console(width=120)


class Cost(NamedTuple):
    all_threads_s: float
    one_thread_s: float
    wall_s: float


def scan(file: Path) -> Cost:
    began = time.process_time(), time.thread_time(), time.perf_counter()
    scanner = Scanner(ScanOptions())
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            scanner.feed(block)
    scanner.finish()
    return Cost(time.process_time() - began[0], time.thread_time() - began[1], time.perf_counter() - began[2])


def main() -> None:
    profile.POOL = read_ahead.POOL = ThreadPoolExecutor(4)  # type: ignore[attr-defined]  # as on a machine with four cores
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    table = Table(
        "file", "CPU s", "of them one thread", "share", "MB/s", "bound by the one thread, MB/s", title=f"{rows:,} rows; {machine()}"
    )
    with tempfile.TemporaryDirectory(prefix="rowmill-scan-") as folder:
        for name, kind in KINDS.items():
            file = Path(folder) / f"{name}.csv"
            kind.write(file, rows)
            megabytes = file.stat().st_size / 1e6
            costs = [scan(file) for _ in range(ROUNDS + 1)][1:]  # the first one also imports and grows its memory
            all_s, one_s, wall_s = (statistics.median(of) for of in zip(*costs, strict=True))
            rates = f"{megabytes / wall_s:,.0f}", f"{megabytes / one_s:,.0f}"
            table.add_row(name, f"{all_s:.2f}", f"{one_s:.2f}", f"{one_s / all_s:.0%}", *rates)
    out.print(table)


if __name__ == "__main__":
    main()
