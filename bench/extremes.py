"""Files of extreme shapes, each loaded, searched, filtered and exported: `python -m bench.extremes [embedded|distributed] [SHAPE…]`.

Wide: 1,000 columns × 20,000 rows, and 10,000 × 200. Long: one column × 5,000,000 rows. Fat: cells of 3 MiB. Prints the seconds of each step
and the peak memory of each process, which in the distributed home is that of each service, and holds it against its budget. `large` (not
by default) is a file of 2 GiB, written as a stream; it takes some 12 GB of disk in all stores together.
"""

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.homes import machine
from bench.load import open_home
from bench.products import write_products
from tests.flows.pods import Rowmill

FAT_CELL: Final = 3 * 1024 * 1024
BUDGET_MIB: Final = 300  # of a service, whatever the file
STEPS: Final = ("MB", "load", "filter", "search", "export")
out = Console(width=160)


@dataclass(frozen=True)
class Shape:
    write: Callable[[Path], int]  # returns the rows
    query: str  # finds one row or a few
    filter: str


def write_wide(path: Path, columns: int, rows: int) -> int:
    names = [f"c{number}" for number in range(columns)]
    with path.open("w", newline="") as file:
        file.write(",".join(names) + "\n")
        for row in range(rows):
            file.write(f"row{row}," + ",".join(str((row * 31 + number) % 997) for number in range(1, columns)) + "\n")
    return rows


def write_long(path: Path, rows: int) -> int:
    with path.open("w") as file:
        file.write("word\n")
        for start in range(0, rows, 10_000):
            file.write("".join(f"word{number}\n" for number in range(start, start + 10_000)))
    return rows


def write_fat(path: Path, rows: int) -> int:
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "text"])
        for row in range(rows):
            lines.writerow([f"fat{row}", ("lorem, ipsum\n" * (FAT_CELL // 13))[:FAT_CELL]])
    return rows


def write_large(path: Path) -> int:
    write_products(path, 14_300_000)
    return 14_300_000


SHAPES: Final = {
    "1,000 columns × 20,000": Shape(lambda path: write_wide(path, 1_000, 20_000), "row19999", "c0:eq:row77"),
    "10,000 columns × 200": Shape(lambda path: write_wide(path, 10_000, 200), "row199", "c0:eq:row77"),
    "1 column × 5,000,000": Shape(lambda path: write_long(path, 5_000_000), "word4999999", "word:eq:word77"),
    "cells of 3 MiB × 8": Shape(lambda path: write_fat(path, 8), "fat7", "id:eq:fat3"),
    "large": Shape(write_large, "vaba", "sku:prefix:vaba-"),
}


def timed(times: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    started = time.monotonic()
    found = work()
    times[name] = time.monotonic() - started
    return found


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def exercise(rowmill: Rowmill, shape: Shape, path: Path, dataset: str) -> dict[str, Any]:
    rows = shape.write(path)
    times: dict[str, Any] = {"MB": path.stat().st_size / 1e6}

    def load() -> dict[str, Any]:
        with rowmill.uploads as http:
            answer = http.post("/api/uploads", params={"dataset": dataset}, content=blocks(path), timeout=1200)
        assert answer.status_code == 202, answer.text
        return rowmill.wait(answer.json(), timeout_s=3600)

    done = timed(times, "load", load)
    assert (done["state"], done["rows"]) == ("COMPLETE", rows), done
    assert timed(times, "filter", lambda: rowmill.rows(dataset, filter=shape.filter, limit=1))["rows"]
    assert timed(times, "search", lambda: rowmill.rows(dataset, q=shape.query, limit=1))["rows"]
    assert timed(times, "export", lambda: export_bytes(rowmill, dataset)) > 0
    return times


def export_bytes(rowmill: Rowmill, dataset: str) -> int:
    with rowmill.readers as http, http.stream("GET", f"/api/datasets/{dataset}/export", timeout=3600) as answer:
        answer.raise_for_status()
        return sum(len(block) for block in answer.iter_bytes())


def main(arguments: list[str]) -> None:
    home = arguments[0] if arguments else "embedded"
    names = [name for name in SHAPES if any(part in name for part in arguments[1:])] or [name for name in SHAPES if name != "large"]
    found = {name: measure(home, SHAPES[name]) for name in names}
    show(found, f"{home}, {machine()}")


def measure(home: str, shape: Shape) -> tuple[dict[str, Any], dict[str, float]]:
    """Seconds of each step, and the peak of each process: fresh ones, so that one shape's peak is not another's."""
    with tempfile.TemporaryDirectory() as folder, open_home(home) as rowmill:
        times = exercise(rowmill, shape, Path(folder) / "shape.csv", "shape")
        return times, {name: pod.peak_mib() for name, pod in rowmill.pods.items()}


def show(found: dict[str, tuple[dict[str, Any], dict[str, float]]], title: str) -> None:
    pods = next(iter(found.values()))[1]
    table = Table("shape", "MB", *(f"{step} s" for step in STEPS[1:]), *(f"{pod} MiB" for pod in pods), title=title)
    for name, (times, peaks) in found.items():
        table.add_row(name, *(f"{times[step]:.1f}" for step in STEPS), *(f"{peaks[pod]:.0f}" for pod in pods))
    out.print(table)
    highest, pod, name = max((peaks[pod], pod, name) for name, (_, peaks) in found.items() for pod in peaks)
    verdict = "kept" if highest <= BUDGET_MIB else "not kept"
    out.print(f"memory of a service, budget {BUDGET_MIB} MiB: at most {highest:.0f} MiB ({pod}, {name}), {verdict}")


if __name__ == "__main__":
    main(sys.argv[1:])
